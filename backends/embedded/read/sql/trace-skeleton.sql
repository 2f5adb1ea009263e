-- Every stored copy of every span of one trace, without attributes; duplicates are the tree's business.
select trace_hi, trace_lo, span_id, parent_id, service, name, kind, start_ns, duration_ns, status, route, peer, weight,
	arrival, event_count, links
from {spans}
where trace_lo = $lo and trace_hi = $hi
order by arrival
limit $limit
