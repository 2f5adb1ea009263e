import type { HistogramPoint } from "../../../core/model.ts";
import { type ExpositionExemplar, type Family, type Label, labelsKey, labelValue, type Sample } from "./exposition.ts";
import { parseNumber } from "./line-cursor.ts";

/** The lines of one series at one time, put together. */
export interface Series {
	name: string;
	type: "gauge" | "sum" | "histogram" | "summary";
	/** Without `le`. */
	labels: Label[];
	timeUnixNano: bigint | null;
	createdSeconds: number | null;
	value: number | null;
	histogram: HistogramPoint | null;
	exemplars: ExpositionExemplar[];
}

/** Series whose lines stand alone: gauges, counters (with their `_created`), states, infos, unknowns. `target_info` is no series. */
export function singleSeries(family: Family): Series[] {
	const created = new Map<string, number>();
	const createdName = `${family.name}_created`;
	const isCounter = family.type === "counter";
	if (isCounter) {
		for (const { name, labels, value } of family.samples)
			if (name === createdName) created.set(labelsKey(labels), value);
	}
	const all: Series[] = [];
	for (const { name, labels, value, timeUnixNano, exemplar } of family.samples) {
		if (name === "target_info" || (isCounter && name === createdName) || !Number.isFinite(value)) continue;
		const createdSeconds = created.size > 0 ? (created.get(labelsKey(labels)) ?? null) : null;
		const exemplars = exemplar ? [exemplar] : [];
		all.push({
			name,
			type: isCounter ? "sum" : "gauge",
			labels,
			timeUnixNano,
			createdSeconds,
			value,
			histogram: null,
			exemplars,
		});
	}
	return all;
}

/** Cumulative buckets, in whatever order they came, to bounds and counts that are not cumulative. */
export function histogramSeries(family: Family): Series[] {
	return [...groups(family, "le").values()].map((group) => {
		const buckets: { bound: number; total: number }[] = [];
		const exemplars: ExpositionExemplar[] = [];
		for (const { labels, value, exemplar } of group.values) {
			const bound = parseNumber(labelValue(labels, "le") ?? "");
			if (bound === null || Number.isNaN(bound) || !Number.isFinite(value)) continue;
			buckets.push({ bound, total: value });
			if (exemplar) exemplars.push(exemplar);
		}
		buckets.sort((a, b) => a.bound - b.bound);
		const last = buckets.at(-1);
		const count = group.count ?? last?.total ?? 0;
		const bounds: number[] = [];
		const counts: number[] = [];
		let before = 0;
		for (const { bound, total } of buckets) {
			if (bound === Number.POSITIVE_INFINITY || bound === bounds.at(-1)) continue;
			bounds.push(bound);
			// Prometheus clients that count while they write can give a bucket less than the one before.
			counts.push(Math.max(0, total - before));
			before = Math.max(before, total);
		}
		counts.push(Math.max(0, count - before));
		const histogram = { count, sum: group.sum ?? 0, min: null, max: null, bounds, counts };
		return {
			...group.series,
			name: family.name,
			type: "histogram",
			createdSeconds: group.created,
			histogram,
			exemplars,
		};
	});
}

/** Count and sum of a summary as one series, and each quantile as a gauge with its `quantile` label. */
export function summarySeries(family: Family): Series[] {
	const all: Series[] = [];
	for (const group of groups(family, "quantile").values()) {
		for (const { labels, value } of group.values) {
			if (Number.isFinite(value)) all.push({ ...group.series, name: family.name, type: "gauge", labels, value });
		}
		if (group.count === null && group.sum === null) continue;
		const count = group.count ?? 0;
		const histogram = { count, sum: group.sum ?? 0, min: null, max: null, bounds: [], counts: [count] };
		all.push({ ...group.series, name: family.name, type: "summary", createdSeconds: group.created, histogram });
	}
	return all;
}

interface Group {
	/** What the series of the group have in common. */
	series: Omit<Series, "name" | "type">;
	/** Buckets or quantiles. */
	values: Sample[];
	count: number | null;
	sum: number | null;
	created: number | null;
}

/** The samples of a histogram or summary by their labels without `own` (`le` or `quantile`) and their time. */
function groups(family: Family, own: string): Map<string, Group> {
	const found = new Map<string, Group>();
	for (const sample of family.samples) {
		const key = `${labelsKey(sample.labels, own)}\u0002${sample.timeUnixNano ?? ""}`;
		let group = found.get(key);
		if (!group) {
			const labels = sample.labels.filter(([name]) => name !== own);
			const { timeUnixNano } = sample;
			const series = { labels, timeUnixNano, createdSeconds: null, value: null, histogram: null, exemplars: [] };
			group = { series, values: [], count: null, sum: null, created: null };
			found.set(key, group);
		}
		const suffix = sample.name.slice(family.name.length);
		const value = Number.isFinite(sample.value) ? sample.value : null;
		if (suffix === "" || suffix === "_bucket") group.values.push(sample);
		else if (suffix === "_count" || suffix === "_gcount") group.count = value;
		else if (suffix === "_sum" || suffix === "_gsum") group.sum = value;
		else if (suffix === "_created") group.created = value;
	}
	return found;
}
