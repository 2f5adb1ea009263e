-- Who sent spans that start in this minute.
select s.service, s.env, count(distinct (trace_lo, span_id, kind))::double as spans, max(start_ns) as last_ns,
	arg_max(r.version, start_ns) as version
from {spans} s left join resources r on r.id = s.resource
where start_ns >= $from and start_ns < $to
group by s.service, s.env
order by s.service, s.env
