import { say } from "../say.ts";
import type { Exemplar, Family, HistogramPoint, Labels, NumberPoint, SummaryPoint } from "./family.ts";
import type { DurationHistogram } from "./histogram.ts";
import {
	type PromExemplar,
	type PromRegistry,
	type PromSnapshot,
	type PromValue,
	RegisteredRed,
} from "./prom-client.ts";

/** Everything this process measures: the registries of the app's copies of prom-client, our RED histograms, our own counts. */
export class Metrics {
	private readonly registries = new Set<PromRegistry>();
	private readonly red: readonly DurationHistogram[];
	private readonly own: () => Family[];

	constructor(red: readonly DurationHistogram[], own: () => Family[]) {
		this.red = red;
		this.own = own;
	}

	addRegistry(registry: PromRegistry): void {
		this.registries.add(registry);
	}

	/** One snapshot of all families; a collector of the app that throws costs its own metric only. First name wins. */
	async collect(): Promise<Family[]> {
		const families: Family[] = [];
		const names = new Set<string>();
		const add = (family: Family): void => {
			if (!names.has(family.name)) {
				names.add(family.name);
				families.push(family);
			}
		};
		for (const registry of this.registries) {
			const defaults = registry._defaultLabels ?? {};
			const metrics = registry.getMetricsAsArray().filter((metric) => !(metric instanceof RegisteredRed));
			const snapshots = await Promise.allSettled(metrics.map(async (metric) => metric.get()));
			snapshots.forEach((snapshot, index) => {
				if (snapshot.status === "rejected") {
					say(`the metric ${metrics[index]!.name} could not be collected: ${String(snapshot.reason)}`);
					return;
				}
				const family = toFamily(snapshot.value, defaults);
				if (family !== undefined) {
					add(family);
				}
			});
		}
		for (const histogram of this.red) {
			if (!histogram.isEmpty) {
				add(histogram.family());
			}
		}
		this.own().forEach(add);
		return families;
	}
}

/** A prom-client snapshot as a family. Label values become text; default labels fill what a series does not have itself. */
export function toFamily(snapshot: PromSnapshot, defaults: Record<string, string>): Family | undefined {
	const { name, help, values } = snapshot;
	switch (snapshot.type) {
		case "counter":
		case "gauge":
			return { name, help, type: snapshot.type, points: values.map((value) => numberPoint(value, defaults)) };
		case "histogram":
			return { name, help, type: "histogram", points: histogramPoints(name, values, defaults) };
		case "summary":
			return { name, help, type: "summary", points: summaryPoints(name, values, defaults) };
		default:
			return { name, help, type: "unknown", points: values.map((value) => numberPoint(value, defaults)) };
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

function histogramPoints(
	name: string,
	values: readonly PromValue[],
	defaults: Record<string, string>,
): HistogramPoint[] {
	interface Building {
		labels: Labels;
		buckets: { bound: number; cumulated: number; exemplar: Exemplar | undefined }[];
		sum: number;
		count: number;
	}
	const points = new Map<string, Building>();
	for (const value of values) {
		const labels = labelsOf(value.labels, defaults, "le");
		const key = JSON.stringify(Object.entries(labels).sort());
		let point = points.get(key);
		if (point === undefined) {
			point = { labels, buckets: [], sum: 0, count: 0 };
			points.set(key, point);
		}
		if (value.metricName === `${name}_sum`) {
			point.sum = value.value;
		} else if (value.metricName === `${name}_count`) {
			point.count = value.value;
		} else {
			const le = value.labels.le;
			const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
			point.buckets.push({ bound, cumulated: value.value, exemplar: toExemplar(value.exemplar) });
		}
	}
	return [...points.values()].map(({ labels, buckets, sum, count }) => {
		buckets.sort((a, b) => a.bound - b.bound);
		return {
			labels,
			sum,
			count,
			bounds: buckets.filter(({ bound }) => Number.isFinite(bound)).map(({ bound }) => bound),
			counts: buckets.map(({ cumulated }, index) => cumulated - (buckets[index - 1]?.cumulated ?? 0)),
			exemplars: buckets.map(({ exemplar }) => exemplar),
		};
	});
}

function summaryPoints(name: string, values: readonly PromValue[], defaults: Record<string, string>): SummaryPoint[] {
	const points = new Map<string, SummaryPoint & { quantiles: { quantile: number; value: number }[] }>();
	for (const value of values) {
		const labels = labelsOf(value.labels, defaults, "quantile");
		const key = JSON.stringify(Object.entries(labels).sort());
		let point = points.get(key);
		if (point === undefined) {
			point = { labels, quantiles: [], sum: 0, count: 0 };
			points.set(key, point);
		}
		if (value.metricName === `${name}_sum`) {
			point.sum = value.value;
		} else if (value.metricName === `${name}_count`) {
			point.count = value.value;
		} else {
			point.quantiles.push({ quantile: Number(value.labels.quantile), value: value.value });
		}
	}
	return [...points.values()];
}
