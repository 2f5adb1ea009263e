insert into nodes_{to}
select $minute, key, sum(spans), sum(errors) from nodes_{from}
where minute >= $minute and minute < $end group by key order by key
