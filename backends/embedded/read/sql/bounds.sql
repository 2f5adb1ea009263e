-- The bounds behind the shapes of red-metrics.sql.
select distinct hash(bounds) as shape, bounds
from {points}
where time_ns >= $near_from and time_ns < $near_to and counts is not null and series in (select id from series where metric in ({metrics}))
