import type { TraceState } from "@opentelemetry/api";
import { TraceState as W3CTraceState } from "@opentelemetry/core";

/*
 * Consistent probability sampling (OpenTelemetry, "TraceState: Probability Sampling"): a trace is kept when its randomness,
 * 56 bits that all its services share, is at least the rejection threshold. Both are hex text here; as text of equal length
 * they compare as the numbers do.
 */

const DIGITS = 14;
const PRECISION = 4;

/**
 * The rejection threshold of a probability as `th` spells it: up to 14 hex digits, trailing zeros left off, rounded to four
 * digits behind leading `f`s, so that it is short in every header. What is written is what is decided by.
 *
 * @returns undefined for a probability of 0, or below 2^-56.
 */
export function thresholdOf(probability: number): string | undefined {
	if (!(probability > 2 ** -57)) {
		return undefined;
	}
	if (probability >= 1) {
		return "0";
	}
	// 1 - p loses the last bits of a small p; the difference of integers keeps them.
	const exact = (1n << 56n) - BigInt(Math.round(probability * 2 ** 56));
	const leading = /^f*/.exec(hex(exact))![0].length;
	const dropped = BigInt(4 * Math.max(0, DIGITS - leading - PRECISION));
	const half = dropped === 0n ? 0n : 1n << (dropped - 1n);
	const rounded = ((exact + half) >> dropped) << dropped;
	const chosen = rounded >= 1n << 56n ? exact : rounded;
	return hex(chosen).replace(/0+$/, "") || "0";
}

function hex(value: bigint): string {
	return value.toString(16).padStart(DIGITS, "0");
}

/** Whether a trace of this randomness is kept at this threshold. */
export function isAtLeast(randomness: string, threshold: string): boolean {
	return randomness >= threshold.padEnd(DIGITS, "0");
}

/** `rv` of the trace state when the trace has one, else the last 56 bits of its ID. */
export function randomnessOf(traceId: string, state: TraceState | undefined): string {
	const rv = entries(state).find(([key]) => key === "rv")?.[1];
	return rv !== undefined && /^[0-9a-f]{14}$/.test(rv) ? rv : traceId.slice(-DIGITS);
}

/** The trace state with `th` replaced (or, for undefined, taken out); everything else in it stays. */
export function withThreshold(state: TraceState | undefined, threshold: string | undefined): TraceState | undefined {
	const others = entries(state).filter(([key]) => key !== "th");
	const all = threshold === undefined ? others : [["th", threshold], ...others];
	if (all.length === 0) {
		return state?.get("ot") === undefined ? state : state.unset("ot");
	}
	return (state ?? new W3CTraceState()).set("ot", all.map(([key, value]) => `${key}:${value}`).join(";"));
}

function entries(state: TraceState | undefined): [key: string, value: string][] {
	const text = state?.get("ot");
	if (text === undefined) {
		return [];
	}
	return text.split(";").flatMap((part): [string, string][] => {
		const colon = part.indexOf(":");
		return colon > 0 ? [[part.slice(0, colon).trim(), part.slice(colon + 1).trim()]] : [];
	});
}
