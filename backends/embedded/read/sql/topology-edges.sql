-- Edges of the window, merged over its slots. Keys first: texts come once, from `rollup_keys`.
select key, sum(calls)::double as calls, sum(errors)::double as errors, sum(timed)::double as timed, sum(sum_ns)::double as sum_ns,
	min(min_ns) filter (timed > 0) as min_ns, max(max_ns) filter (timed > 0) as max_ns
from {edges}
group by key
