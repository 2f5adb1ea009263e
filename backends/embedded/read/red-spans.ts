/** RED counted from entry spans: from the roll-ups where minutes are fine enough, else from the spans themselves. */
import type { TimeWindow } from "../../../core/model.ts";
import type { Call, RedSeries, RedSummary } from "../../../core/ports.ts";
import { earlier, later } from "../../../core/time.ts";
import { MINUTE_NS, NEAR_NS } from "../rollup/minute-fold.ts";
import { bucketValue, LOG_GAMMA } from "../rollup/sketch-buckets.ts";
import type { Database, SqlValue } from "../store/database.ts";
import { environmentFilter, serviceFilter } from "./answer.ts";
import { rolledWindow } from "./rollup-tables.ts";
import { statement } from "./statement-file.ts";

const ROLLUP = new URL("../rollup/rollup.ts", import.meta.url).href;
/** Up to so many spans in the window are counted one by one, the newest included, at whatever step; more come by the minute. */
const FEW_SPANS = 50_000;

export interface RedRequest {
	services?: readonly string[];
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
	const fine = estimateSpans(db, request.window) <= FEW_SPANS;
	conditions.push(serviceFilter(request.services, params, fine ? "service" : "k.first"));
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
		const cells = statement(import.meta.url, "red-cells-raw", {
			spans: sql,
			route: request.byRoute ? "route" : "null::varchar",
			route_of_span: request.byRoute ? "c.route" : "null",
		});
		const rows = await quantiles(
			db,
			cells,
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
		return { series: collect(rows, window, stepNs), window, stale: [] };
	}
	const rolled = await rolledWindow(db, request.window, signal);
	const step = ((request.stepNs + MINUTE_NS - 1n) / MINUTE_NS) * MINUTE_NS;
	const cells = statement(import.meta.url, "red-cells-rolled", {
		red: rolled.from("red"),
		route: request.byRoute ? "k.second" : "null::varchar",
		condition,
	});
	const times = { origin: rolled.window.fromUnixNano, step };
	const rows = await quantiles(db, cells, { ...params, ...times }, signal);
	return { series: collect(rows, rolled.window, step), window: rolled.window, stale: rolled.stale };
}

/** A chart of many services has hundreds of thousands of buckets: what comes out of the database is a row a point. */
function quantiles(db: Database, cells: string, params: Record<string, SqlValue>, signal: AbortSignal): Promise<Row[]> {
	return db.all<Row>(statement(import.meta.url, "red-quantiles", { cells }), params, signal);
}

/** RED of one slot, or of the whole window, as the statement gives it. */
interface Row {
	service: string;
	route: string | null;
	slot: bigint | null;
	calls: number;
	errors: number;
	p50: number;
	p95: number;
	p99: number;
}

const QUIET: RedSummary = { calls: 0, errors: 0, rate: 0, errorRate: 0, p50Ms: null, p95Ms: null, p99Ms: null };

function summaryOf(row: Row | undefined, ns: bigint): RedSummary {
	if (row === undefined) return QUIET;
	const { calls, errors } = row;
	const ms = (bucket: number) => bucketValue(bucket) / 1e6;
	return {
		calls,
		errors,
		rate: calls / (Number(ns) / 1e9),
		errorRate: Math.min(1, errors / calls),
		p50Ms: ms(row.p50),
		p95Ms: ms(row.p95),
		p99Ms: ms(row.p99),
	};
}

function collect(rows: readonly Row[], window: TimeWindow, stepNs: bigint): RedSeries[] {
	const found = new Map<string, { whole: Row; slots: Map<bigint, Row> }>();
	for (const row of rows) {
		const key = `${row.service}\u0000${row.route ?? ""}`;
		let entry = found.get(key);
		if (entry === undefined) {
			entry = { whole: row, slots: new Map() };
			found.set(key, entry);
		}
		if (row.slot === null) entry.whole = row;
		else entry.slots.set(row.slot, row);
	}
	return [...found.values()].map(({ whole, slots }) => ({
		service: whole.service,
		route: whole.route,
		source: "spans",
		summary: summaryOf(whole, window.toUnixNano - window.fromUnixNano),
		points: Array.from({ length: slotCount(window, stepNs) }, (_, at) => {
			const start = window.fromUnixNano + BigInt(at) * stepNs;
			const end = earlier(start + stepNs, window.toUnixNano);
			return { timeUnixNano: start, ...summaryOf(slots.get(BigInt(at)), end - start) };
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
