select service, env, count(*)::double as logs, count(*) filter ({is_error})::double as errors, max(time_ns) as last_ns
from {logs}
where time_ns >= $from and time_ns < $to and {environments}
group by all
