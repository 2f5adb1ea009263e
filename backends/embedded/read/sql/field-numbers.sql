select {column} as value, count(*)::double as count
from {rows}
where {time} >= $from and {time} < $to and {environments}
group by 1
order by count desc, value
