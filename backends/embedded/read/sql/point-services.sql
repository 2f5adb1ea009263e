select s.service, s.env, max(p.time_ns) as last_ns
from (select series, max(time_ns) as time_ns from {points} where time_ns >= $from and time_ns < $to group by series) p
join series s on s.id = p.series
where {environments}
group by all
