/** RED from the histograms that services send: of each service the first profile of core/red.ts that has data, never two added up. */
import type { HistogramPoint, TimeWindow } from "../../../core/model.ts";
import type { Call, RedSeries } from "../../../core/ports.ts";
import { RED_PROFILES, type RedProfile, redOfHistogram } from "../../../core/red.ts";
import type { Column, Database, SqlValue } from "../store/database.ts";
import { environmentFilter, serviceFilter } from "./answer.ts";
import { type RedRequest, slotCount } from "./red-spans.ts";
import { statement } from "./statement-file.ts";

/** How far outside the window the points are looked for that its first and last growth needs: exporters send every minute or oftener. */
const LOOK_NS = 300_000_000_000n;
const NO_ROUTE = "(no route)";

type Params = Record<string, SqlValue>;

export async function redFromMetrics(
	db: Database,
	request: RedRequest,
	call: Call,
	signal: AbortSignal,
): Promise<RedSeries[]> {
	const known = await db.all<{ metric: string }>("select distinct metric from series", [], signal);
	const metrics = new Set(known.map((row) => row.metric));
	const done = new Set<string>();
	const series: RedSeries[] = [];
	for (const profile of RED_PROFILES) {
		if (!profile.otlpNames.some((name) => metrics.has(name))) continue;
		const found = await redOfProfile(db, profile, request, call, signal);
		series.push(...found.filter((one) => !done.has(one.service)));
		for (const one of found) done.add(one.service);
	}
	return series;
}

async function redOfProfile(
	db: Database,
	profile: RedProfile,
	request: RedRequest,
	call: Call,
	signal: AbortSignal,
): Promise<RedSeries[]> {
	const { window, stepNs } = request;
	const near: TimeWindow = { fromUnixNano: window.fromUnixNano - LOOK_NS, toUnixNano: window.toUnixNano + LOOK_NS };
	const points = db.from("points", near);
	const params: Params = {};
	let count = 0;
	const bind = (value: SqlValue) => {
		const name = `m${count++}`;
		params[name] = value;
		return `$${name}`;
	};
	const label = (labels: readonly string[]) =>
		labels.map((name) => `json_extract_string(attributes, ${bind(`/${name}`)})`).join(", ");
	const conditions = [environmentFilter(call, params)];
	conditions.push(serviceFilter(request.services, params, "service"));
	const routeText = `coalesce(${label(profile.routeLabels)}, ${bind(NO_ROUTE)})`;
	if (request.route !== undefined) conditions.push(`${routeText} = ${bind(request.route)}`);
	const metrics = profile.otlpNames.map(bind).join(", ");
	const only =
		profile.only === null
			? "true"
			: `coalesce(json_extract_string(attributes, ${bind(`/${profile.only.label}`)}) in (${profile.only.values.map(bind).join(", ")}), true)`;
	const sql = statement(import.meta.url, "red-metrics", {
		points,
		metrics,
		route: request.byRoute ? routeText : "null",
		service: `coalesce(${label(profile.serviceLabels)}, service)`,
		status: `coalesce(${label(profile.statusLabels)})`,
		condition: conditions.join(" and "),
		only,
	});
	const slots = slotCount(window, stepNs);
	const times = { near_from: near.fromUnixNano, near_to: near.toUnixNano };
	const [growth, bounds] = await Promise.all([
		db.columns(
			sql,
			{ ...params, ...times, from: window.fromUnixNano, to: window.toUnixNano, step: stepNs, slots: BigInt(slots) },
			signal,
		),
		db.all<{ shape: bigint; bounds: number[] }>(
			statement(import.meta.url, "bounds", { points, metrics }),
			{ ...params, ...times },
			signal,
		),
	]);
	const shapes = new Map(bounds.map((row) => [row.shape, row.bounds]));
	return collect(growth.rows, growth.columns, shapes, request, profile, slots);
}

/** Counts by shape of the histogram, and failures. */
class Bin {
	private readonly shapes = new Map<bigint, number[]>();
	private errors = 0;

	add(shape: bigint, bucket: number, calls: number, failed: boolean): void {
		let counts = this.shapes.get(shape);
		if (counts === undefined) {
			counts = [];
			this.shapes.set(shape, counts);
		}
		counts[bucket] = (counts[bucket] ?? 0) + calls;
		if (failed) this.errors += calls;
	}

	/** Calls of all shapes; the quantiles are those of the shape with the most. */
	red(shapes: ReadonlyMap<bigint, number[]>, seconds: number, unitMs: number) {
		let calls = 0;
		let most: HistogramPoint = { count: 0, sum: 0, min: null, max: null, bounds: [], counts: [] };
		for (const [shape, sparse] of this.shapes) {
			const bounds = shapes.get(shape) ?? [];
			const counts = Array.from({ length: bounds.length + 1 }, (_, i) => Math.max(0, sparse[i] ?? 0));
			const count = counts.reduce((a, b) => a + b, 0);
			calls += count;
			if (count > most.count) most = { ...most, count, bounds, counts };
		}
		return redOfHistogram({ ...most, count: calls }, this.errors, seconds, unitMs);
	}
}

function collect(
	rows: number,
	columns: Record<string, Column>,
	shapes: ReadonlyMap<bigint, number[]>,
	{ window, stepNs }: RedRequest,
	profile: RedProfile,
	slots: number,
): RedSeries[] {
	const { route, service, failed, shape, slot, bucket, calls } = columns as Record<string, never[]>;
	const found = new Map<string, { service: string; route: string | null; bins: Bin[]; whole: Bin }>();
	for (let i = 0; i < rows; i++) {
		const name: string = service![i]!;
		const path: string | null = route![i] ?? null;
		const key = `${name}\u0000${path}`;
		let entry = found.get(key);
		if (entry === undefined) {
			entry = { service: name, route: path, bins: Array.from({ length: slots }, () => new Bin()), whole: new Bin() };
			found.set(key, entry);
		}
		const part = [shape![i]!, Number(bucket![i]!), calls![i]!, Boolean(failed![i])] as const;
		entry.whole.add(...part);
		entry.bins[Number(slot![i]!)]?.add(...part);
	}
	return [...found.values()].map((entry) => ({
		service: entry.service,
		route: entry.route,
		source: profile.metric,
		summary: entry.whole.red(shapes, Number(window.toUnixNano - window.fromUnixNano) / 1e9, profile.unitMs),
		points: entry.bins.map((bin, at) => {
			const start = window.fromUnixNano + BigInt(at) * stepNs;
			const end = start + stepNs < window.toUnixNano ? start + stepNs : window.toUnixNano;
			return { timeUnixNano: start, ...bin.red(shapes, Number(end - start) / 1e9, profile.unitMs) };
		}),
	}));
}
