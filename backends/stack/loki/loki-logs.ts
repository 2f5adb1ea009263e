/**
 * Logs from Loki. A question becomes a few LogQL queries that exclude each other (one for each kind of stream, and for a trace one for the
 * ID in a label and one for the ID in the text), read together in time order.
 */
import type { LogRecord, TimeWindow } from "../../../core/model.ts";
import type { Answer, Call, LogQuery, LogStore, TraceCandidate } from "../../../core/ports.ts";
import type { Engine, EngineHealth } from "../engine.ts";
import { IdLookup } from "./id-lookup.ts";
import { type LogCounts, readCounts } from "./log-counts.ts";
import { readCursor, writeCursor } from "./log-cursor.ts";
import { type FieldQuery, readFields } from "./log-fields.ts";
import { oneReadingOf, type Queries, queriesOf } from "./log-queries.ts";
import { recordOf } from "./log-records.ts";
import { StreamMap, selector, stretchesOf, stretchOf } from "./stream-map.ts";
import { NO_REQUEST_LABEL, requestLabel, requestText } from "./trace-spellings.ts";
import { WindowReader } from "./window-reader.ts";

const CANDIDATE_LINES = 500;

export class LokiLogs implements LogStore {
	private readonly engine: Engine;
	private readonly streams: StreamMap;
	private readonly reader: WindowReader;
	private readonly lookup: IdLookup;

	constructor(engine: Engine) {
		this.engine = engine;
		this.streams = new StreamMap(engine);
		this.reader = new WindowReader(engine, this.streams);
		this.lookup = new IdLookup(this.reader, this.streams);
	}

	/** `around`: where a trace's lines are likely, when someone knows its time. Throws as `Engine.json` does. */
	async logs(query: LogQuery, call: Call, around?: TimeWindow): Promise<Answer<LogRecord[]>> {
		const until = performance.now() + call.deadlineMs;
		const cursor = call.cursor === undefined ? null : readCursor(call.cursor);
		const make = queriesOf(query, call);
		const window = cursor?.window ?? query.window;
		const found =
			window !== null
				? {
						...(await this.reader.read(make, window, query.order, cursor?.position ?? null, call, until)),
						everywhere: true,
					}
				: await this.lookup.everywhere(
						make,
						query.order,
						around && { window: around, reading: oneReadingOf(query, call) },
						call,
						until,
					);
		const { lines, next, gaps, queries } = found;
		const nextCursor = next === null ? undefined : writeCursor(next, query.window === null ? found.window : null);
		const reasons = [...gaps, ...(found.everywhere ? [] : [stoppedAt(found.window)])];
		const nothing = lines.length === 0;
		return {
			data: lines.map(({ entry, sequence }) => recordOf(entry, sequence)),
			status: reasons.length > 0 ? "partial" : nothing ? "empty" : "ok",
			reasons: nothing ? [...reasons, ...reasonsForNone(query, around)] : reasons,
			source: "loki",
			window: found.window,
			query: queries.join("\n"),
			...(nextCursor === undefined ? {} : { nextCursor }),
		};
	}

	/** Traces whose log lines carry the request ID, the newest first. */
	async byRequestId(requestId: string, call: Call): Promise<TraceCandidate[]> {
		const make: Queries = (partition) => {
			const streams = selector(partition);
			return [`${streams} | ${requestLabel(requestId)}`, `${streams} ${requestText(requestId)} | ${NO_REQUEST_LABEL}`];
		};
		const until = performance.now() + call.deadlineMs;
		const { lines } = await this.lookup.everywhere(
			make,
			"oldest",
			undefined,
			{ ...call, limit: CANDIDATE_LINES },
			until,
		);
		const found = new Map<string, TraceCandidate>();
		for (const { entry, sequence } of lines) {
			const { traceId, timeUnixNano } = recordOf(entry, sequence);
			if (traceId === null || found.has(traceId)) continue;
			found.set(traceId, { traceId, firstSeenUnixNano: timeUnixNano, signal: "logs" });
		}
		return [...found.values()].reverse().slice(0, call.limit);
	}

	/** Lines and errors of each service in the window. `lastSeenUnixNano` is right to a sixtieth of the window. */
	async counts(window: TimeWindow, call: Call): Promise<Map<string, LogCounts>> {
		const counts = new Map<string, LogCounts>();
		for (const part of stretchesOf(window)) {
			const partitions = await this.streams.partitions(stretchOf(part.fromUnixNano), call);
			await Promise.all(partitions.map((partition) => readCounts(this.engine, partition, part, call, counts)));
		}
		return counts;
	}

	/** Known fields of log lines, or known values of one. Counts are 0: Loki knows which there are, not how many. */
	async fields(query: FieldQuery, call: Call): Promise<Answer<{ value: string; count: number }[]>> {
		const newest = stretchesOf(query.window).at(-1) ?? query.window;
		const partitions = await this.streams.partitions(stretchOf(newest.fromUnixNano), call);
		return readFields(this.engine, partitions, { ...query, window: newest }, call);
	}

	/** Asks something that needs the tenant and the password as well. */
	health(): Promise<EngineHealth> {
		return this.engine.health("/loki/api/v1/labels");
	}

	/** From the first day on which anything was logged until the end of the last; null for nothing. */
	dataWindow(call: Call): Promise<TimeWindow | null> {
		return this.lookup.dataWindow(call);
	}
}

function stoppedAt(window: TimeWindow): string {
	const since = new Date(Number(window.fromUnixNano / 1_000_000n)).toISOString();
	return `there was time to look back to ${since} only: give a time range, or more time`;
}

function reasonsForNone(query: LogQuery, around: TimeWindow | undefined): string[] {
	if (query.traceId !== undefined) {
		return [
			"no log line carries this trace id, in a label, its structured metadata or its text",
			"the services of this trace may log without a trace id, or not send their logs to Loki",
			...(query.window === null && around === undefined ? [] : ["its lines may lie outside the window"]),
		];
	}
	const isNarrowed =
		query.filter !== null || query.service !== undefined || query.minLevel !== undefined || query.logql !== undefined;
	if (isNarrowed)
		return ["no log line in this window satisfies the whole filter: widen the window or drop a condition"];
	return ["Loki holds no log line of this window"];
}
