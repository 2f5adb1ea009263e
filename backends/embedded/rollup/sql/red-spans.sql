-- Calls by service, route, environment, slot of time and bucket of duration. Entry spans are those with a route, and where kinds are
-- unknown those whose parent is of another service. Of several versions of a span the one with the later end counts.
with copies as (
	select trace_hi, trace_lo, span_id, parent_id, start_ns, duration_ns, service, env, kind, status, weight, event_count, name, route
	from {spans}
	where start_ns >= $from and start_ns < $to and (route is not null or (kind = 0 and parent_id is not null)) and {condition}
),
twice as (
	select trace_hi, trace_lo, span_id, service, kind from copies group by all having count(*) > 1
),
entries as (
	select * from copies anti join twice using (trace_hi, trace_lo, span_id, service, kind)
	union all
	select * from copies semi join twice using (trace_hi, trace_lo, span_id, service, kind)
	qualify row_number() over (
		partition by trace_hi, trace_lo, span_id, service, kind
		order by start_ns + duration_ns desc, duration_ns desc, status desc, event_count desc, parent_id, name
	) = 1
),
crossing as (
	select e.service, e.name as route, e.env, e.start_ns, e.duration_ns, e.weight, e.status
	from entries e
	where e.route is null and exists (
		select 1 from {near} p
		where p.start_ns >= $near_from and p.start_ns < $near_to
			and p.trace_lo = e.trace_lo and p.trace_hi = e.trace_hi and p.span_id = e.parent_id and p.service <> e.service
	)
)
select service, route, env, (start_ns - $origin) // $step as slot,
	case when duration_ns > 0 then ceil(ln(duration_ns) / {log_gamma})::integer else -1 end as bucket,
	sum(weight)::double as calls,
	coalesce(sum(weight) filter (status = 2), 0)::double as errors,
	sum(duration_ns * weight)::double as sum_ns
from (
	select service, route, env, start_ns, duration_ns, weight, status from entries where route is not null
	union all
	select * from crossing
)
group by all
order by service, route, env, slot, bucket
