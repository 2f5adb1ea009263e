insert into latency_{to}
select $minute, key, bucket, sum(calls) from latency_{from}
where minute >= $minute and minute < $end group by key, bucket order by key, bucket
