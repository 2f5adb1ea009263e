import type { ExemplarAnswer } from "../../client/api.ts";

const MS_PER: Record<string, number> = {
	s: 1e3,
	seconds: 1e3,
	ms: 1,
	milliseconds: 1,
	us: 1e-3,
	µs: 1e-3,
	microseconds: 1e-3,
	ns: 1e-6,
	nanoseconds: 1e-6,
};

/** An exemplar's value in milliseconds: by its unit, else by how its metric's name ends; null when it is no duration. */
export function exemplarMs({ metric, unit, value }: Pick<ExemplarAnswer, "metric" | "unit" | "value">): number | null {
	const named = /(?:_|\.)(seconds|milliseconds|microseconds|nanoseconds|ms)(?:_bucket)?$/.exec(metric)?.[1];
	const factor = MS_PER[unit === "" || unit === "1" ? (named ?? "") : unit];
	return factor === undefined ? null : value * factor;
}

/** Those that say how long the service itself took: durations, but not those of the calls it makes. */
export function servedDurations(items: readonly ExemplarAnswer[]): ExemplarAnswer[] {
	return items.filter(
		(item) => /duration|latency/i.test(item.metric) && !/client/i.test(item.metric) && exemplarMs(item) !== null,
	);
}
