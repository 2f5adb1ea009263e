select key, bucket, sum(calls)::double as calls
from {latency}
group by key, bucket
order by key, bucket
