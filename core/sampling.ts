/**
 * How many spans a sampled span stands for, from the `ot` entry of its trace state (OpenTelemetry, "TraceState: Probability
 * Sampling": `th` is the rejection threshold, up to 14 hex digits with trailing zeros left off; p = 1 - th / 2^56).
 */

/** 1 when unsampled, unknown or malformed. */
export function weightOf(traceState: string): number {
	if (!traceState.includes("ot=")) return 1;
	const entry = /(?:^|,)\s*ot=([^,]*)/.exec(traceState)?.[1];
	const threshold = entry === undefined ? undefined : /(?:^|;)th:([0-9a-f]{1,14})(?:;|\s*$)/.exec(entry)?.[1];
	if (threshold === undefined) return 1;
	const kept = 1 - Number.parseInt(threshold.padEnd(14, "0"), 16) / 2 ** 56;
	return kept > 0 ? 1 / kept : 1;
}
