/** What a case of the kit gets to work with: names and ids that no other case uses, a point in time, and the backend behind its port. */
import { createHash } from "node:crypto";
import type { Signal, TimeWindow } from "../../core/model.ts";
import type { Answer, Backend, Call } from "../../core/ports.ts";
import type { Export } from "./telemetry.ts";

/** A backend under test with the way in and the way out. */
export interface Subject {
	backend: Backend;
	/** Sends one OTLP/JSON export request the way an application would. */
	send(signal: Signal, otlpJson: string): Promise<unknown>;
	/** The same of years ago: the way in that nothing refuses for its age. */
	sendOld(signal: Signal, otlpJson: string): Promise<unknown>;
	/** Resolves when everything sent so far must be visible in every answer. */
	settle(): Promise<void>;
	close(): Promise<void>;
}

/** A way in which a backend is known to differ, with its reason: the case is skipped, or held to the looser tolerance. */
export type KnownDifferences = Readonly<Record<string, { reason: string; tolerance?: number }>>;

/** Names, ids and times of one case; the same for its `exports` and its `check`. */
export interface Scene {
	service(name: string): string;
	traceId(n?: number): string;
	spanId(n?: number): string;
	/** `seconds` after the run's beginning minus ten minutes, which is a whole minute. */
	at(seconds: number): bigint;
	/** Holds everything between at(-60) and at(900). */
	window: TimeWindow;
}

export interface Stage extends Scene, Subject {
	call(overrides?: Partial<Call>): Call;
	/** Relative tolerance for this case's numbers. */
	tolerance: number;
}

export interface Case {
	name: string;
	/** Sent in this order before the first check of the whole suite. */
	exports?(scene: Scene): Export[];
	/** How far numbers may be off, relatively; 0.05 when absent. */
	tolerance?: number;
	check(stage: Stage): Promise<void>;
}

/** Seconds to nanoseconds. */
export const S = 1_000_000_000;
/** Milliseconds to nanoseconds. */
export const MS = 1_000_000;

/** The scene of one case in one run: `token` keeps runs apart, so that a backend may keep its data between them. */
export function sceneOf(caseName: string, token: string, base: bigint): Scene {
	const seed = createHash("sha256").update(`${token}/${caseName}`).digest("hex");
	return {
		service: (name) => `${name}-${seed.slice(0, 8)}`,
		traceId: (n = 1) => seed.slice(8, 32) + n.toString(16).padStart(8, "0"),
		spanId: (n = 1) => seed.slice(32, 40) + n.toString(16).padStart(8, "0"),
		at: (seconds) => base + BigInt(Math.round(seconds * S)),
		window: { fromUnixNano: base - 60n * BigInt(S), toUnixNano: base + 900n * BigInt(S) },
	};
}

/** A call with a roomy deadline. */
export function callOf(overrides: Partial<Call> = {}): Call {
	return { tenant: "default", deadlineMs: 20_000, limit: 1000, excludeEnvironments: [], ...overrides };
}

/** Follows `nextCursor` to the end and gives every item; throws when it never ends. */
export async function everyPage<T>(ask: (cursor: string | undefined) => Promise<Answer<T[]>>): Promise<T[][]> {
	const pages: T[][] = [];
	let cursor: string | undefined;
	for (let page = 0; page < 1000; page++) {
		const answer = await ask(cursor);
		pages.push(answer.data);
		if (answer.nextCursor === undefined) return pages;
		cursor = answer.nextCursor;
	}
	throw new Error("paging did not end after 1000 pages: does nextCursor move on?");
}
