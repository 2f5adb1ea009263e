/**
 * One question to Tempo's search. It returns the first matches it comes upon unless asked for the most recent ones, takes whole seconds,
 * drops leading zeros of IDs, and may hold questions to a longest window and a largest limit, which are learned from its refusals.
 */
import { z } from "zod";
import { normaliseTraceId } from "../../../core/ids.ts";
import type { TimeWindow, TraceId } from "../../../core/model.ts";
import { type Call, InvalidInput } from "../../../core/ports.ts";
import { SECOND } from "../../../core/time.ts";
import type { Engine } from "../engine.ts";

/** A trace that may match. Times are of what Tempo holds in one place: a trace that is still arriving may turn out longer. */
export interface Candidate {
	traceId: TraceId;
	startUnixNano: bigint;
	durationMs: number;
	/** null when Tempo has not seen the root. */
	root: { service: string; name: string } | null;
	services: { service: string; spans: number; errors: number }[];
	/** Starts of matching spans, a few of them, and how many match in all. */
	matches: { startUnixNano: bigint[]; count: number };
}

export interface Candidates {
	found: Candidate[];
	/** null: these are all. Else, of the most recent ones, every match that starts after this is among them. */
	completeAfter: bigint | null;
}

/** In Unix seconds, both included. */
export interface Seconds {
	from: number;
	to: number;
}

const nanoseconds = z
	.string()
	.regex(/^\d{1,19}$/)
	.transform(BigInt);
const searchAnswer = z.object({
	traces: z
		.array(
			z.object({
				traceID: z.string(),
				rootServiceName: z.string().default(""),
				rootTraceName: z.string().default(""),
				startTimeUnixNano: nanoseconds.default(0n),
				durationMs: z.number().default(0),
				serviceStats: z
					.record(z.string(), z.object({ spanCount: z.number().default(0), errorCount: z.number().default(0) }))
					.default({}),
				spanSets: z
					.array(
						z.object({
							matched: z.number().default(0),
							spans: z.array(z.object({ startTimeUnixNano: nanoseconds.default(0n) })).default([]),
						}),
					)
					.default([]),
			}),
		)
		.default([]),
});

/** What Tempo writes for a root that has not arrived. */
const NO_ROOT = "<root span not yet received>";
/** Tempo reads times as int32, and a start of 0 as none. */
const EARLIEST = 1;
const LATEST = 2_147_483_647;
/** Windows one question is split into where Tempo limits their length. */
const MAX_SLICES = 60;

/** The seconds that hold the window; some more before and after it are looked at. */
export function secondsOf(window: TimeWindow): Seconds {
	const clamp = (seconds: bigint) => Math.min(LATEST, Math.max(EARLIEST, Number(seconds)));
	const from = Math.min(clamp(window.fromUnixNano / SECOND), LATEST - 1);
	return { from, to: Math.max(from + 1, clamp((window.toUnixNano + SECOND - 1n) / SECOND)) };
}

/** The second after the one `unixNano` lies in: traces that start at or before it are found by questions that end there. */
export function secondAfter(unixNano: bigint): number {
	return Math.min(LATEST, Number(unixNano / SECOND) + 1);
}

export class SearchApi {
	private readonly engine: Engine;
	private maxSeconds = Number.POSITIVE_INFINITY;
	private maxLimit = Number.POSITIVE_INFINITY;

	constructor(engine: Engine) {
		this.engine = engine;
	}

	/**
	 * Up to `limit` traces that overlap the seconds; the most recent ones if the query says so. Tempo's limits may make it several questions.
	 * `cut` is told what is left out for their sake.
	 */
	async ask(
		traceql: string,
		seconds: Seconds,
		limit: number,
		call: () => Call,
		cut: (reason: string) => void,
	): Promise<Candidates> {
		const found = new Map<TraceId, Candidate>();
		let { to } = seconds;
		for (let slice = 0; ; slice++) {
			if (slice >= MAX_SLICES) {
				cut(`Tempo searches ${this.maxSeconds / 3600} hours at a time: what lies before ${iso(to)} was left out`);
				return { found: [...found.values()], completeAfter: null };
			}
			const asked = Math.min(limit, this.maxLimit);
			const from = Math.max(seconds.from, to - this.maxSeconds);
			let traces: Candidate[];
			try {
				traces = await this.once(traceql, { from, to }, asked, call());
			} catch (error) {
				if (this.learns(error)) continue;
				throw error;
			}
			for (const trace of traces) if (!found.has(trace.traceId)) found.set(trace.traceId, trace);
			if (traces.length >= asked) {
				const starts = traces.map((trace) => trace.startUnixNano);
				const oldest = starts.reduce((a, b) => (a < b ? a : b));
				const sliceStart = from > seconds.from ? BigInt(from) * SECOND : 0n;
				return { found: [...found.values()], completeAfter: oldest > sliceStart ? oldest : sliceStart };
			}
			if (from <= seconds.from) return { found: [...found.values()], completeAfter: null };
			if (found.size >= limit) return { found: [...found.values()], completeAfter: BigInt(from) * SECOND };
			to = from;
		}
	}

	private async once(traceql: string, { from, to }: Seconds, limit: number, call: Call): Promise<Candidate[]> {
		const answer = await this.engine.json(
			searchAnswer,
			{ path: "/api/search", params: { q: traceql, start: String(from), end: String(to), limit: String(limit) } },
			call,
		);
		return (answer?.traces ?? []).flatMap((trace) => {
			const traceId = normaliseTraceId(trace.traceID);
			if (traceId === null) return [];
			return {
				traceId,
				startUnixNano: trace.startTimeUnixNano,
				durationMs: trace.durationMs,
				root:
					trace.rootServiceName === NO_ROOT || trace.rootServiceName === ""
						? null
						: { service: trace.rootServiceName, name: trace.rootTraceName },
				services: Object.entries(trace.serviceStats).map(([service, stats]) => ({
					service,
					spans: stats.spanCount,
					errors: stats.errorCount,
				})),
				matches: {
					startUnixNano: trace.spanSets.flatMap((set) => set.spans.map((span) => span.startTimeUnixNano)),
					count: trace.spanSets.reduce((sum, set) => sum + set.matched, 0),
				},
			};
		});
	}

	/** Takes a limit of Tempo's from its refusal; false when it refused for another reason. */
	private learns(error: unknown): boolean {
		if (!(error instanceof InvalidInput)) return false;
		const window = /exceeds (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?\. received start/.exec(error.message);
		if (window !== null) {
			const [, hours = 0, minutes = 0, seconds = 0] = window;
			const learned = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
			if (learned < 1 || learned >= this.maxSeconds) return false;
			this.maxSeconds = learned;
			return true;
		}
		const limit = Number(/limit \d+ exceeds max limit (\d+)/.exec(error.message)?.[1] ?? 0);
		if (limit < 1 || limit >= this.maxLimit) return false;
		this.maxLimit = limit;
		return true;
	}
}

function iso(seconds: number): string {
	return new Date(seconds * 1000).toISOString();
}
