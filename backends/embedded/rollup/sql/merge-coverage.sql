insert into coverage_{to}
select $minute, env, sum(spans), sum(weight), sum(paired), sum(unmatched_clients), sum(unmatched_producers), sum(orphans) from coverage_{from}
where minute >= $minute and minute < $end group by env
