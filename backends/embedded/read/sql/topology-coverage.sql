select coalesce(sum(spans), 0)::double as spans, coalesce(sum(weight), 0)::double as weight, coalesce(sum(paired), 0)::double as paired,
	coalesce(sum(unmatched_clients), 0)::double as unmatched_clients,
	coalesce(sum(unmatched_producers), 0)::double as unmatched_producers, coalesce(sum(orphans), 0)::double as orphans
from {coverage}
where {environments}
