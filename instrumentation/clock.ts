import { performance } from "node:perf_hooks";

let offset = performance.timeOrigin;

/**
 * Wall-clock time in milliseconds since the epoch, with microseconds behind the point.
 *
 * `Date.now()` cuts to whole milliseconds, which puts log lines outside their span and children before their parents. This
 * follows the monotonic clock and steps back onto the wall clock when the two part by more than 2 ms (NTP, suspend).
 */
export function nowMs(): number {
	const now = performance.now() + offset;
	const drift = Date.now() - now;
	if (drift > 2 || drift < -3) {
		offset += drift;
		return now + drift;
	}
	return now;
}

let second = 0;
let secondText = "0";

/** Milliseconds since the epoch as a decimal string of nanoseconds, as OTLP/JSON wants it. The last second's digits are kept. */
export function unixNano(ms: number): string {
	const whole = Math.floor(ms / 1000);
	if (whole !== second) {
		second = whole;
		secondText = String(whole);
	}
	// With a digit in front, so that its zeros stay; small enough to be an integer for the engine, too.
	return secondText + String(1_000_000_000 + Math.floor((ms - whole * 1000) * 1e6)).slice(1);
}
