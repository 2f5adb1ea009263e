select value, count(*)::double as count
from (select unnest(json_keys(attributes)) as value from series where {environments})
where starts_with(lower(value), $prefix)
group by value
order by count desc, value
limit $limit
