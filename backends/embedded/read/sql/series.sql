-- The last value of each slot; of histograms and summaries the count.
select s.id, s.metric, s.type, s.unit, s.service, s.attributes,
	(p.time_ns - $from) // $step as slot, arg_max(coalesce(p.value, p.count), (p.time_ns, p.arrival)) as value
from {points} p join series s on s.id = p.series
where s.metric = $metric and p.time_ns >= $from and p.time_ns < $to and {condition}
group by all
order by s.service, s.id, slot
