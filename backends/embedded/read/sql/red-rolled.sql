-- The same from the roll-ups: slots are whole minutes.
select {route} as route, k.first as service, (minute * 60000000000 - $origin) // $step as slot, bucket,
	sum(calls)::double as calls, sum(errors)::double as errors, sum(sum_ns)::double as sum_ns
from {red} r join rollup_keys k using (key)
where k.kind is null and k.second is not null and {condition}
group by all
