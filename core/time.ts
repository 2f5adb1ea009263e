/** Times and durations as people and URLs write them, turned into the model's nanoseconds. */
import { InvalidInput } from "./ports.ts";

/** Largest time the model keeps: a signed 64-bit count of nanoseconds (year 2262). */
export const MAX_UNIX_NANO = 2n ** 63n - 1n;

/** In nanoseconds. */
export const SECOND = 1_000_000_000n;

const UNIT_NS: Record<string, number> = {
	ns: 1,
	us: 1e3,
	µs: 1e3,
	μs: 1e3,
	ms: 1e6,
	s: 1e9,
	m: 60e9,
	h: 3600e9,
	d: 86_400e9,
	w: 604_800e9,
};
const DURATION_PART = /(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w)/y;
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9})\d*)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Epoch milliseconds to nanoseconds; fractions of a millisecond survive. */
export function msToNano(ms: number): bigint {
	const whole = Math.floor(ms);
	return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
}

/** The smaller of two times or lengths of time. */
export function earlier(a: bigint, b: bigint): bigint {
	return a < b ? a : b;
}

/** The greater of the two. */
export function later(a: bigint, b: bigint): bigint {
	return a > b ? a : b;
}

/** Nanoseconds to epoch milliseconds, with the rest as a fraction (about a microsecond is kept for times of today). */
export function nanoToMs(nano: bigint): number {
	return Number(nano / 1_000_000n) + Number(nano % 1_000_000n) / 1e6;
}

/**
 * A duration such as `200ms`, `1.5s`, `1m30s` in nanoseconds. Units: ns, us, ms, s, m, h, d, w. `0` needs no unit.
 * Throws `InvalidInput` that names the text.
 */
export function parseDuration(text: string): number {
	const trimmed = text.trim();
	if (trimmed === "0") return 0;
	let total = 0;
	DURATION_PART.lastIndex = 0;
	for (let part = DURATION_PART.exec(trimmed); part !== null; part = DURATION_PART.exec(trimmed)) {
		total += Number(part[1]) * (UNIT_NS[part[2] ?? ""] ?? 0);
		if (DURATION_PART.lastIndex === trimmed.length) return Math.round(total);
	}
	throw new InvalidInput(`"${shorten(text)}" is not a duration: write a number and a unit, e.g. 200ms, 1.5s or 1m30s`);
}

/**
 * A point in time as nanoseconds since the epoch: epoch milliseconds, ISO 8601 (UTC when it names no zone), `now`,
 * `now-15m` or `now+1h30m` relative to `nowMs`. Throws `InvalidInput` that names the text.
 */
export function parseTime(text: string, nowMs: number): bigint {
	const trimmed = text.trim();
	const relative = /^now(?:\s*([+-])\s*(\d.*))?$/i.exec(trimmed);
	if (relative !== null) {
		const nowNs = msToNano(nowMs);
		if (relative[2] === undefined) return nowNs;
		const offset = BigInt(Math.min(durationIn(relative[2], text), 1e20));
		return inRange(relative[1] === "-" ? nowNs - offset : nowNs + offset, text);
	}
	if (/^-?\d+(\.\d+)?$/.test(trimmed)) {
		const ms = Number(trimmed);
		if (Math.abs(ms) >= 1e14) {
			throw new InvalidInput(
				`time "${shorten(text)}" is too large for epoch milliseconds; are these micro- or nanoseconds?`,
			);
		}
		return inRange(msToNano(ms), text);
	}
	const iso = ISO.exec(trimmed);
	if (iso !== null) {
		const [, date = "", clock = "00:00", fraction = "", zone = "Z"] = iso;
		const colon = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
		const ms = Date.parse(`${date}T${clock}${colon}`);
		if (Number.isFinite(ms)) return inRange(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0")), text);
	}
	throw new InvalidInput(
		`"${shorten(text)}" is not a time: write epoch milliseconds, ISO 8601 (2026-01-31T12:00:00Z) or now-15m`,
	);
}

function durationIn(part: string, text: string): number {
	try {
		return parseDuration(part);
	} catch (error) {
		throw new InvalidInput(`time "${shorten(text)}": ${(error as Error).message}`);
	}
}

function inRange(nano: bigint, text: string): bigint {
	if (nano > MAX_UNIX_NANO || nano < -MAX_UNIX_NANO) {
		throw new InvalidInput(`time "${shorten(text)}" lies outside the years 1678 to 2262`);
	}
	return nano;
}

function shorten(text: string): string {
	return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
