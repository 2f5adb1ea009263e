-- Hours that are over and folded, none of whose minutes is marked, and that are not merged yet.
select distinct minute // 60 * 60 as minute
from folded
where minute // 60 * 60 + 60 <= $now
	and minute // 60 * 60 not in (select minute from merged where level = 60)
	and minute // 60 not in (select minute // 60 from dirty_minutes)
order by minute desc
limit $limit
