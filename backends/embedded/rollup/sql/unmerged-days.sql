-- Days that are over and whose hours with anything in them are all merged.
select distinct m.minute // 1440 * 1440 as minute
from merged m
where level = 60 and m.minute // 1440 * 1440 + 1440 <= $now
	and m.minute // 1440 * 1440 not in (select minute from merged where level = 1440)
	and m.minute // 1440 not in (select minute // 1440 from dirty_minutes)
	and m.minute // 1440 not in (
		select minute // 1440 from folded where minute // 60 * 60 not in (select minute from merged where level = 60)
	)
order by minute desc
limit $limit
