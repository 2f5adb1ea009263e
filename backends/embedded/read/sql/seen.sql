select k.first as service, k.env, sum(spans)::double as spans, max(last_ns) as last_ns, arg_max(version, last_ns) as version
from {seen} s join rollup_keys k using (key)
where {environments}
group by all
