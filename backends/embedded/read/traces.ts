/** Traces by id: everywhere in the store, whatever the window. */
import { spanIdWord, traceIdFromWords, traceIdWords } from "../../../core/ids.ts";
import type { Signal, Span, SpanCore, SpanId, TraceId } from "../../../core/model.ts";
import type { Answer, Call, TraceCandidate } from "../../../core/ports.ts";
import type { Column, Database, SqlParams } from "../store/database.ts";
import { type About, answer, withDeadline } from "./answer.ts";
import { Resources } from "./resources.ts";
import { spanCores, wholeSpans } from "./span-rows.ts";
import { statement } from "./statement-file.ts";

/** DuckDB's answers are refused beyond a million rows; a trace of more says that it is partial. */
const MOST_SPANS = 900_000;

const UNKNOWN_TRACE = [
	"no span of this trace was ever received here: it may have been sampled out, or its service exports elsewhere",
	"it may still be arriving: exporters send every few seconds",
	"it may be older than the retention",
];

/** The by-id half of a TraceStore. */
export function createTraceReader(db: Database) {
	const resources = new Resources(db);

	async function read<T>(
		about: About,
		call: Call,
		work: (limit: number, signal: AbortSignal) => Promise<T[]>,
	): Promise<Answer<T[]>> {
		const limit = Math.min(call.limit, MOST_SPANS);
		const spans = await withDeadline(call, (signal) => work(limit + 1, signal));
		const cut = spans.length > limit;
		return answer(about, cut ? spans.slice(0, limit) : spans, {
			isEmpty: spans.length === 0,
			partial: cut ? [`the trace has more spans than the ${limit} asked for: these are the first that arrived`] : [],
		});
	}

	async function whole(sql: string, params: SqlParams, signal: AbortSignal): Promise<Span[]> {
		const { rows, columns } = await db.columns(sql, params, signal);
		return wholeSpans(rows, columns, await resources.of(columns.resource as Column, signal));
	}

	return {
		skeleton(traceId: TraceId, call: Call): Promise<Answer<SpanCore[]>> {
			const about = { query: `traceId:${traceId}`, window: null, whenEmpty: UNKNOWN_TRACE };
			const words = traceIdWords(traceId);
			return read(about, call, async (limit, signal) => {
				const sql = statement(import.meta.url, "trace-skeleton", { spans: db.fromTrace("spans", words.lo) });
				const { rows, columns } = await db.columns(sql, { ...words, limit }, signal);
				return spanCores(rows, columns);
			});
		},

		trace(traceId: TraceId, call: Call): Promise<Answer<Span[]>> {
			const about = { query: `traceId:${traceId}`, window: null, whenEmpty: UNKNOWN_TRACE };
			return read(about, call, (limit, signal) => {
				const words = traceIdWords(traceId);
				const sql = statement(import.meta.url, "trace-whole", {
					spans: db.fromTrace("spans", words.lo),
					span: "true",
				});
				return whole(sql, { ...words, limit }, signal);
			});
		},

		span(traceId: TraceId, spanId: SpanId, call: Call): Promise<Answer<Span[]>> {
			const about = {
				query: `traceId:${traceId} spanId:${spanId}`,
				window: null,
				whenEmpty: ["no span with this id was received in this trace: it may be a parent that was never exported"],
			};
			return read(about, call, (limit, signal) => {
				const words = traceIdWords(traceId);
				const sql = statement(import.meta.url, "trace-whole", {
					spans: db.fromTrace("spans", words.lo),
					span: "span_id = $span",
				});
				return whole(sql, { ...words, span: spanIdWord(spanId), limit }, signal);
			});
		},

		async byRequestId(requestId: string, call: Call): Promise<Answer<TraceCandidate[]>> {
			const sql = statement(import.meta.url, "request-id", {
				spans: db.from("spans", null),
				logs: db.from("logs", null),
			});
			const rows = await withDeadline(call, (signal) =>
				db.all<{ trace_hi: bigint; trace_lo: bigint; first_ns: bigint; signal: Signal }>(
					sql,
					{ id: requestId, limit: call.limit },
					signal,
				),
			);
			const about = {
				query: `http.request_id:${JSON.stringify(requestId)}`,
				window: null,
				whenEmpty: ["no span and no log line carries this request id (http.request_id, x-request-id, request_id)"],
			};
			const candidates = rows.map((row) => ({
				traceId: traceIdFromWords(row.trace_hi, row.trace_lo),
				firstSeenUnixNano: row.first_ns,
				signal: row.signal,
			}));
			return answer(about, candidates, { isEmpty: candidates.length === 0 });
		},
	};
}
