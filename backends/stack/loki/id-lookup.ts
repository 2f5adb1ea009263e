/** The lines of an ID, wherever they are: near the hint, where there is one, else back from now in widening steps. */
import type { TimeWindow } from "../../../core/model.ts";
import { type Call, DeadlineExceeded } from "../../../core/ports.ts";
import { earlier, later, SECOND } from "../../../core/time.ts";
import type { Order } from "./log-pages.ts";
import type { OneReading, Queries } from "./log-queries.ts";
import { type StreamMap, stretchOf, stretchWindow } from "./stream-map.ts";
import { type Found, TooManyLines, type WindowReader } from "./window-reader.ts";

const MINUTE = 60n * SECOND;
/** Clocks that are ahead, and lines that are dated ahead. */
const AHEAD = 10n * MINUTE;
/** Before the first line found, and around a hint when nothing is nearer: where else a trace's lines may be. */
const MARGIN = 15n * MINUTE;
/** Around a hint. Loki reads every line of a window, so each second costs; a trace's lines are written while its spans run. */
const NEAR_MARGIN = MINUTE / 6n;
/** Where lines without an ID were too many to be looked through here, the next look-ups do not try. */
const MANY_FOR_MS = 60_000;
/** Steps back from now: an hour, a day, the rest of the days that hold anything. */
const FIRST_STEP = 60n * MINUTE;
const STEP_GROWTH = 24n;
/** How far back a look-up goes: five years, in stretches of 30 days. */
const MAX_STRETCHES = 61n;
/** Of which so many are asked about at once. */
const AT_ONCE = 8n;

export class IdLookup {
	private readonly reader: WindowReader;
	private readonly streams: StreamMap;
	/** `performance.now()` until which lines without an ID are taken to be many. */
	private manyUntil = 0;

	constructor(reader: WindowReader, streams: StreamMap) {
		this.reader = reader;
		this.streams = streams;
	}

	/** A page of what `make` asks for, where some of it is found first. `everywhere` false: there was no time to look further back. */
	async everywhere(
		make: Queries,
		order: Order,
		hint: { window: TimeWindow; reading: OneReading | null } | undefined,
		call: Call,
		until: number,
	): Promise<Found & { everywhere: boolean }> {
		if (hint !== undefined) {
			// Whoever knows a trace's time is believed: its lines are not looked for in other years.
			const near = within(hint.window, NEAR_MARGIN);
			const found =
				(hint.reading && (await this.readOnce(make, near, order, call, until, hint.reading))) ??
				(await this.reader.read(make, near, order, null, call, until));
			if (found.lines.length > 0) return { ...found, everywhere: true };
			return {
				...(await this.reader.read(make, within(hint.window, MARGIN), order, null, call, until)),
				everywhere: true,
			};
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
						const found = await this.reader.read(make, part, order, null, call, until);
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

	/** The window's lines of a trace with one reading of it; null where too many have no ID to be looked through here. */
	private async readOnce(
		make: Queries,
		window: TimeWindow,
		order: Order,
		call: Call,
		until: number,
		reading: OneReading,
	): Promise<Found | null> {
		if (performance.now() < this.manyUntil) return null;
		try {
			return await this.reader.read(make, window, order, null, call, until, reading);
		} catch (error) {
			if (!(error instanceof TooManyLines)) throw error;
			this.manyUntil = performance.now() + MANY_FOR_MS;
			return null;
		}
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

	/** Days on which anything was logged, stretch by stretch back from now. */
	private async *daysBack(
		end: bigint,
		call: Call,
		until: number,
	): AsyncGenerator<{ days: TimeWindow[]; oldest: bigint }> {
		const newest = stretchOf(end);
		const last = later(newest - MAX_STRETCHES, 0n);
		const daysOf = (stretch: bigint): Promise<TimeWindow[]> =>
			this.streams.days(stretch, this.reader.inTime(call, until));
		// The present stretch alone at first: most look-ups end there.
		yield { days: await daysOf(newest), oldest: stretchWindow(newest).fromUnixNano };
		// Halves of what is older, the newer first, as long as Loki says at once that nothing is in them.
		const halves: [oldest: bigint, newest: bigint][] = newest > last ? [[last, newest - 1n]] : [];
		for (let part = halves.pop(); part !== undefined; part = halves.pop()) {
			const [low, high] = part;
			const window = { fromUnixNano: stretchWindow(low).fromUnixNano, toUnixNano: stretchWindow(high).toUnixNano };
			const holds = low === high ? true : await this.streams.holdsAnything(window, this.reader.inTime(call, until));
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
			return { ...(await this.reader.read(make, window, order, null, call, until)), everywhere: true };
		} catch (error) {
			if (!(error instanceof DeadlineExceeded)) throw error;
			return { ...found, everywhere: false };
		}
	}
}

function now(): bigint {
	return BigInt(Date.now()) * 1_000_000n;
}

function within({ fromUnixNano, toUnixNano }: TimeWindow, margin: bigint): TimeWindow {
	return { fromUnixNano: fromUnixNano - margin, toUnixNano: toUnixNano + margin };
}
