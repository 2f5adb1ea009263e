import { say } from "../../say.ts";
import type { Exemplar, Family, HistogramPoint, Labels, NumberPoint, SummaryPoint } from "../family.ts";

/**
 * The families of several processes as those of one. Counters and histograms are summed, with the newest exemplar of each
 * series or bucket; gauges by their `aggregate`. Quantiles of several processes have no meaning together and are left out.
 */
export function mergeFamilies(processes: readonly (readonly Family[])[]): Family[] {
	const byName = new Map<string, Family[]>();
	for (const family of processes.flat()) {
		const same = byName.get(family.name);
		if (same === undefined) {
			byName.set(family.name, [family]);
		} else if (same[0]!.type === family.type) {
			same.push(family);
		} else {
			say(`${family.name} is a ${same[0]!.type} in one process of the cluster and a ${family.type} in another`);
		}
	}
	return [...byName.values()].filter(([first]) => first!.aggregate !== "omit").map(mergeFamily);
}

/** What of a process outlives it: its counts. A sum that fell when a process ends would read as a restart of all of them. */
export function countsOf(families: readonly Family[]): Family[] {
	return families.filter(({ type }) => type === "counter" || type === "histogram" || type === "summary");
}

function mergeFamily(same: readonly Family[]): Family {
	const first = same[0]!;
	switch (first.type) {
		case "histogram":
			return { ...first, points: mergePoints(pointsOf<HistogramPoint>(same), addHistograms(first.name)) };
		case "summary":
			return { ...first, points: mergePoints(pointsOf<SummaryPoint>(same), addSummaries) };
		case "counter":
			return { ...first, points: mergePoints(pointsOf<NumberPoint>(same), addCounters) };
		case "info":
			return first;
		default:
			return { ...first, points: mergeGauges(pointsOf<NumberPoint>(same), first.aggregate ?? "sum") };
	}
}

function pointsOf<P>(families: readonly Family[]): P[] {
	return families.flatMap(({ points }) => points as unknown as P[]);
}

function mergePoints<P extends { labels: Labels }>(points: readonly P[], add: (a: P, b: P) => P): P[] {
	const merged = new Map<string, P>();
	for (const point of points) {
		const key = labelsKey(point.labels);
		const before = merged.get(key);
		merged.set(key, before === undefined ? point : add(before, point));
	}
	return [...merged.values()];
}

function labelsKey(labels: Labels): string {
	return JSON.stringify(Object.entries(labels).sort());
}

function newest(a: Exemplar | undefined | null, b: Exemplar | undefined | null): Exemplar | undefined {
	return !a ? (b ?? undefined) : !b || a.atMs >= b.atMs ? a : b;
}

function addCounters(a: NumberPoint, b: NumberPoint): NumberPoint {
	const exemplar = newest(a.exemplar, b.exemplar);
	const sum = { labels: a.labels, value: a.value + b.value };
	return exemplar === undefined ? sum : { ...sum, exemplar };
}

function addHistograms(name: string): (a: HistogramPoint, b: HistogramPoint) => HistogramPoint {
	return (a, b) => {
		if (a.bounds.length !== b.bounds.length || a.bounds.some((bound, index) => bound !== b.bounds[index])) {
			say(`${name} has other buckets in other processes of the cluster; only the first's are shown`);
			return a;
		}
		return {
			labels: a.labels,
			bounds: a.bounds,
			counts: a.counts.map((count, index) => count + b.counts[index]!),
			sum: a.sum + b.sum,
			count: a.count + b.count,
			exemplars: a.exemplars.map((exemplar, index) => newest(exemplar, b.exemplars[index])),
		};
	};
}

function addSummaries(a: SummaryPoint, b: SummaryPoint): SummaryPoint {
	return { labels: a.labels, quantiles: [], sum: a.sum + b.sum, count: a.count + b.count };
}

function mergeGauges(points: readonly NumberPoint[], aggregate: Family["aggregate"]): NumberPoint[] {
	const bySeries = new Map<string, { labels: Labels; values: number[] }>();
	for (const { labels, value } of points) {
		const key = labelsKey(labels);
		const series = bySeries.get(key);
		if (series === undefined) {
			bySeries.set(key, { labels, values: [value] });
		} else {
			series.values.push(value);
		}
	}
	return [...bySeries.values()].map(({ labels, values }) => ({ labels, value: combine(values, aggregate) }));
}

function combine(values: readonly number[], aggregate: Family["aggregate"]): number {
	const sum = values.reduce((total, value) => total + value, 0);
	switch (aggregate) {
		case "max":
			return Math.max(...values);
		case "min":
			return Math.min(...values);
		case "average":
			return sum / values.length;
		case "first":
			return values[0]!;
		default:
			return sum;
	}
}
