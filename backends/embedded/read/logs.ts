/**
 * Log records in nanosecond order. Without a trace id the window is read in slices from its near end, each four times as wide as the
 * one before, until the page is full: time is the order, so the first page of a big store reads only its newest (or oldest) seconds.
 */
import { levelOf } from "../../../core/attribute-value.ts";
import { spanIdFromWord, spanIdWord, traceIdFromWords, traceIdWords } from "../../../core/ids.ts";
import type { Attributes, LogRecord, TimeWindow } from "../../../core/model.ts";
import { type Answer, type Call, DeadlineExceeded, type LogQuery, type LogStore } from "../../../core/ports.ts";
import { earlier, later } from "../../../core/time.ts";
import type { Column, Database, SqlValue } from "../store/database.ts";
import { answer, environmentFilter, readCursor, withDeadline, writeCursor } from "./answer.ts";
import { clipToData } from "./data-bounds.ts";
import { describeFilter, levelAtLeast, logFilter } from "./filter-sql.ts";
import { type Resource, Resources } from "./resources.ts";
import { statement } from "./statement-file.ts";

const FIRST_SLICE_NS = 10_000_000_000n;
const SLICE_GROWTH = 4n;

export function createLogReader(db: Database): LogStore {
	const resources = new Resources(db);
	return {
		async logs(query: LogQuery, call: Call): Promise<Answer<LogRecord[]>> {
			const params: Record<string, SqlValue> = {};
			const conditions = conditionsOf(query, call, db, params);
			const limit = call.limit + 1;
			const found: LogRecord[] = [];
			let late = false;
			try {
				await withDeadline(call, async (signal) => {
					for (const window of slices(query, call, db)) {
						const sql = statement(import.meta.url, "logs", {
							logs: relation(db, window, query),
							conditions: [...conditions, "time_ns >= $from", "time_ns < $to"].join(" and "),
							direction: query.order === "oldest" ? "asc" : "desc",
						});
						const { rows, columns } = await db.columns(
							sql,
							{ ...params, from: window.fromUnixNano, to: window.toUnixNano, limit: limit - found.length },
							signal,
						);
						found.push(...records(rows, columns, await resources.of(columns.resource as Column, signal)));
						if (found.length >= limit) return;
					}
				});
			} catch (error) {
				if (found.length === 0 || !(error instanceof DeadlineExceeded)) throw error;
				late = true;
			}
			const page = found.length > call.limit ? found.slice(0, call.limit) : found;
			const last = page.at(-1);
			return answer({ query: describeFilter(query), window: query.window, whenEmpty: reasonsForNone(query) }, page, {
				isEmpty: page.length === 0,
				partial: late ? [`the search took longer than ${call.deadlineMs} ms: more lines may match`] : [],
				nextCursor:
					last && (found.length > call.limit || late)
						? writeCursor(last.timeUnixNano, BigInt(last.sequence))
						: undefined,
			});
		},
	};
}

function conditionsOf(query: LogQuery, call: Call, db: Database, params: Record<string, SqlValue>): string[] {
	const conditions: string[] = [];
	if (query.traceId !== undefined) {
		const { hi, lo } = traceIdWords(query.traceId);
		Object.assign(params, { trace_hi: hi, trace_lo: lo, trace_text: query.traceId });
	} else {
		// Whoever names a trace wants its lines, also with the demo hidden.
		conditions.push(environmentFilter(call, params));
	}
	if (query.spanId !== undefined) {
		params.span_id = spanIdWord(query.spanId);
		conditions.push("span_id = $span_id");
	}
	if (query.service !== undefined) {
		params.service = query.service;
		conditions.push("service = $service");
	}
	if (query.minLevel !== undefined && query.minLevel !== "unspecified") conditions.push(levelAtLeast(query.minLevel));
	conditions.push(logFilter(query.filter, db, params));
	if (call.cursor !== undefined) {
		const [time, sequence] = readCursor(call.cursor, 2);
		Object.assign(params, { after_ns: time, after_sequence: sequence });
		const compare = query.order === "oldest" ? ">" : "<";
		conditions.push(`(time_ns ${compare} $after_ns or (time_ns = $after_ns and sequence ${compare} $after_sequence))`);
	}
	return conditions;
}

