select s.metric, s.service, s.route, s.unit, e.time_ns, e.value, e.trace_hi, e.trace_lo, e.span_id, e.attributes
from {exemplars} e join series s on s.id = e.series
where {condition}
qualify row_number() over (partition by e.series, e.time_ns, e.value, e.trace_hi, e.trace_lo, e.span_id order by e.arrival) = 1
order by e.time_ns desc, e.arrival desc
limit $limit
