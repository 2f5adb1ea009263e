-- The words behind the hashes of fold-spans.sql.
select distinct hash(word) as id, word
from (
	select distinct service as word from {near} where start_ns >= $near_from and start_ns < $near_to
	union all
	select distinct peer from {near} where start_ns >= $near_from and start_ns < $near_to and peer is not null
	union all
	select distinct env from {near} where start_ns >= $near_from and start_ns < $near_to
)
