insert into red_{to}
select $minute, key, bucket, sum(calls), sum(errors), sum(sum_ns) from red_{from}
where minute >= $minute and minute < $end group by key, bucket order by key, bucket