/**
 * The records to look at. Loggers that know nothing of OTLP write the trace's id where they can: that is looked for only in records that
 * carry none. Two scans rather than one with `or`: each is then a comparison that DuckDB does while it reads, or skips with the block.
 */
function relation(db: Database, window: TimeWindow, query: LogQuery): string {
	const logs = db.from("logs", window);
	if (query.traceId === undefined) return logs;
	return `(select * from ${db.fromTrace("logs", traceIdWords(query.traceId).lo)} where trace_lo = $trace_lo and trace_hi = $trace_hi
		union all
		select * from ${logs} where trace_hi is null and (contains(lower(body), $trace_text) or contains(lower(attributes), $trace_text)))`;
}

/** The part of the window where anything is, cut so that the first cut is likely enough. */
function* slices(query: LogQuery, call: Call, db: Database): Generator<TimeWindow> {
	const clipped = clipToData(query.window, db);
	if (clipped === null) return;
	let { fromUnixNano: from, toUnixNano: to } = clipped;
	if (call.cursor !== undefined) {
		const [time] = readCursor(call.cursor, 2);
		if (query.order === "oldest") from = later(from, time!);
		else to = earlier(to, time! + 1n);
	}
	if (query.traceId !== undefined) {
		if (from < to) yield { fromUnixNano: from, toUnixNano: to };
		return;
	}
	for (let width = FIRST_SLICE_NS; from < to; width *= SLICE_GROWTH) {
		if (to - from <= width) {
			yield { fromUnixNano: from, toUnixNano: to };
			return;
		}
		if (query.order === "oldest") {
			yield { fromUnixNano: from, toUnixNano: from + width };
			from += width;
		} else {
			yield { fromUnixNano: to - width, toUnixNano: to };
			to -= width;
		}
	}
}

function records(rows: number, columns: Record<string, Column>, resources: ReadonlyMap<bigint, Resource>): LogRecord[] {
	const { time_ns, sequence, service, severity_number, severity_text, body } = columns as Record<string, never[]>;
	const { trace_hi, trace_lo, span_id, attributes, resource } = columns as Record<string, never[]>;
	return Array.from({ length: rows }, (_, i): LogRecord => {
		const [hi, lo, span] = [trace_hi![i], trace_lo![i], span_id![i]] as (bigint | null | undefined)[];
		const from = resources.get(resource![i]!);
		return {
			timeUnixNano: time_ns![i]!,
			sequence: Number(sequence![i]!),
			service: service![i]!,
			severityNumber: severity_number![i]!,
			severityText: severity_text![i]!,
			level: levelOf(severity_number![i]!, severity_text![i]!),
			body: body![i]!,
			traceId: hi == null || lo == null ? null : traceIdFromWords(hi, lo),
			spanId: span == null ? null : spanIdFromWord(span),
			attributes: JSON.parse(attributes![i]!) as Attributes,
			resource: from?.attributes ?? {},
			scopeName: from?.scopeName ?? "",
		};
	});
}

function reasonsForNone(query: LogQuery): string[] {
	if (query.traceId !== undefined) {
		return [
			"no log line carries this trace id, in its record, its attributes or its text",
			"the services of this trace may log without a trace id, or not send their logs here",
			...(query.window === null ? [] : ["its lines may lie outside the window"]),
		];
	}
	if (query.filter !== null || query.service !== undefined || query.minLevel !== undefined) {
		return ["no log line in this window satisfies the whole filter: widen the window or drop a condition"];
	}
	return ["no log line of this window was received"];
}
