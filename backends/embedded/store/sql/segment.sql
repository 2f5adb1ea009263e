-- The tables of one segment; {segment} is replaced by its suffix. Meanings as in schema.sql.

create table spans_{segment} (
	trace_hi       ubigint not null,
	trace_lo       ubigint not null,
	span_id        ubigint not null,
	parent_id      ubigint,          -- null for a root
	start_ns       bigint not null,
	duration_ns    bigint not null,
	service        varchar not null,
	name           varchar not null,
	kind           utinyint not null, -- OTLP numbers: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer
	status         utinyint not null, -- OTLP numbers: 0 unset, 1 ok, 2 error
	route          varchar,          -- of entry spans
	peer           varchar,          -- node id, of client, producer and consumer spans
	env            varchar not null,
	request_id     varchar,
	weight         double not null,
	arrival        ubigint not null,
	event_count    uinteger not null,
	status_message varchar,          -- null: ''
	trace_state    varchar,          -- null: ''
	resource       ubigint not null, -- resources.id: resource attributes and scope
	attributes     varchar not null,
	events         varchar,          -- JSON [{"timeUnixNano":"17","name":"exception","attributes":{}}]; null: none
	links          varchar           -- JSON [{"traceId":"..","spanId":"..","attributes":{}}]; null: none
);

create table logs_{segment} (
	time_ns         bigint not null,  -- the event's own time, else the observed one, else that of arrival
	sequence        ubigint not null, -- arrival
	service         varchar not null,
	env             varchar not null,
	severity_number utinyint not null, -- 0..24
	severity_text   varchar not null,
	body            varchar not null, -- text; a structured body is its JSON text
	trace_hi        ubigint,          -- null: no trace
	trace_lo        ubigint,
	span_id         ubigint,
	request_id      varchar,
	attributes      varchar not null,
	resource        ubigint not null
);

create table points_{segment} (
	series   ubigint not null,
	start_ns bigint not null,
	time_ns  bigint not null,
	arrival  ubigint not null,
	value    double,    -- gauge and sum
	count    double,    -- histograms and summaries, from here on
	sum      double,
	min      double,
	max      double,
	bounds   double[],  -- upper bounds
	counts   double[]   -- one more than bounds (+Inf), not cumulative
);

create table exemplars_{segment} (
	series     ubigint not null,
	time_ns    bigint not null,
	arrival    ubigint not null,
	value      double not null,
	trace_hi   ubigint, -- null: no trace
	trace_lo   ubigint,
	span_id    ubigint,
	attributes varchar not null
);
