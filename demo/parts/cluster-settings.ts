/** 128 MB of buffers is PostgreSQL's idea of small; with 1 MB three databases cost 270 MB of memory instead of 700. */
export const CLUSTER_SETTINGS: readonly string[] = [
	"shared_buffers=1MB",
	"wal_buffers=64kB",
	"max_connections=4",
	"max_wal_size=32MB",
	"min_wal_size=32MB",
];
