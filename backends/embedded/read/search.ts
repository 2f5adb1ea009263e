/**
 * Trace search, exact and exhaustive. Newest first it goes back through time in slices:
 *
 *     window.from ........ [ slice 3 ][ slice 2 ][ 1 ] window.to       every slice four times as wide as the one before
 *                          ^ seen so far
 *
 * A trace starts no later than any of its spans. So once every matching span since `seen` is known, every trace that starts since
 * `seen` is known, and those can be given out in the order of their true starts. Pages are as exact as one big sort, and the first
 * page of a big store reads only its newest seconds.
 */
import type { TimeWindow } from "../../../core/model.ts";
import type { Answer, Call, TraceQuery, TraceSummary } from "../../../core/ports.ts";
import { later } from "../../../core/time.ts";
import type { Database, SqlValue } from "../store/database.ts";
import { answer, environmentFilter, readCursor, withDeadline, writeCursor } from "./answer.ts";
import { clipToData } from "./data-bounds.ts";
import { describeFilter, spanFilter } from "./filter-sql.ts";
import { statement } from "./statement-file.ts";
import { readSummaries, type TraceKey } from "./trace-summaries.ts";

const FIRST_SLICE_NS = 1_000_000_000n;
const SLICE_GROWTH = 4n;
/** Summaries read at once. */
const BATCH = 100;

interface Candidate extends TraceKey {
	/** The trace starts here or earlier. */
	bound: bigint;
}

interface Matcher {
	db: Database;
	window: TimeWindow;
	parts: Record<"filter" | "environments" | "status", string>;
	params: Record<string, SqlValue>;
	signal: AbortSignal;
}

/** The search half of a TraceStore. */
export function createSearch(db: Database) {
	return {
		async search(query: TraceQuery, call: Call): Promise<Answer<TraceSummary[]>> {
			const params: Record<string, SqlValue> = {};
			const parts = {
				filter: spanFilter(query.filter, db, params),
				environments: environmentFilter(call, params),
				status: statusFilter(db, query.status),
			};
			const about = {
				query: describeFilter(query),
				window: query.window,
				whenEmpty: [
					query.filter === null
						? "no span that starts in this window was received"
						: "no span in this window satisfies the whole filter: widen the window or drop a condition",
				],
			};
			const found: TraceSummary[] = [];
			let late = false;
			try {
				await withDeadline(call, async (signal) => {
					const matcher = { db, window: query.window, parts, params, signal };
					const traces = query.order === "slowest" ? slowest(matcher, call) : newest(matcher, call.cursor);
					for await (const trace of traces) {
						if (query.status === "error" && trace.errorCount === 0) continue;
						if (found.push(trace) > call.limit) break;
					}
				});
			} catch (error) {
				// What came in time is in order and whole as far as it goes; without any the caller must hear of the deadline.
				if (found.length === 0 || call.signal?.aborted || (error as Error).name !== "DeadlineExceeded") throw error;
				late = true;
			}
			const more = found.length > call.limit;
			const page = more ? found.slice(0, call.limit) : found;
			return answer(about, page, {
				isEmpty: page.length === 0,
				partial: late ? [`the search took longer than ${call.deadlineMs} ms: older traces may match as well`] : [],
				nextCursor: (more || late) && page.length > 0 ? cursorAfter(query.order, page.at(-1)!) : undefined,
			});
		},
	};
}

/** Of the trace as a whole, wherever its failed span lies. */
function statusFilter(db: Database, status: TraceQuery["status"]): string {
	if (status === null) return "true";
	const failed = `(select (trace_hi, trace_lo) from ${db.from("spans", null)} where status = 2)`;
	return `(trace_hi, trace_lo) ${status === "error" ? "in" : "not in"} ${failed}`;
}

function cursorAfter(order: TraceQuery["order"], trace: TraceSummary): string {
	const hi = BigInt(`0x${trace.traceId.slice(0, 16)}`);
	const lo = BigInt(`0x${trace.traceId.slice(16)}`);
	return writeCursor(order === "newest" ? trace.startUnixNano : BigInt(trace.durationNs), hi, lo);
}

async function* slowest(matcher: Matcher, call: Call): AsyncGenerator<TraceSummary> {
	const { db, window, parts, params, signal } = matcher;
	const after = call.cursor === undefined ? null : readCursor(call.cursor, 3);
	const sql = statement(import.meta.url, "search-slowest", {
		...parts,
		spans: db.from("spans", window),
		all_spans: db.from("spans", null),
		after_cursor:
			after === null
				? "true"
				: "(duration_ns, s.trace_hi, s.trace_lo) < ($duration::bigint, $hi::ubigint, $lo::ubigint)",
	});
	const rows = await db.all<{ trace_hi: bigint; trace_lo: bigint }>(
		sql,
		{
			...params,
			...(after === null ? {} : { duration: after[0]!, hi: after[1]!, lo: after[2]! }),
			from: window.fromUnixNano,
			to: window.toUnixNano,
			limit: call.limit + 1,
		},
		signal,
	);
	for (let i = 0; i < rows.length; i += BATCH) {
		const keys = rows.slice(i, i + BATCH).map((row) => ({ hi: row.trace_hi, lo: row.trace_lo }));
		const summaries = await readSummaries(db, keys, null, signal);
		yield* [...summaries.values()].sort((a, b) => b.durationNs - a.durationNs || (a.traceId < b.traceId ? 1 : -1));
	}
}

