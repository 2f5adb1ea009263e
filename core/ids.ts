/**
 * Trace and span ids in every spelling people and engines use, turned into the model's one: lower-case hex of 32 and 16
 * characters. Nothing else in Trivet looks at spellings.
 */
import type { SpanId, TraceId } from "./model.ts";

export type IdReading =
	| { kind: "traceparent"; traceId: TraceId; spanId: SpanId; sampled: boolean }
	| { kind: "traceId"; traceId: TraceId }
	| { kind: "requestId"; requestId: string };

/** The first reading to try, and the others the same text allows, in order (a UUID may be a trace ID or a request ID). */
export type ReadId = IdReading & { alternatives: IdReading[] };

const TRACE_HEX = /^[0-9a-f]{32}$/;
const SPAN_HEX = /^[0-9a-f]{16}$/;
const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);

/**
 * A trace ID from any spelling: any case, dashes or white space between the digits, `0x` in front, 64-bit (B3), leading
 * zeros dropped, base64 of 16 bytes, AWS `1-8hex-24hex`. null when it is none of these, or all zero.
 */
export function normaliseTraceId(text: string): TraceId | null {
	if (TRACE_HEX.test(text)) return text === NO_TRACE ? null : text;
	const id = hexOf(text, 32, [16, 32]) ?? base64Hex(text, 16);
	return id === null || id === NO_TRACE ? null : id;
}

/** As `normaliseTraceId`, for the 8 bytes of a span ID. */
export function normaliseSpanId(text: string): SpanId | null {
	if (SPAN_HEX.test(text)) return text === NO_SPAN ? null : text;
	const id = hexOf(text, 16, [16]) ?? base64Hex(text, 8);
	return id === null || id === NO_SPAN ? null : id;
}

/** Hex digits padded to `digits`. Text that is broken up by separators must be one of the `whole` lengths without them. */
function hexOf(text: string, digits: number, whole: number[]): string | null {
	const trimmed = text.trim().replace(/^0x/i, "");
	if (trimmed.length > 4 * digits) return null;
	if (/^1-[0-9a-f]{8}-[0-9a-f]{24}$/i.test(trimmed)) return trimmed.slice(2).replace("-", "").toLowerCase();
	const packed = trimmed.replace(/[\s-]+/g, "");
	if (packed.length === 0 || packed.length > digits || !/^[0-9a-f]+$/i.test(packed)) return null;
	if (packed.length !== trimmed.length && !whole.includes(packed.length)) return null;
	return packed.toLowerCase().padStart(digits, "0");
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Hex of exactly `bytes` bytes in base64 (both alphabets, padding optional); null when the text is not that. */
function base64Hex(text: string, bytes: number): string | null {
	const trimmed = text.trim().replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/");
	if (trimmed.length !== Math.ceil((bytes * 4) / 3)) return null;
	let bits = 0n;
	for (const character of trimmed) {
		const value = BASE64.indexOf(character);
		if (value < 0) return null;
		bits = (bits << 6n) | BigInt(value);
	}
	const spare = BigInt(trimmed.length * 6 - bytes * 8);
	// Canonical base64 leaves the spare bits zero: this is what tells it from a random word of the same length.
	if ((bits & ((1n << spare) - 1n)) !== 0n) return null;
	return (bits >> spare).toString(16).padStart(bytes * 2, "0");
}

const TRACEPARENT = /(?<![0-9a-f])([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[^\s"']*)?(?![0-9a-f])/i;

/**
 * A `traceparent` anywhere in the text (W3C Trace Context level 2; upper case is forgiven, because people paste it). null when
 * there is none, its version is `ff`, version 00 has a tail, or an id is all zero.
 */
export function parseTraceparent(text: string): { traceId: TraceId; spanId: SpanId; sampled: boolean } | null {
	const match = TRACEPARENT.exec(text);
	if (match === null) return null;
	const [, version = "", trace = "", span = "", flags = "", tail] = match;
	if (version.toLowerCase() === "ff" || (version === "00" && tail !== undefined)) return null;
	const traceId = normaliseTraceId(trace);
	const spanId = normaliseSpanId(span);
	if (traceId === null || spanId === null) return null;
	return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

const TRACE_KEY = /(?:trace[._-]?id|x-b3-traceid)["']?\s*[:=]\s*["']?([A-Za-z0-9+/=_-]+)/i;
const REQUEST_KEY = /request[._-]?id["']?\s*[:=]\s*["']?([^\s"',;}]+)/i;
const TRACE_PATH = /\/traces?\/([0-9a-f-]{16,36})(?:[/?#]|$)/i;
/** B3 single header, `uber-trace-id`: trace and span in one, told apart from a broken-up trace ID by what follows. */
const B3_SINGLE = /^([0-9a-f]{32}|[0-9a-f]{16})-[0-9a-f]{16}-[01d](?:-[0-9a-f]{16})?$/i;
const UBER_TRACE = /^([0-9a-f]{1,32}):[0-9a-f]{1,16}:[0-9a-f]{1,16}:[0-9a-f]{1,2}$/i;

/**
 * Reads whatever was pasted into a search box: a `traceparent`, a trace ID, `trace_id=...`, a line or fragment of JSON with one,
 * a link to a trace page, a request ID. Order: traceparent, trace ID, request ID. null for empty text, several words without
 * an id among them, and text over 4,096 characters.
 */
export function readId(text: string): ReadId | null {
	if (text.length > 4096) return null;
	const traceparent = parseTraceparent(text);
	if (traceparent !== null) return { kind: "traceparent", ...traceparent, alternatives: [] };

	const named = TRACE_KEY.exec(text)?.[1] ?? TRACE_PATH.exec(text)?.[1];
	const namedTrace = named === undefined ? null : normaliseTraceId(named);
	const namedRequest = REQUEST_KEY.exec(text)?.[1];
	if (namedTrace !== null) {
		return { kind: "traceId", traceId: namedTrace, alternatives: namedRequest ? [requestReading(namedRequest)] : [] };
	}
	if (namedRequest !== undefined) {
		const traceId = normaliseTraceId(namedRequest);
		return {
			...requestReading(namedRequest),
			alternatives: traceId === null ? [] : [{ kind: "traceId", traceId }],
		};
	}

	const bare = text
		.trim()
		.replace(/^["'`([{<]+|["'`)\]}>,;.]+$/g, "")
		.trim();
	if (bare === "") return null;
	const traceId = normaliseTraceId((B3_SINGLE.exec(bare) ?? UBER_TRACE.exec(bare))?.[1] ?? bare);
	if (traceId !== null)
		return { kind: "traceId", traceId, alternatives: /\s/.test(bare) ? [] : [requestReading(bare)] };
	return /\s/.test(bare) || bare.length > 512 ? null : { ...requestReading(bare), alternatives: [] };
}

function requestReading(requestId: string): { kind: "requestId"; requestId: string } {
	return { kind: "requestId", requestId };
}

/** The two 64-bit halves of a normalised trace ID, as stores keep them. */
export function traceIdWords(id: TraceId): { hi: bigint; lo: bigint } {
	return { hi: BigInt(`0x${id.slice(0, 16)}`), lo: BigInt(`0x${id.slice(16)}`) };
}

export function traceIdFromWords(hi: bigint, lo: bigint): TraceId {
	return hi.toString(16).padStart(16, "0") + lo.toString(16).padStart(16, "0");
}

export function spanIdWord(id: SpanId): bigint {
	return BigInt(`0x${id}`);
}

export function spanIdFromWord(word: bigint): SpanId {
	return word.toString(16).padStart(16, "0");
}
