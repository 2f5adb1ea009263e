insert into edges_{to}
select $minute, key, sum(calls), sum(errors), sum(timed), sum(sum_ns),
	coalesce(min(min_ns) filter (timed > 0), 0), coalesce(max(max_ns) filter (timed > 0), 0)
from edges_{from}
where minute >= $minute and minute < $end group by key order by key
