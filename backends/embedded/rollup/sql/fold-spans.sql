-- The spans of the traces that have a span in the minute, with those of the minutes around it, trace by trace; and those of traces
-- that a consumer's link joins with them. `own`: of this part. Texts come as hashes: columns of numbers are copied whole, and
-- `texts.sql` has the words.
with nearby as (
	select * from {near} where start_ns >= $near_from and start_ns < $near_to
),
own as (
	select distinct trace_hi, trace_lo from {spans}
	where start_ns >= $from and start_ns < $to and trace_lo % $parts::ubigint = $part::ubigint
),
linked as (
	select trace_hi as taker_hi, trace_lo as taker_lo,
		('0x' || substr(maker, 1, 16))::ubigint as maker_hi, ('0x' || substr(maker, 17))::ubigint as maker_lo
	from (
		select trace_hi, trace_lo, unnest(json_extract_string(links, '$[*].traceId')) as maker
		from nearby where kind = 5 and links is not null
	)
),
wanted as (
	select trace_hi, trace_lo from own
	union
	select taker_hi, taker_lo from linked semi join own on maker_lo = trace_lo and maker_hi = trace_hi
	union
	select maker_hi, maker_lo from linked semi join own on taker_lo = trace_lo and taker_hi = trace_hi
)
select s.trace_hi, s.trace_lo, span_id, coalesce(parent_id, 0) as parent_id, start_ns, duration_ns, hash(service) as service, kind, status,
	case when peer is null then 0 else hash(peer) end as peer, hash(env) as env, weight, arrival,
	case when kind = 5 then links end as links,
	(s.trace_lo % $parts::ubigint = $part::ubigint)::utinyint as own
from nearby s
semi join wanted on wanted.trace_lo = s.trace_lo and wanted.trace_hi = s.trace_hi
order by s.trace_hi, s.trace_lo
