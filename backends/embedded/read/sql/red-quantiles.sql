-- Cells (series, slot, bucket) to RED by slot, and over the whole window (slot null). A quantile is the first bucket with which more than
-- q * (calls - 1) calls are seen: core's rule (`quantile` of core/sketch.ts). {cells} defines `names` and `cells`; series are small numbers,
-- which group several times faster than their names.
with {cells},
both_ways as (
	select id, slot, bucket, calls, errors from cells
	union all
	select id, null, bucket, sum(calls), sum(errors) from cells group by id, bucket
),
counted as (
	select *, sum(calls) over (partition by id, slot order by bucket) as seen, sum(calls) over (partition by id, slot) as total
	from both_ways
),
reds as (
	select id, slot, sum(calls)::double as calls, sum(errors)::double as errors,
		coalesce(min(bucket) filter (seen > 0.5 * (total - 1)), max(bucket)) as p50,
		coalesce(min(bucket) filter (seen > 0.95 * (total - 1)), max(bucket)) as p95,
		coalesce(min(bucket) filter (seen > 0.99 * (total - 1)), max(bucket)) as p99
	from counted
	group by id, slot
)
select n.service, n.route, r.slot, r.calls, r.errors, r.p50, r.p95, r.p99
from reds r join (select distinct id, service, route from names) n using (id)
