/** RED counted from entry spans: from the roll-ups where minutes are fine enough, else from the spans themselves. */
import type { TimeWindow } from "../../../core/model.ts";
import type { Call, RedSeries } from "../../../core/ports.ts";
import { redOfSketch } from "../../../core/red.ts";
import { emptySketch, type Sketch } from "../../../core/sketch.ts";
import { MINUTE_NS, NEAR_NS } from "../rollup/minute-fold.ts";
import { addRow, finishSketch, LOG_GAMMA } from "../rollup/sketch-buckets.ts";
import type { Column, Database, SqlValue } from "../store/database.ts";
import { environmentFilter } from "./answer.ts";
import { earlier, later } from "./data-bounds.ts";
import { rolledWindow } from "./rollup-tables.ts";
import { statement } from "./statement-file.ts";

const ROLLUP = new URL("../rollup/rollup.ts", import.meta.url).href;
/** Up to so many spans in the window are counted one by one, at whatever step; more come by the minute. */
const FEW_SPANS = 400_000;

export interface RedRequest {
	service?: string;
	route?: string;
	byRoute: boolean;
	window: TimeWindow;
	stepNs: bigint;
}

export interface RedFromSpans {
	series: RedSeries[];
	/** What was really counted: whole minutes when it came from roll-ups. */
	window: TimeWindow;
	stale: string[];
}

export async function redFromSpans(
	db: Database,
	request: RedRequest,
	call: Call,
	signal: AbortSignal,
): Promise<RedFromSpans> {
	const params: Record<string, SqlValue> = {};
	const conditions = [environmentFilter(call, params)];
	const fine = request.stepNs % MINUTE_NS !== 0n && estimateSpans(db, request.window) <= FEW_SPANS;
	if (request.service !== undefined) {
		params.service = request.service;
		conditions.push(fine ? "service = $service" : "k.first = $service");
	}
	if (request.route !== undefined) {
		params.route = request.route;
		conditions.push(fine ? "coalesce(route, name) = $route" : "k.second = $route");
	}
	const condition = conditions.join(" and ");
	if (fine) {
		const { window, stepNs } = request;
		const near = { fromUnixNano: window.fromUnixNano - NEAR_NS, toUnixNano: window.toUnixNano + NEAR_NS };
		const sql = statement(ROLLUP, "red-spans", {
			spans: db.from("spans", window),
			near: db.from("spans", near),
			log_gamma: String(LOG_GAMMA),
			condition,
		});
		const { rows, columns } = await db.columns(
			sql,
			{
				...params,
				from: window.fromUnixNano,
				to: window.toUnixNano,
				near_from: near.fromUnixNano,
				near_to: near.toUnixNano,
				origin: window.fromUnixNano,
				step: stepNs,
			},
			signal,
		);
		return { series: collect(rows, columns, request, window, stepNs), window, stale: [] };
	}
	const rolled = await rolledWindow(db, request.window, signal);
	const step = ((request.stepNs + MINUTE_NS - 1n) / MINUTE_NS) * MINUTE_NS;
	const sql = statement(import.meta.url, "red-rolled", {
		red: rolled.from("red"),
		route: request.byRoute ? "k.second" : "null",
		condition,
	});
	const { rows, columns } = await db.columns(sql, { ...params, origin: rolled.window.fromUnixNano, step }, signal);
	return { series: collect(rows, columns, request, rolled.window, step), window: rolled.window, stale: rolled.stale };
}

interface Bin {
	sketch: Sketch;
	errors: number;
}

function collect(
	rows: number,
	columns: Record<string, Column>,
	request: RedRequest,
	window: TimeWindow,
	stepNs: bigint,
): RedSeries[] {
	const { service, route, slot, bucket, calls, errors, sum_ns } = columns as Record<string, never[]>;
	const found = new Map<string, { service: string; route: string | null; bins: Map<number, Bin>; whole: Bin }>();
	for (let i = 0; i < rows; i++) {
		const name: string = service![i]!;
		const path: string | null = request.byRoute ? route![i]! : null;
		const key = path === null ? name : `${name}\u0000${path}`;
		let entry = found.get(key);
		if (entry === undefined) {
			entry = { service: name, route: path, bins: new Map(), whole: { sketch: emptySketch(), errors: 0 } };
			found.set(key, entry);
		}
		const at = Number(slot![i]!);
		let bin = entry.bins.get(at);
		if (bin === undefined) {
			bin = { sketch: emptySketch(), errors: 0 };
			entry.bins.set(at, bin);
		}
		for (const target of [bin, entry.whole]) {
			addRow(target.sketch, bucket![i]!, calls![i]!, sum_ns![i]!);
			target.errors += errors![i]!;
		}
	}
	const seconds = (ns: bigint) => Number(ns) / 1e9;
	return [...found.values()].map(({ service: name, route: path, bins, whole }) => ({
		service: name,
		route: path,
		source: "spans",
		summary: redOfSketch(finishSketch(whole.sketch), whole.errors, seconds(window.toUnixNano - window.fromUnixNano)),
		points: Array.from({ length: slotCount(window, stepNs) }, (_, at) => {
			const start = window.fromUnixNano + BigInt(at) * stepNs;
			const end = start + stepNs < window.toUnixNano ? start + stepNs : window.toUnixNano;
			const bin = bins.get(at);
			const sketch = bin ? finishSketch(bin.sketch) : emptySketch();
			return { timeUnixNano: start, ...redOfSketch(sketch, bin?.errors ?? 0, seconds(end - start)) };
		}),
	}));
}

export function slotCount(window: TimeWindow, stepNs: bigint): number {
	return Number((window.toUnixNano - window.fromUnixNano + stepNs - 1n) / stepNs);
}

/** From the segments' counts and bounds alone, as if their spans lay evenly. */
function estimateSpans(db: Database, window: TimeWindow): number {
	let spans = 0;
	for (const segment of db.segments()) {
		if (segment.fromNs === null || segment.toNs === null) continue;
		const from = later(segment.fromNs, window.fromUnixNano);
		const to = earlier(segment.toNs + 1n, window.toUnixNano);
		if (to > from) spans += (segment.spans * Number(to - from)) / Number(segment.toNs - segment.fromNs + 1n);
	}
	return spans;
}
