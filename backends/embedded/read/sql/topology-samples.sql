-- The best of each edge: failing ones first, then slow ones. A trace can come up in two minutes; core's merge keeps one.
select key, trace_hi, trace_lo, failed, duration_ns
from {samples}
qualify row_number() over (partition by key order by failed desc, duration_ns desc, trace_hi, trace_lo) <= 10
