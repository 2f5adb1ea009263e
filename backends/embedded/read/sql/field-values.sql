select {value} as value, count(*)::double as count
from {rows}
where {time} >= $from and {time} < $to and {environments} and {value} is not null and starts_with(lower({value}), $prefix)
group by 1
order by count desc, value
limit $limit
