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

/** Milliseconds since the epoch as a decimal string of nanoseconds, as OTLP/JSON wants it. */
export function unixNano(ms: number): string {
	const whole = Math.floor(ms);
	return `${whole}${String(Math.floor((ms - whole) * 1e6)).padStart(6, "0")}`;
}
