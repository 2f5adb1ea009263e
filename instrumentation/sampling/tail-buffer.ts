import { type Context, type SpanContext, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import type { ReadableSpan, Span, SpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { Tail } from "./choice.ts";
import { sizeOf } from "./span-size.ts";
import { withThreshold } from "./threshold.ts";

type Reason = "error" | "slow";
/** What ended a trace's wait. */
type Ending = "over" | "full" | "wait" | "exit";

interface Pending {
	traceId: string;
	/** Spans without a parent in this process that have not ended. */
	open: number;
	sinceMs: number;
	sampled: boolean;
	spans: ReadableSpan[];
	bytes: number;
	/** Runs when the trace is kept: its exemplars. */
	onKept: (() => void)[];
}

/** Traces and spans by what became of them. `sampled` left because the head had chosen them; only what is dropped is lost. */
export interface TailCounts {
	traces: Record<"kept_error" | "kept_slow" | "sampled" | `dropped_${Ending}`, number>;
	spans: Record<`dropped_${Ending | "late" | "long_trace"}`, number>;
}

const DEFAULTS: Required<Tail> = { slowMs: 1_000, traces: 2_000, spans: 20_000, bytes: 32_000_000, waitMs: 30_000 };
const REMEMBERED = 8_192;
const ON_KEPT = 128;
/** Of a callback that waits, with what it holds on to. */
const ON_KEPT_BYTES = 300;
/** Of a trace without spans. */
const TRACE_BYTES = 300;

/**
 * Holds ended spans back until their trace is over in this process (its last span without a local parent has ended), and
 * then passes on those of traces with an error, of slow ones, and of those the head had sampled; the rest is dropped.
 *
 * - An error passes its trace on at once, slowness as soon as a span ends past the threshold.
 * - What is kept though the head had not sampled it is marked `trivet.sampling.local_only`: the services called had been
 *   told not to record. What is kept for its own sake stands for itself, so a `th` in its trace state gives way to none.
 * - In bounds by number of traces and spans, estimated bytes and time; the oldest makes room. What the head sampled is never dropped.
 * - Spans that end after the decision follow it; an error among them is passed on whatever the decision was.
 */
export class TailBuffer implements SpanProcessor {
	private readonly limits: Required<Tail>;
	private readonly next: SpanProcessor;
	private readonly now: () => number;
	private readonly pending = new Map<string, Pending>();
	/** The latest decisions, in two generations; null for dropped. */
	private decided = new Map<string, Reason | null>();
	private decidedBefore = new Map<string, Reason | null>();
	private spans = 0;
	private held = 0;
	private timer: NodeJS.Timeout | undefined;
	readonly counts: TailCounts = {
		traces: {
			kept_error: 0,
			kept_slow: 0,
			sampled: 0,
			dropped_over: 0,
			dropped_full: 0,
			dropped_wait: 0,
			dropped_exit: 0,
		},
		spans: {
			dropped_over: 0,
			dropped_full: 0,
			dropped_wait: 0,
			dropped_exit: 0,
			dropped_late: 0,
			dropped_long_trace: 0,
		},
	};

	/** @param now a clock in milliseconds that does not go backwards. */
	constructor(next: SpanProcessor, limits: Tail, now: () => number = () => performance.now()) {
		this.next = next;
		this.limits = { ...DEFAULTS, ...limits };
		this.now = now;
	}

	/** Traces, spans and bytes (estimated) that wait. */
	get waiting(): { traces: number; spans: number; bytes: number } {
		return { traces: this.pending.size, spans: this.spans, bytes: this.held };
	}

	/** Whether a trace that the head did not sample is kept, or may still be. */
	mayKeep(traceId: string): boolean {
		return this.pending.has(traceId) || typeof this.decisionOn(traceId) === "string";
	}

	isUndecided(traceId: string): boolean {
		return this.pending.get(traceId)?.sampled === false;
	}

	/** Run `then` when the trace is kept; never when it is dropped, or when too many wait for it. */
	whenKept(traceId: string, then: () => void): void {
		const trace = this.pending.get(traceId);
		if (trace !== undefined && trace.onKept.length < ON_KEPT) {
			trace.onKept.push(then);
			this.grow(trace, ON_KEPT_BYTES);
			this.makeRoom();
		}
	}

	onStart(span: Span, parent: Context): void {
		this.next.onStart(span, parent);
		if (!beginsHere(span)) {
			return;
		}
		const { traceId, traceFlags } = span.spanContext();
		const known = this.pending.get(traceId);
		if (known !== undefined) {
			known.open++;
			return;
		}
		// Called a second time for a trace that was kept, this service adds to it at once; one that was dropped gets another chance.
		if (typeof this.decisionOn(traceId) === "string") {
			return;
		}
		const trace: Pending = {
			traceId,
			open: 1,
			sinceMs: this.now(),
			sampled: (traceFlags & TraceFlags.SAMPLED) !== 0,
			spans: [],
			bytes: 0,
			onKept: [],
		};
		this.pending.set(traceId, trace);
		this.grow(trace, TRACE_BYTES);
		this.makeRoom();
		this.watch();
	}

	onEnd(span: ReadableSpan): void {
		const { traceId } = span.spanContext();
		const trace = this.pending.get(traceId);
		if (trace === undefined) {
			this.late(span);
			return;
		}
		this.keepWaiting(trace, span);
		if (span.status.code === SpanStatusCode.ERROR) {
			this.decide(trace, "over", "error");
		} else if (this.now() - trace.sinceMs >= this.limits.slowMs) {
			this.decide(trace, "over", "slow");
		} else if (beginsHere(span) && --trace.open === 0) {
			this.decide(trace, "over");
		} else {
			this.makeRoom();
		}
	}

	/** Decide what is undecided, since the process ends: nothing is lost without being counted. */
	settle(): void {
		for (const trace of [...this.pending.values()]) {
			this.decide(trace, "exit");
		}
	}

	forceFlush(): Promise<void> {
		return this.next.forceFlush();
	}

	shutdown(): Promise<void> {
		this.settle();
		return this.next.shutdown();
	}

	private keepWaiting(trace: Pending, span: ReadableSpan): void {
		// One endless trace must not push all others out.
		if (trace.spans.length >= this.limits.spans / 2) {
			this.counts.spans.dropped_long_trace++;
			return;
		}
		trace.spans.push(span);
		this.spans++;
		this.grow(trace, sizeOf(span));
	}

	private grow(trace: Pending, bytes: number): void {
		trace.bytes += bytes;
		this.held += bytes;
	}

	/** The oldest go, until all bounds hold. */
	private makeRoom(): void {
		const { traces, spans, bytes } = this.limits;
		while (this.pending.size > traces || this.spans > spans || this.held > bytes) {
			const oldest = this.pending.values().next().value;
			if (oldest === undefined) {
				return;
			}
			this.decide(oldest, "full");
		}
	}

	private watch(): void {
		if (this.timer === undefined) {
			this.timer = setInterval(() => this.expire(), Math.min(1_000, this.limits.waitMs));
			this.timer.unref();
		}
	}

	/** End the wait of those that have waited too long. They are in order of age. */
	expire(): void {
		const before = this.now() - this.limits.waitMs;
		for (const trace of this.pending.values()) {
			if (trace.sinceMs > before) {
				break;
			}
			this.decide(trace, "wait");
		}
		if (this.pending.size === 0) {
			clearInterval(this.timer);
			this.timer = undefined;
		}
	}

	private decide(trace: Pending, ending: Ending, known?: Reason): void {
		this.pending.delete(trace.traceId);
		this.spans -= trace.spans.length;
		this.held -= trace.bytes;
		const reason = known ?? (this.now() - trace.sinceMs >= this.limits.slowMs ? "slow" : undefined);
		if (reason === undefined && !trace.sampled) {
			this.counts.traces[`dropped_${ending}`]++;
			this.counts.spans[`dropped_${ending}`] += trace.spans.length;
			this.remember(trace.traceId, null);
			return;
		}
		this.counts.traces[reason === undefined ? "sampled" : (`kept_${reason}` as const)]++;
		if (reason !== undefined) {
			this.remember(trace.traceId, reason);
		}
		for (const span of trace.spans) {
			this.pass(span, reason);
		}
		for (const then of trace.onKept) {
			then();
		}
	}

	/** A span of a trace that was decided, or that was never seen to begin. */
	private late(span: ReadableSpan): void {
		const { traceId, traceFlags } = span.spanContext();
		const decision = this.decisionOn(traceId);
		if (typeof decision === "string") {
			this.pass(span, decision);
			return;
		}
		const failed = span.status.code === SpanStatusCode.ERROR;
		const slow = beginsHere(span) && span.duration[0] * 1_000 + span.duration[1] / 1e6 >= this.limits.slowMs;
		if (failed || slow) {
			const reason: Reason = failed ? "error" : "slow";
			this.remember(traceId, reason);
			this.counts.traces[`kept_${reason}` as const]++;
			this.pass(span, reason);
		} else if ((traceFlags & TraceFlags.SAMPLED) !== 0) {
			this.pass(span, undefined);
		} else {
			this.counts.spans.dropped_late++;
		}
	}

	private remember(traceId: string, decision: Reason | null): void {
		if (this.decided.size >= REMEMBERED / 2) {
			this.decidedBefore = this.decided;
			this.decided = new Map();
		}
		this.decided.set(traceId, decision);
	}

	private decisionOn(traceId: string): Reason | null | undefined {
		const latest = this.decided.get(traceId);
		return latest === undefined ? this.decidedBefore.get(traceId) : latest;
	}

	private pass(span: ReadableSpan, reason: Reason | undefined): void {
		this.next.onEnd(reason === undefined ? span : asKept(span, reason));
	}
}

/** A span of this process whose parent, if any, is in another. */
function beginsHere(span: ReadableSpan): boolean {
	return span.parentSpanContext === undefined || span.parentSpanContext.isRemote === true;
}

/** The span as it is sent. The original stays as the app knows it. */
function asKept(span: ReadableSpan, reason: Reason): ReadableSpan {
	const own = span.spanContext();
	const sampled = (own.traceFlags & TraceFlags.SAMPLED) !== 0;
	const traceState = withThreshold(own.traceState, undefined);
	const { traceState: _, ...ids } = own;
	const sent: SpanContext = {
		...ids,
		traceFlags: own.traceFlags | TraceFlags.SAMPLED,
		...(traceState === undefined ? {} : { traceState }),
	};
	const attributes = {
		...span.attributes,
		"trivet.sampling.reason": reason,
		...(sampled ? {} : { "trivet.sampling.local_only": true }),
	};
	return Object.create(span, { spanContext: { value: () => sent }, attributes: { value: attributes } }) as ReadableSpan;
}
