/**
 * Logs from Loki. A question becomes a few LogQL queries that exclude each other (one for each kind of stream, and for a trace one for the
 * ID in a label and one for the ID in the text), read together in time order. By ID it looks everywhere: near the hint first, then back
 * from now in widening steps.
 */
import type { LogRecord, TimeWindow } from "../../../core/model.ts";
import {
	type Answer,
	type Call,
	DeadlineExceeded,
	InvalidInput,
	type LogQuery,
	type LogStore,
	type TraceCandidate,
} from "../../../core/ports.ts";
import type { Engine, EngineHealth } from "../engine.ts";
import { type LogCounts, readCounts } from "./log-counts.ts";
import { readCursor, writeCursor } from "./log-cursor.ts";
import { type FieldQuery, readFields } from "./log-fields.ts";
import { type Order, type Page, type Placed, type Position, readPage } from "./log-pages.ts";
import { type Queries, queriesOf } from "./log-queries.ts";
import { type Entry, entriesOf, recordOf, streamsSchema } from "./log-records.ts";
import { StreamMap, selector, stretchesOf, stretchOf, stretchWindow } from "./stream-map.ts";
import { NO_REQUEST_LABEL, requestLabel, requestText } from "./trace-spellings.ts";

const MINUTE = 60_000_000_000n;
/** Clocks that are ahead, and lines that are dated ahead. */
const AHEAD = 10n * MINUTE;
/** Before the first line found, and around a hint when nothing is nearer: where else a trace's lines may be. */
const MARGIN = 15n * MINUTE;
/** Around a hint. Loki reads every line of a window, so each second costs; a trace's lines are written while its spans run. */
const NEAR_MARGIN = MINUTE / 6n;
/** Steps back from now: an hour, a day, the rest of the days that hold anything. */
const FIRST_STEP = 60n * MINUTE;
const STEP_GROWTH = 24n;
/** How far back a look-up by ID goes: five years, in stretches of 30 days. */
const MAX_STRETCHES = 61n;
/** Of which so many are asked about at once. */
const AT_ONCE = 8n;
/** What Loki gives in one answer unless it is told otherwise (`max_entries_limit_per_query`). */
const MAX_ENTRIES = 5_000;
const CANDIDATE_LINES = 500;

interface Found extends Page {
	window: TimeWindow;
	queries: string[];
}

export class LokiLogs implements LogStore {
	private readonly engine: Engine;
	private readonly streams: StreamMap;
	/** Lowered to what this Loki says it allows. */
	private maxEntries = MAX_ENTRIES;

	constructor(engine: Engine) {
		this.engine = engine;
		this.streams = new StreamMap(engine);
	}

