-- From the spans themselves: {spans} is the statement that counts them.
counted_spans as materialized ({spans}),
names as (
	select service, route, row_number() over ()::integer as id
	from (select distinct service, {route} as route from counted_spans) named
),
cells as materialized (
	select n.id, slot, bucket, sum(calls) as calls, sum(errors) as errors
	from counted_spans c join names n on n.service = c.service and n.route is not distinct from {route_of_span}
	group by all
)
