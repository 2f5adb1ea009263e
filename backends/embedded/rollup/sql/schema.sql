-- Roll-ups: what the spans of a minute come to, replaced whole whenever the minute is folded again. `minute` counts from the epoch and is the
-- first of the slot; the same tables end in _1h and _1d for hours and days, merged from minutes. Keys are content hashes of their texts.

-- service, route and env of RED; service and env of `seen`; env, caller, callee and kind of an edge; env and id of a node.
create table if not exists rollup_keys (
	key    ubigint not null,
	env    varchar not null,
	first  varchar not null, -- service, caller or node
	second varchar,          -- route or callee
	kind   varchar           -- of an edge
);

-- Which minutes are folded, and up to which arrival.
create table if not exists folded (
	minute  bigint not null,
	arrival ubigint not null
);

-- Hours and days that are merged and still true: `level` 60 or 1440 minutes. `pruned`: their minutes are gone.
create table if not exists merged (
	level  integer not null,
	minute bigint not null,
	pruned boolean not null
);