	/** `around`: where a trace's lines are likely, when someone knows its time. Throws as `Engine.json` does. */
	async logs(query: LogQuery, call: Call, around?: TimeWindow): Promise<Answer<LogRecord[]>> {
		const until = performance.now() + call.deadlineMs;
		const cursor = call.cursor === undefined ? null : readCursor(call.cursor);
		const make = queriesOf(query, call);
		const window = cursor?.window ?? query.window;
		const found =
			window !== null
				? { ...(await this.read(make, window, query.order, cursor?.position ?? null, call, until)), everywhere: true }
				: await this.everywhere(make, query.order, around, call, until);
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
		const { lines } = await this.everywhere(make, "oldest", undefined, { ...call, limit: CANDIDATE_LINES }, until);
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
	async dataWindow(call: Call): Promise<TimeWindow | null> {
		const until = performance.now() + call.deadlineMs;
		const end = now() + AHEAD;
		let held: TimeWindow | null = null;
		for await (const { days } of this.daysBack(end, call, until)) {
			const [newest, oldest] = [days[0], days.at(-1)];
			if (newest === undefined || oldest === undefined) continue;
			const toUnixNano: bigint = held?.toUnixNano ?? earlier(newest.toUnixNano, end);
			held = { fromUnixNano: oldest.fromUnixNano, toUnixNano };
		}
		return held;
	}

	/** A page of the window, stretch after stretch in the order of the page. */
	private async read(
		make: Queries,
		window: TimeWindow,
		order: Order,
		position: Position | null,
		call: Call,
		until: number,
	): Promise<Found> {
		const parts = stretchesOf(window);
		if (order === "newest") parts.reverse();
		const lines: Placed[] = [];
		const gaps: string[] = [];
		let asked: string[] = [];
		let next: Position | null = null;
		for (const [at, part] of parts.entries()) {
			const time = position?.timeUnixNano;
			if (time !== undefined && (order === "oldest" ? part.toUnixNano <= time : part.fromUnixNano > time)) continue;
			if (lines.length > 0 && performance.now() >= until) {
				return { lines, next: startOf(part, order), gaps: [...gaps, TOO_LATE], window, queries: asked };
			}
			const partitions = await this.streams.partitions(stretchOf(part.fromUnixNano), this.inTime(call, until));
			const queries = partitions.flatMap(make);
			if (queries.length === 0) continue;
			asked = queries;
			const inside = time !== undefined && time >= part.fromUnixNano && time < part.toUnixNano ? position : null;
			const limit = call.limit - lines.length;
			const page = await this.page(queries, part, order, inside, limit, call, until);
			lines.push(...page.lines);
			gaps.push(...page.gaps);
			next = page.next;
			if (next !== null || page.gaps.includes(TOO_LATE)) break;
			const following = parts[at + 1];
			if (lines.length >= call.limit && following !== undefined) {
				next = startOf(following, order);
				break;
			}
		}
		return { lines, next, gaps, window, queries: asked };
	}

	private page(
		queries: readonly string[],
		window: TimeWindow,
		order: Order,
		position: Position | null,
		limit: number,
		call: Call,
		until: number,
	): Promise<Page> {
		return readPage(
			(query, within, direction, most) => this.ask(query, within, direction, most, this.inTime(call, until)),
			queries,
			{ window, order, position, limit, chunk: () => this.maxEntries },
		);
	}

	/** The lines of an ID, wherever they are: around the hint, then back from now, until some are found. */
	private async everywhere(
		make: Queries,
		order: Order,
		around: TimeWindow | undefined,
		call: Call,
		until: number,
	): Promise<Found & { everywhere: boolean }> {
		if (around !== undefined) {
			// Whoever knows a trace's time is believed: its lines are not looked for in other years.
			for (const margin of [NEAR_MARGIN, MARGIN]) {
				const near = { fromUnixNano: around.fromUnixNano - margin, toUnixNano: around.toUnixNano + margin };
				const found = await this.read(make, near, order, null, call, until);
				if (found.lines.length > 0 || margin === MARGIN) return { ...found, everywhere: true };
			}
		}
		const end = now() + AHEAD;
		let looked: Found = {
			lines: [],
			next: null,
			gaps: [],
			window: { fromUnixNano: end, toUnixNano: end },
			queries: [],
		};
		let step = FIRST_STEP;
		try {
			for await (const { days, oldest } of this.daysBack(end, call, until)) {
				for (const day of days) {
					for (let to = earlier(day.toUnixNano, end); to > day.fromUnixNano; step *= STEP_GROWTH) {
						const from = later(to - step, day.fromUnixNano);
						const part = { fromUnixNano: from, toUnixNano: to };
						const found = await this.read(make, part, order, null, call, until);
						if (found.lines.length > 0) return await this.widened(make, order, found, call, until);
						const queries = found.queries.length > 0 ? found.queries : looked.queries;
						looked = { ...looked, window: { ...looked.window, fromUnixNano: from }, queries };
						to = from;
					}
				}
				looked = { ...looked, window: { ...looked.window, fromUnixNano: earlier(oldest, looked.window.fromUnixNano) } };
			}
		} catch (error) {
			if (!(error instanceof DeadlineExceeded) || looked.window.fromUnixNano === end) throw error;
			return { ...looked, everywhere: false };
		}
		return { ...looked, everywhere: true };
	}

	/** Days on which anything was logged, stretch by stretch back from now. */
	private async *daysBack(
		end: bigint,
		call: Call,
		until: number,
	): AsyncGenerator<{ days: TimeWindow[]; oldest: bigint }> {
		const newest = stretchOf(end);
		const last = later(newest - MAX_STRETCHES, 0n);
		const daysOf = (stretch: bigint): Promise<TimeWindow[]> => this.streams.days(stretch, this.inTime(call, until));
		// The present stretch alone at first: most look-ups end there.
		yield { days: await daysOf(newest), oldest: stretchWindow(newest).fromUnixNano };
		// Halves of what is older, the newer first, as long as Loki says at once that nothing is in them.
		const halves: [oldest: bigint, newest: bigint][] = newest > last ? [[last, newest - 1n]] : [];
		for (let part = halves.pop(); part !== undefined; part = halves.pop()) {
			const [low, high] = part;
			const window = { fromUnixNano: stretchWindow(low).fromUnixNano, toUnixNano: stretchWindow(high).toUnixNano };
			const holds = low === high ? true : await this.streams.holdsAnything(window, this.inTime(call, until));
			if (holds === false) yield { days: [], oldest: window.fromUnixNano };
			else if (holds === true && high - low >= AT_ONCE) {
				const middle = (low + high) / 2n;
				halves.push([low, middle], [middle + 1n, high]);
			} else {
				for (let from = high; from >= low; from -= AT_ONCE) {
					const stretches: bigint[] = [];
					for (let stretch = from; stretch > from - AT_ONCE && stretch >= low; stretch--) stretches.push(stretch);
					const found = await Promise.all(stretches.map(daysOf));
					for (const [at, stretch] of stretches.entries()) {
						yield { days: found[at] ?? [], oldest: stretchWindow(stretch).fromUnixNano };
					}
				}
			}
		}
	}

	/** The step before may hold the trace's first lines: it is looked at too when what was found begins near its border. */
	private async widened(
		make: Queries,
		order: Order,
		found: Found,
		call: Call,
		until: number,
	): Promise<Found & { everywhere: boolean }> {
		const oldest = found.lines.reduce(
			(least, { entry }) => (entry.timeUnixNano < least ? entry.timeUnixNano : least),
			found.window.toUnixNano,
		);
		const needed = oldest - MARGIN;
		// A page that does not reach its old end says nothing about it.
		if (needed >= found.window.fromUnixNano && (order === "oldest" || found.next === null)) {
			return { ...found, everywhere: true };
		}
		const window = { ...found.window, fromUnixNano: found.window.fromUnixNano - MARGIN };
		try {
			return { ...(await this.read(make, window, order, null, call, until)), everywhere: true };
		} catch (error) {
			if (!(error instanceof DeadlineExceeded)) throw error;
			return { ...found, everywhere: false };
		}
	}

	private async ask(query: string, window: TimeWindow, order: Order, limit: number, call: Call): Promise<Entry[]> {
		try {
			const answer = await this.engine.json(
				streamsSchema,
				{
					path: "/loki/api/v1/query_range",
					params: {
						query,
						start: String(window.fromUnixNano),
						end: String(window.toUnixNano),
						limit: String(Math.min(limit, this.maxEntries)),
						direction: order === "oldest" ? "forward" : "backward",
					},
					// A query may be longer than a URL.
					form: true,
					headers: { "x-loki-response-encoding-flags": "categorize-labels" },
				},
				call,
			);
			return entriesOf(answer);
		} catch (error) {
			const allowed =
				error instanceof InvalidInput ? /max entries limit.*\(\d+ > (\d+)\)/s.exec(error.message)?.[1] : undefined;
			if (allowed === undefined || Number(allowed) >= this.maxEntries || Number(allowed) < 1) throw error;
			this.maxEntries = Number(allowed);
			return this.ask(query, window, order, limit, call);
		}
	}

	/** The same call with the time that is left. Throws `DeadlineExceeded` when none is. */
	private inTime(call: Call, until: number): Call {
		const left = Math.floor(until - performance.now());
		if (left <= 0) throw new DeadlineExceeded(`Loki did not answer within ${call.deadlineMs} ms.`);
		return { ...call, deadlineMs: left };
	}
}

const TOO_LATE = "Loki did not answer in time: more lines may match";

function now(): bigint {
	return BigInt(Date.now()) * 1_000_000n;
}

function startOf(window: TimeWindow, order: Order): Position {
	return { timeUnixNano: order === "oldest" ? window.fromUnixNano : window.toUnixNano - 1n, skip: 0 };
}

function later(a: bigint, b: bigint): bigint {
	return a > b ? a : b;
}

function earlier(a: bigint, b: bigint): bigint {
	return a < b ? a : b;
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
