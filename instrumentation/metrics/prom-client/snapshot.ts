import type { Exemplar, Family, HistogramPoint, Labels, NumberPoint, SummaryPoint } from "../family.ts";
import type { PromExemplar, PromSnapshot, PromValue } from "./module.ts";

const AGGREGATES: ReadonlySet<string> = new Set(["sum", "max", "min", "average", "first", "omit"]);

/** A prom-client snapshot as a family. Label values become text; default labels fill what a series does not have itself. */
export function toFamily(snapshot: PromSnapshot, defaults: Record<string, string>): Family {
	const { name, help, values, aggregator } = snapshot;
	const head = {
		name,
		help,
		...(aggregator !== undefined && AGGREGATES.has(aggregator) ? { aggregate: aggregator as "sum" } : {}),
	};
	switch (snapshot.type) {
		case "counter":
		case "gauge":
			return { ...head, type: snapshot.type, points: values.map((value) => numberPoint(value, defaults)) };
		case "histogram":
			return { ...head, type: "histogram", points: groups(snapshot, "le", defaults).map(histogramPoint) };
		case "summary":
			return { ...head, type: "summary", points: groups(snapshot, "quantile", defaults).map(summaryPoint) };
		default:
			return { ...head, type: "unknown", points: values.map((value) => numberPoint(value, defaults)) };
	}
}

function numberPoint({ labels, value, exemplar }: PromValue, defaults: Record<string, string>): NumberPoint {
	const point: NumberPoint = { labels: labelsOf(labels, defaults), value };
	const kept = toExemplar(exemplar);
	return kept === undefined ? point : { ...point, exemplar: kept };
}

function labelsOf(labels: Record<string, string | number>, defaults: Record<string, string>, without?: string): Labels {
	const result: Labels = {};
	for (const [key, value] of Object.entries(defaults)) {
		result[key] = String(value);
	}
	for (const [key, value] of Object.entries(labels)) {
		if (key !== without && value !== undefined && value !== null) {
			result[key] = String(value);
		}
	}
	return result;
}

/** An exemplar within OpenMetrics' limit of 128 characters, or none: one that is too long costs Prometheus the whole scrape. */
function toExemplar(exemplar: PromExemplar | null | undefined): Exemplar | undefined {
	if (exemplar === null || exemplar === undefined || typeof exemplar.value !== "number") {
		return undefined;
	}
	const labels = labelsOf(exemplar.labelSet ?? {}, {});
	let length = 0;
	for (const [key, value] of Object.entries(labels)) {
		length += [...key].length + [...value].length;
	}
	return length > 128 ? undefined : { labels, value: exemplar.value, atMs: Number(exemplar.timestamp) * 1000 };
}

/** The values of one histogram or summary series: its `le` buckets or its quantiles in order, its sum and its count. */
interface Group {
	labels: Labels;
	parts: { at: number; value: number; exemplar: Exemplar | undefined }[];
	sum: number;
	count: number;
}

function groups({ name, values }: PromSnapshot, own: "le" | "quantile", defaults: Record<string, string>): Group[] {
	const found = new Map<string, Group>();
	for (const { labels: given, value, metricName, exemplar } of values) {
		const labels = labelsOf(given, defaults, own);
		const key = JSON.stringify(Object.entries(labels).sort());
		let group = found.get(key);
		if (group === undefined) {
			group = { labels, parts: [], sum: 0, count: 0 };
			found.set(key, group);
		}
		if (metricName === `${name}_sum`) {
			group.sum = value;
		} else if (metricName === `${name}_count`) {
			group.count = value;
		} else {
			const at = given[own] === "+Inf" ? Number.POSITIVE_INFINITY : Number(given[own]);
			group.parts.push({ at, value, exemplar: toExemplar(exemplar) });
		}
	}
	for (const { parts } of found.values()) {
		parts.sort((a, b) => a.at - b.at);
	}
	return [...found.values()];
}

/** prom-client's buckets are cumulated, a family's are not. */
function histogramPoint({ labels, parts, sum, count }: Group): HistogramPoint {
	return {
		labels,
		sum,
		count,
		bounds: parts.map(({ at }) => at).filter(Number.isFinite),
		counts: parts.map(({ value }, index) => value - (parts[index - 1]?.value ?? 0)),
		exemplars: parts.map(({ exemplar }) => exemplar),
	};
}

function summaryPoint({ labels, parts, sum, count }: Group): SummaryPoint {
	return { labels, sum, count, quantiles: parts.map(({ at, value }) => ({ quantile: at, value })) };
}
