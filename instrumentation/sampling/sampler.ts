import { type Attributes, type Context, SpanKind, TraceFlags, trace } from "@opentelemetry/api";
import { type Sampler, SamplingDecision, type SamplingResult } from "@opentelemetry/sdk-trace-base";
import type { Head } from "./head.ts";
import { withThreshold } from "./threshold.ts";

export interface SamplerOptions {
	head: Head;
	description: string;
	/** Decide for traces that were begun elsewhere, too. */
	ignoreParent: boolean;
	/** Spans that are not sampled are recorded all the same: a tail may keep them. */
	recordAll: () => boolean;
}

/** How many traces were decided on here, when they began. */
export interface HeadCounts {
	sampled: number;
	dropped: number;
}

const SAMPLED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const RECORDED: SamplingResult = { decision: SamplingDecision.RECORD };
const NOTHING: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/**
 * One decision a trace and process: spans below a local parent follow it, spans below a remote one follow the caller
 * (unless `ignoreParent`), everything else is decided by the head. Probabilities are written to the trace state.
 */
export class TraceSampler implements Sampler {
	private readonly options: SamplerOptions;
	readonly counts: HeadCounts = { sampled: 0, dropped: 0 };

	constructor(options: SamplerOptions) {
		this.options = options;
	}

	shouldSample(
		within: Context,
		traceId: string,
		name: string,
		kind: SpanKind = SpanKind.INTERNAL,
		attributes: Attributes = {},
	): SamplingResult {
		const around = trace.getSpanContext(within);
		// The tracer takes a parent's trace ID only when that parent is valid.
		const parent = around?.traceId === traceId ? around : undefined;
		if (parent !== undefined && (parent.isRemote !== true || !this.options.ignoreParent)) {
			return (parent.traceFlags & TraceFlags.SAMPLED) !== 0 ? SAMPLED : this.unsampled();
		}
		const state = parent?.traceState;
		const verdict = this.options.head({ traceId, name, kind, attributes, state });
		if (!verdict.kept) {
			this.counts.dropped++;
			const result = this.unsampled();
			const cleared = withThreshold(state, undefined);
			return cleared === undefined ? result : { ...result, traceState: cleared };
		}
		this.counts.sampled++;
		// Kept, but by no probability anybody could name: the caller's no longer holds.
		const traceState = withThreshold(state, verdict.threshold);
		return traceState === undefined ? SAMPLED : { ...SAMPLED, traceState };
	}

	toString(): string {
		return this.options.description;
	}

	private unsampled(): SamplingResult {
		return this.options.recordAll() ? RECORDED : NOTHING;
	}
}
