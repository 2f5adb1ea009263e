-- Log records of one slice of time, in nanosecond order with the sequence of arrival as tie-breaker.
select time_ns, sequence, service, severity_number, severity_text, body, trace_hi, trace_lo, span_id, attributes, resource
from {logs}
where {conditions}
order by time_ns {direction}, sequence {direction}
limit $limit
