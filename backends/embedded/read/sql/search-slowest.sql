-- Traces with a matching span in the window, the longest first.
select s.trace_hi, s.trace_lo, max(s.start_ns + s.duration_ns) - min(s.start_ns) as duration_ns
from {all_spans} s
semi join (
	select trace_hi, trace_lo
	from {spans}
	where start_ns >= $from and start_ns < $to and {filter} and {environments} and {status}
) matched on matched.trace_hi = s.trace_hi and matched.trace_lo = s.trace_lo
group by s.trace_hi, s.trace_lo
having {after_cursor}
order by duration_ns desc, s.trace_hi desc, s.trace_lo desc
limit $limit
