-- Values of an attribute of the newest rows that have it, or of their resources.
with since as (
	select min(moment) as moment from (
		select {time} as moment from {rows} where {time} >= $from and {time} < $to and {environments} order by moment desc limit {sample}
	)
),
newest as (
	select attributes, resource from {rows}
	where {time} >= (select moment from since) and {time} < $to and {environments}
		and (contains(attributes, $quoted) or resource in (select id from resources where contains(attributes, $quoted)))
)
select value, count(*)::double as count
from (
	select {value} as value from newest
	union all
	select v.value from newest n join (select id, {value} as value from resources) v on v.id = n.resource
)
where value is not null and starts_with(lower(value), $prefix)
group by value
order by count desc, value
limit $limit
