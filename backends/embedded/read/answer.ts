/** Every answer of the embedded store says how much of the truth it is: the pieces that all readers build theirs with. */
import type { TimeWindow } from "../../../core/model.ts";
import { type Answer, type Call, DeadlineExceeded, InvalidInput } from "../../../core/ports.ts";
import type { SqlValue } from "../store/database.ts";

/** What is known of an answer before its data. */
export interface About {
	query: string;
	window: TimeWindow | null;
	source?: string;
	/** Likely reasons, for when there is nothing. */
	whenEmpty: readonly string[];
}

/** `partial` when there is a reason for it, `empty` when `isEmpty`, else `ok`. */
export function answer<T>(
	about: About,
	data: T,
	state: { isEmpty: boolean; partial?: readonly string[]; nextCursor?: string },
): Answer<T> {
	const partial = state.partial ?? [];
	return {
		data,
		status: state.isEmpty ? "empty" : partial.length > 0 ? "partial" : "ok",
		reasons: state.isEmpty ? [...partial, ...about.whenEmpty] : [...partial],
		source: about.source ?? "embedded",
		window: about.window,
		query: about.query,
		...(state.nextCursor === undefined ? {} : { nextCursor: state.nextCursor }),
	};
}

/**
 * Runs `work` with a signal that fires when the caller leaves or the deadline passes; the latter rejects with `DeadlineExceeded`.
 * `work` may catch the signal and answer with what it has.
 */
export async function withDeadline<T>(call: Call, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const deadline = AbortSignal.timeout(Math.max(1, call.deadlineMs));
	const signal = call.signal ? AbortSignal.any([call.signal, deadline]) : deadline;
	try {
		return await work(signal);
	} catch (error) {
		if (deadline.aborted && !call.signal?.aborted) {
			throw new DeadlineExceeded(
				`the store did not answer within ${call.deadlineMs} ms: narrow the window or the filter, or ask for less`,
			);
		}
		throw error;
	}
}

/** `env not in (...)` with the values bound, `true` when nothing is left out. Adds to `params`. */
export function environmentFilter(call: Call, params: Record<string, SqlValue>, column = "env"): string {
	if (call.excludeEnvironments.length === 0) return "true";
	const names = call.excludeEnvironments.map((environment, i) => {
		params[`env${i}`] = environment;
		return `$env${i}`;
	});
	return `${column} not in (${names.join(", ")})`;
}

/** Binds the services a question is about; true when it is about all. */
export function serviceFilter(
	services: readonly string[] | undefined,
	params: Record<string, SqlValue>,
	column: string,
): string {
	if (services === undefined) return "true";
	const names = services.map((service, i) => {
		params[`service${i}`] = service;
		return `$service${i}`;
	});
	return names.length === 0 ? "false" : `${column} in (${names.join(", ")})`;
}

/** Cursors are a few integers, opaque to everyone else. */
export function writeCursor(...parts: bigint[]): string {
	return Buffer.from(parts.join(",")).toString("base64url");
}

/** The integers of a cursor; throws `InvalidInput` when the text is not one of `count` parts that this store gave out. */
export function readCursor(cursor: string, count: number): bigint[] {
	const parts = Buffer.from(cursor, "base64url").toString("latin1").split(",");
	if (parts.length !== count || !parts.every((part) => /^-?\d{1,20}$/.test(part))) {
		throw new InvalidInput(
			`the cursor ${JSON.stringify(cursor.slice(0, 80))} is not one of this query: start without it`,
		);
	}
	return parts.map(BigInt);
}
