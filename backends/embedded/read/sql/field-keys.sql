-- Keys of the attributes of the newest rows and of their resources.
with since as (
	select min(moment) as moment from (
		select {time} as moment from {rows} where {time} >= $from and {time} < $to and {environments} order by moment desc limit {sample}
	)
),
newest as (
	select attributes, resource from {rows}
	where {time} >= (select moment from since) and {time} < $to and {environments}
)
select value, count(*)::double as count
from (
	select unnest(json_keys(attributes)) as value from newest
	union all
	select unnest(json_keys(r.attributes)) from (select resource, count(*) from newest group by resource) n join resources r on r.id = n.resource
)
where starts_with(lower(value), $prefix)
group by value
order by count desc, value
limit $limit
