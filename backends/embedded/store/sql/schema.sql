-- The embedded store: one DuckDB file. Applied once per store (this file) and once per segment (segment.sql).
--
-- * A segment holds what arrived in one hour: tables `spans_h495218`, `logs_h495218`, `points_h495218`, `exemplars_h495218`, where the
--   number is hours since the epoch. Imports go to `..._k495218` ("kept": exempt from retention by age). See store/segment.ts.
-- * Times are nanoseconds since the epoch (BIGINT). Ids are halves of 64 bits, big end first (UBIGINT).
-- * Attributes are JSON text of `Attributes` of core/model.ts: {"http.route":"/x","retries":2}; '{}' when there are none.
-- * `arrival` is the order of arrival over all signals, unique in the store, ascending; it survives restarts.
-- * `resources` and `series` are dictionaries for all segments; ids are content hashes, so the same content has the same id for ever.

-- What sent it: the OTLP resource and the instrumentation scope.
create table resources (
	id            ubigint not null,
	service       varchar not null, -- service.name, else 'unknown_service'
	env           varchar not null, -- deployment.environment.name, else the older deployment.environment, else ''
	version       varchar,          -- service.version
	attributes    varchar not null, -- of the resource
	scope_name    varchar not null,
	scope_version varchar not null
);

-- One metric of one resource with one set of attributes.
create table series (
	id          ubigint not null,
	metric      varchar not null,
	type        varchar not null, -- MetricType: gauge, sum, histogram, exponentialHistogram, summary
	unit        varchar not null,
	description varchar not null,
	temporality varchar not null, -- Temporality: unspecified, delta, cumulative
	monotonic   boolean not null,
	service     varchar not null,
	env         varchar not null,
	route       varchar,          -- http.route (or http_route, route) of the attributes
	attributes  varchar not null,
	resource    ubigint not null  -- resources.id
);

-- One row a segment, kept in the transaction that loads it. Bounds span every signal's own times; null while the segment is empty.
create table segments (
	segment        varchar not null, -- 'h495218', 'k495218': the suffix of its tables
	hour           integer not null, -- of arrival, since the epoch
	keep           boolean not null,
	schema_version integer not null,
	spans          ubigint not null,
	logs           ubigint not null,
	points         ubigint not null,
	from_ns        bigint,           -- earliest start of a span, time of a log or point
	to_ns          bigint            -- latest of the same (inclusive; a span counts by its start)
);

-- Minutes (of span start, since the epoch) whose roll-ups are stale, marked in the transaction that loads their spans. A roll-up reads
-- max(arrival) per minute, folds the minute, then deletes the marks up to that arrival in the transaction that replaces the minute.
create table dirty_minutes (
	minute  bigint not null,
	arrival ubigint not null
);

-- How far the journal is loaded: written in the transaction that loads it, so that replay loads each body exactly once.
create table journal_position (
	file     ubigint not null,
	position ubigint not null,
	arrival  ubigint not null -- last one given out
);

-- Items stored since the store was made.
create table stored (
	signal varchar not null,
	items  ubigint not null
);
insert into stored values ('traces', 0), ('logs', 0), ('metrics', 0);
insert into journal_position values (0, 0, 0);
