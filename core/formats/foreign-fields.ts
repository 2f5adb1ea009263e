/** Ids and times as Jaeger and Zipkin write them. */
import { describe } from "../attribute-value.ts";
import { normaliseSpanId, normaliseTraceId } from "../ids.ts";
import type { SpanId, TraceId } from "../model.ts";
import { InvalidInput } from "../ports.ts";
import { MAX_UNIX_NANO } from "../time.ts";

export interface IdSpelling {
	traceId(value: unknown, field: string): TraceId;
	spanId(value: unknown, field: string): SpanId;
}

/**
 * How the ids of one trace are spelled, from all of them: as hex where every one is, else as words (made by hand: `S1`). Then each becomes
 * the hex of its bytes, or of a hash where it is too long: never of both kinds in one trace, so that no two meet by chance.
 */
export function idSpelling(ids: readonly unknown[]): IdSpelling {
	const isHex = ids.every((id) => typeof id !== "string" || /^[0-9a-f-]{0,36}$/i.test(id));
	const read = (value: unknown, field: string, bytes: number, hex: (text: string) => string | null): string => {
		const text = typeof value === "string" ? value : "";
		const id = isHex ? hex(text) : text === "" ? null : wordId(text, bytes);
		if (id === null) throw new InvalidInput(`${field} is ${describe(value)}, not an id of at most ${bytes} bytes`);
		return id;
	};
	return {
		traceId: (value, field) => read(value, field, 16, normaliseTraceId),
		spanId: (value, field) => read(value, field, 8, normaliseSpanId),
	};
}

function wordId(text: string, bytes: number): string {
	const utf8 = new TextEncoder().encode(text);
	if (utf8.length <= bytes) {
		return Array.from(utf8, (byte) => byte.toString(16).padStart(2, "0"))
			.join("")
			.padStart(bytes * 2, "0");
	}
	let id = "";
	for (let seed = 0n; id.length < bytes * 2; seed++) id += hash64(utf8, seed).toString(16).padStart(16, "0");
	return id;
}

/** FNV-1a: only to keep different words apart. */
function hash64(bytes: Uint8Array, seed: bigint): bigint {
	let hash = 0xcbf29ce484222325n ^ seed;
	for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
	return hash;
}

/** Microseconds (a number, fractions allowed, or a decimal string) as nanoseconds; `InvalidInput` when missing, negative or too large. */
export function microsAt(value: unknown, field: string): bigint {
	const micros = typeof value === "string" && /^\d{1,17}$/.test(value) ? Number(value) : value;
	if (typeof micros === "number" && micros >= 0 && micros < 1e16) {
		const whole = Math.floor(micros);
		const nano = BigInt(whole) * 1000n + BigInt(Math.round((micros - whole) * 1000));
		if (nano <= MAX_UNIX_NANO) return nano;
	}
	throw new InvalidInput(`${field} is ${describe(value)}, not microseconds`);
}
