/** Summaries of given traces, whole: every span counts, wherever in the store and in time it lies. */
import { traceIdFromWords } from "../../../core/ids.ts";
import { STATUS_CODES, type TimeWindow } from "../../../core/model.ts";
import type { TraceSummary } from "../../../core/ports.ts";
import type { Database, SqlValue } from "../store/database.ts";
import { statement } from "./statement-file.ts";

export interface TraceKey {
	hi: bigint;
	lo: bigint;
}

interface ServiceRow {
	trace_hi: bigint;
	trace_lo: bigint;
	service: string;
	spans: bigint;
	errors: bigint;
	start_ns: bigint;
	end_ns: bigint;
	root_ns: bigint | null;
	root_name: string | null;
	root_status: number | null;
	first_name: string;
}

/** Stores up to this many spans are looked through whole for every summary. */
const SMALL_STORE = 1_000_000;
/** In larger ones the first look is at this much time around the match. */
const NEAR_NS = 120_000_000_000n;

/**
 * By trace id; a trace that has gone in the meantime is left out. Looking for a batch of ids through a big store costs a join with all of
 * it, so there the first look is around `near`, and only traces that show no root there, or reach beyond it, are looked for everywhere.
 */
export async function readSummaries(
	db: Database,
	keys: readonly TraceKey[],
	near: TimeWindow | null,
	signal: AbortSignal,
): Promise<Map<string, TraceSummary>> {
	const stored = db.segments().reduce((sum, segment) => sum + segment.spans, 0);
	if (near === null || stored <= SMALL_STORE) return read(db, keys, null, signal);
	const window = { fromUnixNano: near.fromUnixNano - NEAR_NS, toUnixNano: near.toUnixNano + NEAR_NS };
	const found = await read(db, keys, window, signal);
	const open = keys.filter(({ hi, lo }) => {
		const trace = found.get(traceIdFromWords(hi, lo));
		if (trace === undefined || trace.rootMissing) return true;
		return trace.startUnixNano + BigInt(Math.round(trace.durationNs)) > window.toUnixNano;
	});
	for (const [id, trace] of await read(db, open, null, signal)) found.set(id, trace);
	return found;
}

async function read(
	db: Database,
	keys: readonly TraceKey[],
	window: TimeWindow | null,
	signal: AbortSignal,
): Promise<Map<string, TraceSummary>> {
	if (keys.length === 0) return new Map();
	const params: Record<string, SqlValue> = {};
	const ids = keys.map(({ hi, lo }, i) => {
		params[`hi${i}`] = hi;
		params[`lo${i}`] = lo;
		return `($hi${i}::ubigint, $lo${i}::ubigint)`;
	});
	if (window !== null) Object.assign(params, { from: window.fromUnixNano, to: window.toUnixNano });
	const sql = statement(import.meta.url, "trace-summaries", {
		spans: db.from("spans", window),
		ids: ids.join(", "),
		time: window === null ? "true" : "start_ns >= $from and start_ns < $to",
	});
	const byTrace = new Map<string, ServiceRow[]>();
	for (const row of await db.all<ServiceRow>(sql, params, signal)) {
		const id = traceIdFromWords(row.trace_hi, row.trace_lo);
		const rows = byTrace.get(id);
		if (rows) rows.push(row);
		else byTrace.set(id, [row]);
	}
	return new Map([...byTrace].map(([traceId, rows]) => [traceId, summary(traceId, rows)]));
}

function summary(traceId: string, rows: ServiceRow[]): TraceSummary {
	rows.sort((a, b) => (a.service < b.service ? -1 : 1));
	const earliest = rows.reduce((a, b) => (b.start_ns < a.start_ns ? b : a));
	const end = rows.reduce((a, b) => (b.end_ns > a.end_ns ? b : a)).end_ns;
	const roots = rows.filter((row) => row.root_ns !== null);
	const root = roots.length === 0 ? null : roots.reduce((a, b) => (b.root_ns! < a.root_ns! ? b : a));
	const errorCount = rows.reduce((sum, row) => sum + Number(row.errors), 0);
	return {
		traceId,
		rootService: (root ?? earliest).service,
		rootName: root === null ? earliest.first_name : root.root_name!,
		rootMissing: root === null,
		startUnixNano: earliest.start_ns,
		durationNs: Number(end - earliest.start_ns),
		statusCode: errorCount > 0 ? "error" : (STATUS_CODES[root?.root_status ?? 0] ?? "unset"),
		spanCount: rows.reduce((sum, row) => sum + Number(row.spans), 0),
		errorCount,
		services: rows
			.map((row) => ({ service: row.service, spans: Number(row.spans), errors: Number(row.errors) }))
			.sort((a, b) => b.spans - a.spans),
	};
}
