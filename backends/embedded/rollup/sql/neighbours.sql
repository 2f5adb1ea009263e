-- Other minutes in which parents or children of what newly arrived in this minute start: their folds see these spans.
with fresh as (
	select trace_hi, trace_lo, span_id, parent_id
	from {spans}
	where start_ns >= $from and start_ns < $to and arrival > $after
)
select distinct s.start_ns // 60000000000 as minute
from {near} s
join fresh on fresh.trace_lo = s.trace_lo and fresh.trace_hi = s.trace_hi
	and (fresh.parent_id = s.span_id or fresh.span_id = s.parent_id)
where s.start_ns >= $near_from and s.start_ns < $near_to and not (s.start_ns >= $from and s.start_ns < $to)
