-- Durations of the entry spans of one service and route.
select bucket, sum(calls)::double as calls, sum(sum_ns)::double as sum_ns
from {red} r join rollup_keys k using (key)
where k.kind is null and k.first = $service and k.second = $route and {environments}
group by bucket
