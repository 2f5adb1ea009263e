import type { PromEntry, PromExemplar, PromMetric, PromSnapshot, PromValue } from "./module.ts";

interface Inner {
	hashMap?: Record<string, PromEntry | PromValue>;
	upperBounds?: number[];
}

/**
 * What the metric's own `get()` would give, now: a process that ends settles no promise any more. Gauges that the app reads in
 * `collect` are as they last were.
 *
 * @returns undefined for what cannot be read this way: summaries, and metrics that are not built the way we know.
 */
export function snapshotNow(metric: PromMetric): PromSnapshot | undefined {
	const { name, help, aggregator } = metric;
	const type = typeOf(metric);
	const { hashMap, upperBounds } = metric as Inner;
	if (hashMap === undefined || type === undefined) {
		return undefined;
	}
	const entries = Object.values(hashMap);
	const head = { name, help, type, ...(aggregator === undefined ? {} : { aggregator }) };
	switch (type) {
		case "counter":
		case "gauge":
			return { ...head, values: (entries as PromValue[]).filter(({ value }) => typeof value === "number") };
		case "histogram":
			return Array.isArray(upperBounds)
				? { ...head, values: (entries as PromEntry[]).flatMap((entry) => valuesOf(name, entry, upperBounds)) }
				: undefined;
		default:
			return undefined;
	}
}

/** Metrics of prom-client 14 do not say. */
function typeOf(metric: PromMetric & { type?: string }): string | undefined {
	if (metric.type !== undefined) {
		return metric.type;
	}
	if ("upperBounds" in metric || "percentiles" in metric) {
		return "upperBounds" in metric ? "histogram" : "summary";
	}
	return "dec" in metric ? "gauge" : "inc" in metric ? "counter" : undefined;
}

function valuesOf(name: string, entry: PromEntry, upperBounds: readonly number[]): PromValue[] {
	const labels = entry.labels as PromValue["labels"];
	const exemplar = (bound: number): PromExemplar | null => entry.bucketExemplars?.[bound] ?? null;
	let cumulated = 0;
	return [
		...upperBounds.map((le): PromValue => {
			cumulated += entry.bucketValues[le] ?? 0;
			return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: cumulated, exemplar: exemplar(le) };
		}),
		{ metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: entry.count, exemplar: exemplar(-1) },
		{ metricName: `${name}_sum`, labels, value: entry.sum },
		{ metricName: `${name}_count`, labels, value: entry.count },
	];
}