async function* newest(matcher: Matcher, cursor: string | undefined): AsyncGenerator<TraceSummary> {
	const window = clipToData(matcher.window, matcher.db);
	if (window === null) return;
	const after = cursor === undefined ? null : readCursor(cursor, 3);
	const asked = new Set<string>();
	let waiting: Candidate[] = [];
	const ready: TraceSummary[] = [];
	const enqueue = (candidates: Candidate[]) => {
		for (const candidate of candidates) {
			const key = `${candidate.hi},${candidate.lo}`;
			if (asked.has(key)) continue;
			asked.add(key);
			waiting.push(candidate);
		}
		waiting.sort((a, b) => (a.bound === b.bound ? 0 : a.bound < b.bound ? 1 : -1));
	};

	let seen = window.toUnixNano;
	if (after !== null && after[0]! < seen) {
		seen = after[0]!;
		enqueue(await straddling(matcher, seen));
	}
	for (let width = FIRST_SLICE_NS; ; width *= SLICE_GROWTH) {
		// Everything that starts at or after `seen` is known: give it out, then widen.
		while (waiting.length > 0 && (seen <= window.fromUnixNano || waiting[0]!.bound >= seen)) {
			const batch = waiting.slice(0, BATCH);
			waiting = waiting.slice(BATCH);
			const around = { fromUnixNano: batch.at(-1)!.bound, toUnixNano: batch[0]!.bound + 1n };
			const summaries = await readSummaries(matcher.db, batch, around, matcher.signal);
			for (const summary of summaries.values()) if (after === null || isAfter(summary, after)) ready.push(summary);
			ready.sort(newestFirst);
			const next = waiting[0]?.bound;
			yield* takeWhile(ready, (t) => t.startUnixNano >= seen && (next === undefined || t.startUnixNano > next));
		}
		yield* takeWhile(ready, (t) => t.startUnixNano >= seen);
		if (seen <= window.fromUnixNano) break;
		const from = later(seen - width, window.fromUnixNano);
		enqueue(await slice(matcher, from, seen));
		seen = from;
	}
	yield* ready;
}

async function slice(matcher: Matcher, from: bigint, to: bigint): Promise<Candidate[]> {
	const { db, parts, params, signal } = matcher;
	const window = { fromUnixNano: from, toUnixNano: to };
	const sql = statement(import.meta.url, "search-newest", { ...parts, spans: db.from("spans", window) });
	return candidates(db, sql, { ...params, from, to }, signal);
}

async function straddling(matcher: Matcher, start: bigint): Promise<Candidate[]> {
	const { db, window, parts, params, signal } = matcher;
	const sql = statement(import.meta.url, "search-straddling", {
		...parts,
		spans: db.from("spans", { fromUnixNano: start, toUnixNano: window.toUnixNano }),
		all_spans: db.from("spans", null),
	});
	return candidates(db, sql, { ...params, from: start, to: window.toUnixNano, start }, signal);
}

async function candidates(
	db: Database,
	sql: string,
	params: Record<string, SqlValue>,
	signal: AbortSignal,
): Promise<Candidate[]> {
	const { rows, columns } = await db.columns(sql, params, signal);
	const [his, los, bounds] = [columns.trace_hi!, columns.trace_lo!, columns.bound!] as bigint[][];
	return Array.from({ length: rows }, (_, i) => ({ hi: his![i]!, lo: los![i]!, bound: bounds![i]! }));
}

function newestFirst(a: TraceSummary, b: TraceSummary): number {
	if (a.startUnixNano !== b.startUnixNano) return a.startUnixNano < b.startUnixNano ? 1 : -1;
	return a.traceId < b.traceId ? 1 : -1;
}

function isAfter(trace: TraceSummary, cursor: bigint[]): boolean {
	if (trace.startUnixNano !== cursor[0]) return trace.startUnixNano < cursor[0]!;
	const last = cursor[1]!.toString(16).padStart(16, "0") + cursor[2]!.toString(16).padStart(16, "0");
	return trace.traceId < last;
}

/** Takes from the front of a sorted list as long as `fits`. */
function* takeWhile(list: TraceSummary[], fits: (trace: TraceSummary) => boolean): Generator<TraceSummary> {
	while (list.length > 0 && fits(list[0]!)) yield list.shift()!;
}
