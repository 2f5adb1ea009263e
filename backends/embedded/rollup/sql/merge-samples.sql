-- As many as a reader takes in, so that five different traces are left where one came up twice.
insert into samples_{to}
select $minute, key, trace_hi, trace_lo, failed, duration_ns from samples_{from}
where minute >= $minute and minute < $end
qualify row_number() over (partition by key order by failed desc, duration_ns desc, trace_hi, trace_lo) <= 10
order by key
