insert into rounds_{to}
select $minute, env, path, min(trace_id) from rounds_{from}
where minute >= $minute and minute < $end group by env, path order by env, path
