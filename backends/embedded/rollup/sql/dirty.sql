-- Minutes to fold again, with the arrival that the fold will take in.
select minute, max(arrival) as arrival from dirty_minutes group by minute order by minute desc
