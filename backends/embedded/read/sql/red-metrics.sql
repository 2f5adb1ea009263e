-- What the histograms of one profile grew by, by service, route, slot of time, outcome and bucket.
-- A cumulative series grows from point to point; one that restarted (a bucket shrank, or it began after the point before) grows from
-- zero. Growth is spread over the slots between its two points. Other bounds than before: the growth takes the shape of the newer point.
with chosen as (
	select id, temporality, {route} as route, service,
		coalesce(regexp_matches({status}, '^5(\d\d|xx)$|^(STATUS_CODE_)?ERROR$', 'i'), false) as failed
	from (select id, temporality, attributes, env, {service} as service from series where metric in ({metrics}))
	where {condition} and {only}
),
readings as (
	select c.route, c.service, c.failed, c.temporality, p.series, p.start_ns, p.time_ns, p.count, p.sum, p.counts, hash(p.bounds) as shape,
		lag(p.start_ns) over newer as old_start, lag(p.time_ns) over newer as old_time, lag(p.count) over newer as old_count,
		lag(p.sum) over newer as old_sum, lag(p.counts) over newer as old_counts, lag(hash(p.bounds)) over newer as old_shape
	from (
		select * from {points}
		where time_ns >= $near_from and time_ns < $near_to and counts is not null and series in (select id from chosen)
		qualify row_number() over (partition by series, time_ns order by arrival desc) = 1
	) p join chosen c on c.id = p.series
	window newer as (partition by p.series order by p.time_ns)
),
judged as (
	select *,
		temporality = 'delta' as is_delta,
		old_time is null as is_first,
		old_time is not null and (
			count < old_count or (start_ns <> old_start and start_ns >= old_time and start_ns < time_ns)
			or (shape = old_shape and list_bool_or(list_transform(list_zip(counts, old_counts), lambda z: z[1] < z[2])))
		) as restarted
	from readings
),
growth as (
	select route, service, failed, shape, counts, time_ns,
		-- since when
		case when is_delta and start_ns < time_ns and start_ns > 0 then start_ns
			when is_delta then coalesce(old_time, time_ns - 1)
			when is_first or restarted then case when start_ns > 0 and start_ns < time_ns then start_ns else coalesce(old_time, time_ns - 1) end
			else old_time end as since_ns,
		-- what to take off
		case when is_delta or is_first or restarted or shape <> old_shape then null else old_counts end as less,
		case when is_delta or is_first or restarted or shape = old_shape or count <= 0 then 1.0 else (count - old_count) / count end as scale
	from judged
	-- A counter seen for the first time is where counting begins, unless it began itself a moment before: what a long-running process counted
	-- while nobody listened (before its first scrape, before an erasure) belongs to no point of the window.
	where is_delta or not is_first or (start_ns >= $near_from and start_ns < time_ns and time_ns - start_ns <= 120000000000)
),
spread as (
	select route, service, failed, shape, counts, less, scale, since_ns, time_ns,
		unnest(range(
			greatest(0, (since_ns - $from + $step * 1000000) // $step - 1000000),
			least($slots, (time_ns - 1 - $from + $step * 1000000) // $step - 1000000 + 1)
		)) as slot
	from growth
	where time_ns > $from and since_ns < $to
),
shares as (
	select route, service, failed, shape, slot, counts, less,
		scale * (least(time_ns, $from + (slot + 1) * $step, $to) - greatest(since_ns, $from + slot * $step)) / (time_ns - since_ns)::double as share
	from spread
),
buckets as (
	select route, service, failed, shape, slot, share, unnest(counts) as held, unnest(coalesce(less, list_transform(counts, lambda c: 0.0))) as taken,
		unnest(range(len(counts))) as bucket
	from shares
)
select route, service, failed, shape, slot, bucket, sum((held - taken) * share)::double as calls
from buckets
group by all
