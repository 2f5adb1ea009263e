-- From the roll-ups: slots are whole minutes.
names as (
	select key, dense_rank() over (order by k.first, {route})::integer as id, k.first as service, {route} as route
	from rollup_keys k
	where k.kind is null and k.second is not null and {condition}
),
cells as materialized (
	select n.id, (minute * 60000000000 - $origin) // $step as slot, bucket, sum(calls) as calls, sum(errors) as errors
	from {red} r join names n using (key)
	group by all
)
