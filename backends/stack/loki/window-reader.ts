/** Log lines of one window: its stretches one after the other, each a page over the queries of its kinds of streams. */
import type { TimeWindow } from "../../../core/model.ts";
import { type Call, DeadlineExceeded, InvalidInput } from "../../../core/ports.ts";
import type { Engine } from "../engine.ts";
import { type Order, type Page, type Placed, type Position, readPage } from "./log-pages.ts";
import type { OneReading, Queries } from "./log-queries.ts";
import { type Entry, entriesOf, streamsSchema } from "./log-records.ts";
import { type StreamMap, stretchesOf, stretchOf } from "./stream-map.ts";

/** What Loki gives in one answer unless it is told otherwise (`max_entries_limit_per_query`). */
const MAX_ENTRIES = 5_000;
/** So many lines are looked through here rather than by Loki, which would read all of the window twice for it. */
const FEW_LINES = 1_000;
const TOO_LATE = "Loki did not answer in time: more lines may match";

export interface Found extends Page {
	window: TimeWindow;
	queries: string[];
}

/** A reading that asks for more than is wanted got too much. */
export class TooManyLines extends Error {}

export class WindowReader {
	private readonly engine: Engine;
	private readonly streams: StreamMap;
	/** Lowered to what this Loki says it allows. */
	private maxEntries = MAX_ENTRIES;

	constructor(engine: Engine, streams: StreamMap) {
		this.engine = engine;
		this.streams = streams;
	}

	/** A page of the window. With `reading` its queries are asked instead of those of `make`: throws `TooManyLines`. */
	async read(
		make: Queries,
		window: TimeWindow,
		order: Order,
		position: Position | null,
		call: Call,
		until: number,
		reading?: OneReading,
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
			asked = partitions.flatMap(make);
			if (asked.length === 0) continue;
			const queries = reading === undefined ? asked : partitions.flatMap(reading.make);
			const inside = time !== undefined && time >= part.fromUnixNano && time < part.toUnixNano ? position : null;
			const limit = call.limit - lines.length;
			const page = await this.page(queries, part, order, inside, limit, call, until, reading?.keep);
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
		keep?: OneReading["keep"],
	): Promise<Page> {
		return readPage(
			async (query, within, direction, most) => {
				if (keep === undefined) return this.ask(query, within, direction, most, this.inTime(call, until));
				const entries = await this.ask(query, within, direction, FEW_LINES, this.inTime(call, until));
				if (entries.length >= Math.min(FEW_LINES, this.maxEntries)) throw new TooManyLines();
				return entries.filter(keep);
			},
			queries,
			{ window, order, position, limit, chunk: () => this.maxEntries },
		);
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
	inTime(call: Call, until: number): Call {
		const left = Math.floor(until - performance.now());
		if (left <= 0) throw new DeadlineExceeded(`Loki did not answer within ${call.deadlineMs} ms.`);
		return { ...call, deadlineMs: left };
	}
}

function startOf(window: TimeWindow, order: Order): Position {
	return { timeUnixNano: order === "oldest" ? window.fromUnixNano : window.toUnixNano - 1n, skip: 0 };
}
