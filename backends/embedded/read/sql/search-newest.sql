-- Traces with a matching span in one slice of time. `bound` is no earlier than the trace's own start.
select trace_hi, trace_lo, min(start_ns) bound
from {spans}
where start_ns >= $from and start_ns < $to and {filter} and {environments} and {status}
group by trace_hi, trace_lo
