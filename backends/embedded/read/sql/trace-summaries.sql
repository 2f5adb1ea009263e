-- One row per trace and service of the wanted traces; of several versions of a span the one with the later end counts.
with copies as (
	select s.trace_hi, s.trace_lo, span_id, parent_id, start_ns, duration_ns, service, name, kind, status
	from {spans} s
	semi join (values {ids}) wanted(hi, lo) on wanted.lo = s.trace_lo and wanted.hi = s.trace_hi
	where {time}
	qualify row_number() over (
		partition by s.trace_hi, s.trace_lo, span_id, service, kind
		order by start_ns + duration_ns desc, duration_ns desc, status desc, event_count desc, parent_id, name
	) = 1
)
select trace_hi, trace_lo, service,
	count(*) as spans,
	count(*) filter (status = 2) as errors,
	min(start_ns) as start_ns,
	max(start_ns + duration_ns) as end_ns,
	min(start_ns) filter (parent_id is null) as root_ns,
	arg_min(name, (start_ns, span_id)) filter (parent_id is null) as root_name,
	arg_min(status, (start_ns, span_id)) filter (parent_id is null) as root_status,
	arg_min(name, (start_ns, span_id)) as first_name
from copies
group by trace_hi, trace_lo, service
