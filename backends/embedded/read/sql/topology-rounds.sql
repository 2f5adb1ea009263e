select path, min(trace_id) as trace_id from {rounds} where {environments} group by path order by path limit 200
