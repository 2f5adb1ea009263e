import type { Pivot } from "../../server/api/schema.ts";

/** Relative; as declared in backends/stack/known-differences.ts: rates extrapolate, quantiles come from buckets. */
const RED_TOLERANCE = 0.05;

/** What two pivots of the same telemetry say differently, as sentences; empty when they agree. */
export function differences(one: Pivot, other: Pivot): string[] {
	const found: string[] = [];
	const same = (what: string, a: unknown, b: unknown): void => {
		const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
		if (left !== right) found.push(`${what}: ${left?.slice(0, 120)} against ${right?.slice(0, 120)}`);
	};
	same("trace", factsOf(one), factsOf(other));
	const spans = new Map((other.trace.spans ?? []).map((span) => [span.spanId + span.kind, span]));
	for (const span of one.trace.spans ?? []) {
		const twin = spans.get(span.spanId + span.kind);
		same(`span ${span.spanId}`, sorted(span), twin && sorted(twin));
	}
	const [lines, others] = [linesOf(one), linesOf(other)];
	same("number of lines", lines.length, others.length);
	for (const [at, line] of lines.entries()) same(`line ${at}`, line, others[at]);
	const red = new Map(other.red.services.map((series) => [series.service, series]));
	for (const { service, source, summary } of one.red.services) {
		const twin = red.get(service);
		same(`RED source of ${service}`, source, twin?.source);
		for (const key of ["calls", "errorRate", "p50Ms", "p95Ms", "p99Ms"] as const) {
			const [a, b] = [summary[key] ?? 0, twin?.summary[key] ?? 0];
			if (Math.abs(a - b) > RED_TOLERANCE * Math.max(Math.abs(a), Math.abs(b)))
				found.push(`${key} of ${service}: ${a} against ${b}`);
		}
	}
	same("exemplars", one.exemplars.items.map(exemplarOf).sort(), other.exemplars.items.map(exemplarOf).sort());
	return found;
}

function factsOf({ trace }: Pivot) {
	const facts = trace.facts;
	return facts && [facts.startUnixNano, facts.durationNs, facts.spanCount, facts.errorCount, facts.depth, facts.root];
}

/** In order of time; which of several of one nanosecond came first, no backend promises where different services wrote them. */
function linesOf({ logs }: Pivot): string[] {
	const line = ({ timeUnixNano, service, level, body, spanId }: Pivot["logs"]["records"][number]) =>
		JSON.stringify([timeUnixNano, service, level, body, spanId]);
	const times = logs.records.map(({ timeUnixNano }) => BigInt(timeUnixNano));
	const inOrder = times.every((time, at) => at === 0 || time >= (times[at - 1] ?? 0n));
	return inOrder ? logs.records.map(line).sort() : logs.records.map(line);
}

function exemplarOf(item: Pivot["exemplars"]["items"][number]): string {
	return JSON.stringify([item.service, item.value, item.timeMs]);
}

/** Keys in one order: an object says the same whatever order they came in. */
function sorted(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sorted);
	if (typeof value !== "object" || value === null) return value;
	const keys = Object.keys(value).sort();
	return Object.fromEntries(keys.map((key) => [key, sorted((value as Record<string, unknown>)[key])]));
}
