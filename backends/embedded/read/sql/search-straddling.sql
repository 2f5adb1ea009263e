-- Traces with a matching span at or after the cursor that began at or before it: the long ones that later pages still owe.
select s.trace_hi, s.trace_lo, min(s.start_ns) bound
from {all_spans} s
semi join (
	select trace_hi, trace_lo
	from {spans}
	where start_ns >= $from and start_ns < $to and {filter} and {environments} and {status}
) matched on matched.trace_hi = s.trace_hi and matched.trace_lo = s.trace_lo
where s.start_ns <= $start
group by s.trace_hi, s.trace_lo
