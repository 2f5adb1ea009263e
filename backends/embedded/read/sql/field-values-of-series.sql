select {value} as value, count(*)::double as count
from series
where {environments} and {value} is not null and starts_with(lower({value}), $prefix)
group by 1
order by count desc, value
limit $limit
