-- Durations of entry spans by bucket of core's sketch (-1: zero), for RED and for ranking a trace among its peers.
create table if not exists red_{level} (
	minute bigint not null,
	key    ubigint not null,
	bucket integer not null,
	calls  double not null,
	errors double not null,
	sum_ns double not null
);
-- Which services sent spans.
create table if not exists seen_{level} (
	minute  bigint not null,
	key     ubigint not null,
	spans   double not null,
	last_ns bigint not null,
	version varchar
);
create table if not exists nodes_{level} (
	minute bigint not null,
	key    ubigint not null,
	spans  double not null,
	errors double not null
);
create table if not exists edges_{level} (
	minute bigint not null,
	key    ubigint not null,
	calls  double not null,
	errors double not null,
	timed  double not null, -- calls that were measured
	sum_ns double not null,
	min_ns double not null,
	max_ns double not null
);
create table if not exists latency_{level} (
	minute bigint not null,
	key    ubigint not null, -- of the edge
	bucket integer not null,
	calls  double not null
);
create table if not exists samples_{level} (
	minute      bigint not null,
	key         ubigint not null, -- of the edge
	trace_hi    ubigint not null,
	trace_lo    ubigint not null,
	failed      boolean not null,
	duration_ns double not null
);
create table if not exists rounds_{level} (
	minute bigint not null,
	env    varchar not null,
	path   varchar not null, -- JSON list of node ids
	trace_id varchar not null
);
create table if not exists coverage_{level} (
	minute              bigint not null,
	env                 varchar not null,
	spans               double not null,
	weight              double not null,
	paired              double not null,
	unmatched_clients   double not null,
	unmatched_producers double not null,
	orphans             double not null
);
