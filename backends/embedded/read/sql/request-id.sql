-- Traces in which a span or a log line carries the request id.
select trace_hi, trace_lo, min(first_ns) first_ns, arg_min(signal, first_ns) as signal
from (
	select trace_hi, trace_lo, start_ns first_ns, 'traces' as signal from {spans} where request_id = $id
	union all
	select trace_hi, trace_lo, time_ns, 'logs' from {logs} where request_id = $id and trace_hi is not null
)
group by trace_hi, trace_lo
order by first_ns desc, trace_hi, trace_lo
limit $limit
