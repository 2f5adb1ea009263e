/** How Tempo's answers are told. */
import type { TimeWindow } from "../../../core/model.ts";
import { type Answer, type Call, DeadlineExceeded } from "../../../core/ports.ts";

export interface About {
	/** TraceQL, or the path of a look-up. */
	query: string;
	window: TimeWindow | null;
	/** Likely reasons, for when there is nothing. */
	whenEmpty: readonly string[];
}

/** `partial` when there is a reason for it, `empty` when nothing was found and nothing is missing, else `ok`. */
export function answer<T>(
	about: About,
	data: T[],
	{ partial = [], nextCursor }: { partial?: readonly string[]; nextCursor?: string } = {},
): Answer<T[]> {
	const status = partial.length > 0 ? "partial" : data.length === 0 ? "empty" : "ok";
	return {
		data,
		status,
		reasons: status === "empty" ? [...about.whenEmpty] : [...partial],
		source: "tempo",
		window: about.window,
		query: about.query,
		...(nextCursor === undefined ? {} : { nextCursor }),
	};
}

/** Calls to the engine that together keep one call's deadline. */
export function withinDeadline(call: Call): () => Call {
	const ends = performance.now() + call.deadlineMs;
	return () => {
		const left = Math.floor(ends - performance.now());
		if (left < 1) throw new DeadlineExceeded(`Tempo did not answer within ${call.deadlineMs} ms.`);
		return { ...call, deadlineMs: left };
	};
}
