import type { Status } from "../../client/api.ts";

/** Items per second between two looks at the counters; null when the server restarted or no time passed. */
export function ingestRate(
	before: Pick<Status, "nowMs" | "startedMs" | "ingest"> | undefined,
	after: Pick<Status, "nowMs" | "startedMs" | "ingest">,
	signal: keyof NonNullable<Status["ingest"]>,
): number | null {
	if (before === undefined || before.startedMs !== after.startedMs || after.nowMs <= before.nowMs) return null;
	const arrived = (after.ingest?.[signal]?.accepted ?? 0) - (before.ingest?.[signal]?.accepted ?? 0);
	return arrived < 0 ? null : (arrived * 1000) / (after.nowMs - before.nowMs);
}
