select key, sum(spans)::double as spans, sum(errors)::double as errors
from {nodes}
group by key
