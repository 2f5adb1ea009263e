insert into seen_{to}
select $minute, key, sum(spans), max(last_ns), arg_max(version, last_ns) from seen_{from}
where minute >= $minute and minute < $end group by key order by key
