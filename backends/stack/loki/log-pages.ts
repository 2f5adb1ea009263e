/**
 * Pages of log lines over several LogQL queries whose answers add up. Loki pages by time alone: its answer is cut anywhere among lines of one
 * nanosecond, and their order is its own. So a cut nanosecond is always read whole, put into an order that does not depend on the
 * question, and given out by count.
 */
import type { TimeWindow } from "../../../core/model.ts";
import { DeadlineExceeded } from "../../../core/ports.ts";
import { earlier, later } from "../../../core/time.ts";
import type { Entry } from "./log-records.ts";

export type Order = "oldest" | "newest";

/** Where a page begins: everything before this time is done, and so many lines of it. */
export interface Position {
	timeUnixNano: bigint;
	skip: number;
}

export interface Placed {
	entry: Entry;
	/** Among the lines of its nanosecond, from 0, whatever the order of the page. */
	sequence: number;
	/** The same from the end that the page begins at. */
	rank: number;
}

/** Asks one query of the set for at most `limit` lines; fewer than that are all there are. */
export type Ask = (query: string, window: TimeWindow, order: Order, limit: number) => Promise<Entry[]>;

export interface Page {
	lines: Placed[];
	/** null: nothing more. */
	next: Position | null;
	/** Why lines may be missing. */
	gaps: string[];
}

/** At most `limit` lines of the window from `position` on. `chunk`: what one query of Loki may return. A deadline that passes ends the page early. */
export async function readPage(
	ask: Ask,
	queries: readonly string[],
	about: { window: TimeWindow; order: Order; position: Position | null; limit: number; chunk: () => number },
): Promise<Page> {
	const { window, order, limit, chunk } = about;
	const lines: Placed[] = [];
	const gaps: string[] = [];
	let position = about.position ?? {
		timeUnixNano: order === "oldest" ? window.fromUnixNano : window.toUnixNano - 1n,
		skip: 0,
	};
	const after = (time: bigint): Position => ({ timeUnixNano: order === "oldest" ? time + 1n : time - 1n, skip: 0 });
	const group = async (time: bigint): Promise<Placed[]> => {
		const most = chunk();
		const moment = { fromUnixNano: time, toUnixNano: time + 1n };
		const found = await Promise.all(queries.map((query) => ask(query, moment, "oldest", most)));
		if (found.some((part) => part.length >= most)) {
			gaps.push(`more than ${most} lines have the time ${time}: Loki gives no more of one nanosecond`);
		}
		return placed(found.flat(), "oldest", order);
	};
	try {
		if (position.skip > 0) {
			lines.push(...(await group(position.timeUnixNano)).slice(position.skip));
			position = after(position.timeUnixNano);
		}
		while (lines.length <= limit) {
			const rest: TimeWindow =
				order === "oldest"
					? { fromUnixNano: later(position.timeUnixNano, window.fromUnixNano), toUnixNano: window.toUnixNano }
					: { fromUnixNano: window.fromUnixNano, toUnixNano: earlier(position.timeUnixNano + 1n, window.toUnixNano) };
			if (rest.fromUnixNano >= rest.toUnixNano) return finish(lines, null, gaps, limit);
			// One more than the page holds, to know whether there is a next one.
			const most = Math.min(chunk(), limit + 1 - lines.length);
			const found = await Promise.all(queries.map((query) => ask(query, rest, order, most)));
			const border = horizon(found, most, order);
			const all = found.flat();
			if (border === null) {
				lines.push(...placed(all, order, order));
				return finish(lines, null, gaps, limit);
			}
			const whole = all.filter(({ timeUnixNano: t }) => (order === "oldest" ? t < border : t > border));
			lines.push(...placed(whole, order, order));
			if (lines.length > limit) break;
			position = { timeUnixNano: border, skip: 0 };
			lines.push(...(await group(border)));
			position = after(border);
		}
	} catch (error) {
		if (lines.length === 0 || !(error instanceof DeadlineExceeded)) throw error;
		return finish(lines, position, [...gaps, "Loki did not answer in time: more lines may match"], limit);
	}
	return finish(lines, position, gaps, limit);
}

/** Cuts the page at its limit. */
function finish(lines: Placed[], next: Position | null, gaps: string[], limit: number): Page {
	const over = lines[limit];
	if (over === undefined) return { lines, next, gaps };
	return { lines: lines.slice(0, limit), next: { timeUnixNano: over.entry.timeUnixNano, skip: over.rank }, gaps };
}

/** The time up to which every query has said everything; null when all have. */
function horizon(found: readonly Entry[][], most: number, order: Order): bigint | null {
	let border: bigint | null = null;
	for (const part of found) {
		if (part.length < most) continue;
		let last = part[0]?.timeUnixNano ?? 0n;
		for (const { timeUnixNano: t } of part) if (order === "oldest" ? t > last : t < last) last = t;
		if (border === null || (order === "oldest" ? last < border : last > border)) border = last;
	}
	return border;
}

/**
 * Whole nanoseconds in the order asked for. Lines of one nanosecond are ordered by when they were observed, where that is known, then by
 * stream and metadata, then as they arrived.
 */
function placed(entries: Entry[], answered: Order, order: Order): Placed[] {
	// Loki gives lines that differ in nothing but their text in order of arrival, or in its reverse.
	const arrival = answered === "oldest" ? entries : entries.reverse();
	const sorted = arrival
		.map((entry) => ({ entry, observed: Number(entry.metadata.observed_timestamp ?? 0) }))
		.sort((a, b) => {
			const [x, y] = [a.entry, b.entry];
			if (x.timeUnixNano !== y.timeUnixNano) return x.timeUnixNano < y.timeUnixNano ? -1 : 1;
			return (
				a.observed - b.observed || compareText(x.streamKey, y.streamKey) || compareText(x.metadataKey, y.metadataKey)
			);
		});
	const result: Placed[] = [];
	for (let from = 0, to = 0; from < sorted.length; from = to) {
		const time = sorted[from]?.entry.timeUnixNano;
		while (to < sorted.length && sorted[to]?.entry.timeUnixNano === time) to++;
		for (let at = from; at < to; at++) {
			const rank = order === "oldest" ? at - from : to - 1 - at;
			result.push({ entry: (sorted[at] as { entry: Entry }).entry, sequence: at - from, rank });
		}
	}
	return order === "oldest" ? result : result.reverse();
}

function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
