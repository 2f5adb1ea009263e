-- The same whole. {span} narrows it to one span.
select trace_hi, trace_lo, span_id, parent_id, service, name, kind, start_ns, duration_ns, status, route, peer, weight,
	arrival, event_count, links, status_message, trace_state, resource, attributes, events
from {spans}
where trace_lo = $lo and trace_hi = $hi and {span}
order by arrival
limit $limit
