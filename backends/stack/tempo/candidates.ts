/**
 * Every trace that may match, in order, a few at a time. Newest first goes back through time from the last one seen, in growing steps,
 * because Tempo reads all of what it is asked about. Slowest first asks for any, then for those at least as slow as the slowest of them,
 * until Tempo holds back none; Tempo itself knows no such order.
 */
import type { TimeWindow, TraceId } from "../../../core/model.ts";
import type { Call } from "../../../core/ports.ts";
import { SECOND } from "../../../core/time.ts";
import { type Candidate, type SearchApi, type Seconds, secondAfter, secondsOf } from "./search-api.ts";

/** The last trace given out: its start in nanoseconds (newest) or duration in milliseconds (slowest), and its ID. */
export interface Position {
	value: bigint;
	traceId: TraceId;
}

export interface Walk {
	api: SearchApi;
	/** TraceQL for the most recent ones, or for any within bounds of the trace's duration, where the query can take them. */
	traceql: (bounds?: { minMs: number; belowMs: number | null }) => string;
	/** Whether `traceql` puts the bounds in. */
	takesBounds: boolean;
	window: TimeWindow;
	after: Position | null;
	/** How many are likely to be wanted. */
	wanted: number;
	call: () => Call;
	/** Told what had to be left out. */
	cut: (reason: string) => void;
}

/** Traces asked for in one question. */
const MAX_ASKED = 5_000;
const SLOWEST_ASKED = 1_000;
/** The first step back is this part of the window, and no shorter; each further one so many times as long. */
const FIRST_STEP = 1 / 64;
const SHORTEST_STEP = 60;
const STEP_GROWTH = 4;

export function newestKey(candidate: Candidate): Position {
	return { value: candidate.startUnixNano, traceId: candidate.traceId };
}

export function slowestKey(candidate: Candidate): Position {
	return { value: BigInt(candidate.durationMs), traceId: candidate.traceId };
}

export async function* newestFirst(walk: Walk): AsyncGenerator<Candidate[]> {
	const seconds: Seconds = secondsOf(walk.window);
	let { after } = walk;
	let size = Math.min(MAX_ASKED, Math.max(20, walk.wanted * 2));
	let step = Math.max(SHORTEST_STEP, Math.ceil((seconds.to - seconds.from) * FIRST_STEP));
	if (after !== null) seconds.to = Math.min(seconds.to, secondAfter(after.value));
	while (seconds.to > seconds.from) {
		const from = Math.max(seconds.from, seconds.to - step);
		const asked = { from, to: seconds.to };
		const { found, completeAfter } = await walk.api.ask(walk.traceql(), asked, size, walk.call, walk.cut);
		const fresh = inOrder(found, newestKey, after);
		// Of those that began before the step it has some only.
		const stepStart = from > seconds.from ? BigInt(from) * SECOND - 1n : null;
		const stepDone = completeAfter === null || (stepStart !== null && completeAfter <= stepStart);
		const sureAfter = stepDone ? stepStart : completeAfter;
		if (sureAfter === null) {
			yield fresh;
			return;
		}
		let sure = fresh.filter((candidate) => candidate.startUnixNano > sureAfter);
		if (stepDone) {
			seconds.to = from;
			step *= STEP_GROWTH;
		} else if (sure.length > 0) {
			seconds.to = Math.min(seconds.to, secondAfter(sureAfter));
		} else if (size < MAX_ASKED) {
			size = Math.min(MAX_ASKED, size * 4);
			continue;
		} else {
			walk.cut(`more than ${MAX_ASKED} traces start in one second: Tempo gave some of them`);
			sure = fresh;
			seconds.to = Number(sureAfter / SECOND);
		}
		const last = sure.at(-1);
		if (last !== undefined) after = newestKey(last);
		yield sure;
	}
}

export async function* slowestFirst(walk: Walk): AsyncGenerator<Candidate[]> {
	const seconds = secondsOf(walk.window);
	let { after } = walk;
	let belowMs = after === null ? null : Number(after.value) + 1;
	let minMs = 0;
	while (belowMs === null || belowMs > 0) {
		const text = walk.traceql({ minMs, belowMs });
		const { found, completeAfter } = await walk.api.ask(text, seconds, SLOWEST_ASKED, walk.call, walk.cut);
		const fresh = inOrder(found, slowestKey, after);
		if (completeAfter !== null && walk.takesBounds) {
			const higher = fresh[Math.min(walk.wanted, fresh.length) - 1]?.durationMs ?? 0;
			if (higher > minMs) {
				minMs = higher;
				continue;
			}
		}
		if (completeAfter !== null) {
			walk.cut(`Tempo knows no order by duration: of more than ${SLOWEST_ASKED} traces some were looked at`);
		}
		const last = fresh.at(-1);
		if (last !== undefined) after = slowestKey(last);
		yield fresh;
		if (minMs === 0 || !walk.takesBounds) return;
		belowMs = minMs;
		minMs = 0;
	}
}

/** Those behind `after`, the largest value first, then the largest ID. */
function inOrder(found: Candidate[], key: (candidate: Candidate) => Position, after: Position | null): Candidate[] {
	const compare = (a: Position, b: Position) =>
		a.value === b.value ? (a.traceId < b.traceId ? 1 : a.traceId > b.traceId ? -1 : 0) : a.value < b.value ? 1 : -1;
	return found
		.filter((candidate) => after === null || compare(after, key(candidate)) < 0)
		.sort((a, b) => compare(key(a), key(b)));
}
