/** Any metric over time: the last reading of each slot, as it is. */
import type { TimeWindow } from "../../../core/model.ts";
import type { Call, SeriesItem } from "../../../core/ports.ts";
import { familyOf, namesPattern, unitOf } from "./metric-names.ts";
import { MetricOwners, serviceLabels } from "./metric-owners.ts";
import type { Metadata, PrometheusApi, Row } from "./prometheus-api.ts";
import { duration, type Labels, type Matcher, matchersText, selector } from "./promql.ts";
import { readTargets, scopesOfServices } from "./series-scopes.ts";

export interface SeriesQuery {
	metric: string;
	service?: string;
	window: TimeWindow;
	stepNs: bigint;
}

const MS = 1_000_000n;
/** Of a summary the count is read, not its quantiles. */
const notQuantile: Matcher = { label: "quantile", op: "=", value: "" };
/** Names that one metric may be stored under at once. */
const MAX_NAMES = 5;

export async function readSeries(
	api: PrometheusApi,
	{ metric, service, window, stepNs }: SeriesQuery,
	call: Call,
): Promise<{ items: SeriesItem[]; partial: string[]; query: string }> {
	const utf8 = await api.speaksUtf8(call);
	const asked = service === undefined ? [] : [service];
	const known = matchersText([{ label: "__name__", op: "=~", value: namesPattern(metric) }]);
	const [stored, owners, metadata] = await Promise.all([
		api.names("__name__", [known], window, { ...call, limit: 0 }),
		readTargets(api, window, utf8, call).then((targets) => new MetricOwners(targets, asked)),
		// Not every engine keeps it, and the numbers are right without.
		api.metadata(familyOf(metric), call).catch(() => ({}) as Metadata),
	]);
	const names = valueNames(stored, metric);
	if (names.length === 0) return { items: [], partial: [], query: known };
	const scopes = service === undefined ? [[]] : scopesOfServices(asked, owners, serviceLabels(utf8));
	const text = (ns: bigint) =>
		names
			.flatMap((name) =>
				scopes.map(
					(scope) => `last_over_time(${selector(name, [...scope, notQuantile])}[${duration(Number(ns / MS))}])`,
				),
			)
			.join(" or ");
	const { fromUnixNano: from, toUnixNano: to } = window;
	const full = (to - from) / stepNs;
	const restNs = to - from - full * stepNs;
	// A range leaves out its beginning and holds its end: a slot is the other way round.
	const first = from + stepNs - MS;
	const answers = await Promise.all([
		...(full > 0n ? [api.range(text(stepNs), first, first + (full - 1n) * stepNs, stepNs, call)] : []),
		...(restNs >= MS ? [api.query(text(restNs), to - MS, call)] : []),
	]);
	const excluded = new Set(call.excludeEnvironments);
	const items = new Map<string, SeriesItem>();
	for (const row of answers.flatMap((answer) => answer.rows)) {
		const owner = owners.of(row.metric);
		if (owner !== null && excluded.has(owner.environment)) continue;
		if (service !== undefined && owner?.service !== service) continue;
		const key = JSON.stringify(Object.entries(row.metric).sort());
		let item = items.get(key);
		if (item === undefined) {
			const described = metadata[familyOf(metric)]?.[0];
			item = describe(row.metric, owner?.service ?? "unknown_service", described);
			items.set(key, item);
		}
		addPoints(item, row, from, stepNs);
	}
	const found = [...items.values()].sort((a, b) => (a.service < b.service ? -1 : 1));
	const partial = new Set(answers.flatMap((answer) => answer.warnings));
	if (found.length > call.limit)
		partial.add(`${found.length} series, of which these are ${call.limit}: name a service`);
	return { items: found.slice(0, call.limit), partial: [...partial], query: text(full > 0n ? stepNs : restNs) };
}

/** The one called so, else how many were counted, in classic and in native histograms; else the value itself. */
function valueNames(stored: readonly string[], metric: string): string[] {
	const whole = stored.filter((name) => !/_(bucket|sum|count)$/.test(name));
	const counts = stored.filter((name) => name.endsWith("_count"));
	if (stored.includes(metric) && !counts.includes(`${metric}_count`)) return [metric];
	return [...counts, ...whole].slice(0, MAX_NAMES);
}

const TYPES: Readonly<Record<string, string>> = { counter: "sum", gaugehistogram: "histogram" };

function describe(labels: Labels, service: string, metadata: { type: string; unit: string } | undefined): SeriesItem {
	const { __name__: name = "", __type__, __unit__, ...rest } = labels;
	const guessed = name.endsWith("_total") ? "counter" : /_(count|bucket)$/.test(name) ? "histogram" : "gauge";
	const type = __type__ ?? metadata?.type ?? guessed;
	return {
		metric: name,
		type: TYPES[type] ?? type,
		unit: __unit__ || metadata?.unit || unitOf(name),
		service,
		labels: rest,
		points: [],
	};
}

function addPoints(item: SeriesItem, { values, histograms }: Row, from: bigint, stepNs: bigint): void {
	const readings: [number, string][] = [
		...values,
		...histograms.map(([time, { count }]): [number, string] => [time, count]),
	];
	for (const [time, text] of readings) {
		const value = Number(text);
		const slot = (BigInt(Math.round(time * 1000)) * MS - from) / stepNs;
		if (!Number.isNaN(value) && slot >= 0n) item.points.push({ timeUnixNano: from + slot * stepNs, value });
	}
}
