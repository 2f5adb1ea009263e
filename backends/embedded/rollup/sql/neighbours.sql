-- Other minutes in which the traces of what newly arrived in this minute have spans, or traces that a link joins with them: their folds
-- see these spans.
with nearby as (
	select * from {near} where start_ns >= $near_from and start_ns < $near_to
),
fresh as (
	select distinct trace_hi, trace_lo from {spans} where start_ns >= $from and start_ns < $to and arrival > $after
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
	select trace_hi, trace_lo from fresh
	union
	select taker_hi, taker_lo from linked semi join fresh on maker_lo = trace_lo and maker_hi = trace_hi
	union
	select maker_hi, maker_lo from linked semi join fresh on taker_lo = trace_lo and taker_hi = trace_hi
)
select distinct s.start_ns // 60000000000 as minute
from nearby s
semi join wanted on wanted.trace_lo = s.trace_lo and wanted.trace_hi = s.trace_hi
where not (s.start_ns >= $from and s.start_ns < $to)
