-- The spans of the traces that have a span in the minute, with those of the minutes around it, trace by trace. Texts come as hashes:
-- columns of numbers are copied whole, and `texts.sql` has the words.
select s.trace_hi, s.trace_lo, span_id, coalesce(parent_id, 0) as parent_id, start_ns, duration_ns, hash(service) as service, kind, status,
	case when peer is null then 0 else hash(peer) end as peer, hash(env) as env, weight, arrival,
	case when kind = 5 then links end as links
from {near} s
semi join (
	select trace_hi, trace_lo from {spans} where start_ns >= $from and start_ns < $to and trace_lo % $parts::ubigint = $part::ubigint
) touched on touched.trace_lo = s.trace_lo and touched.trace_hi = s.trace_hi
where start_ns >= $near_from and start_ns < $near_to and s.trace_lo % $parts::ubigint = $part::ubigint
order by s.trace_hi, s.trace_lo
