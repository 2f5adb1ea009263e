/**
 * How trace and request IDs stand in other people's logs: in a label of the record, or only in its text, in any of their spellings. Each
 * way to ask is disjoint from the others, so that their answers add up.
 */
import type { SpanId, TraceId } from "../../../core/model.ts";
import { allOf, anyOf, escapeRegex, type LabelFilter, quote } from "./logql.ts";

const USUAL_LABEL = "trace_id";
/** Labels that loggers and shippers keep a trace ID under. */
export const TRACE_LABELS = [
	USUAL_LABEL,
	"traceId",
	"traceID",
	"TraceId",
	"TraceID",
	"traceid",
	"trace",
	"otelTraceID",
	"dd_trace_id",
	"mdc_traceId",
	"X_B3_TraceId",
] as const;
export const SPAN_LABELS = [
	"span_id",
	"spanId",
	"spanID",
	"SpanId",
	"SpanID",
	"spanid",
	"otelSpanID",
	"dd_span_id",
] as const;
export const REQUEST_LABELS = [
	"http_request_id",
	"http_request_header_x_request_id",
	"request_id",
	"requestId",
	"x_request_id",
	"req_id",
	"reqId",
	"correlation_id",
] as const;

interface Spellings {
	/** Whole and unmistakable, in lower case. */
	whole: string[];
	/** Only under a key that says what it is. */
	keyed: string[];
	/** As `keyed`, where case counts. */
	exact: string[];
}

/** Every spelling of one ID: hex, with dashes, without leading zeros, 64-bit, AWS, base64, and the decimal of Datadog. */
function spellingsOf(id: TraceId): Spellings {
	const short = id.replace(/^0+/, "");
	const low = id.slice(16);
	const bytes = Buffer.from(id, "hex").toString("base64");
	const whole = [
		id,
		`${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`,
		`1-${id.slice(0, 8)}-${id.slice(8)}`,
	];
	const keyed = [...new Set([short, low, low.replace(/^0+/, "")])].filter((text) => text !== "" && text !== id);
	const decimal = /[1-9a-f]/.test(low) ? [BigInt(`0x${low}`).toString()] : [];
	const url = bytes.replaceAll("+", "-").replaceAll("/", "_");
	return {
		whole,
		keyed: [...keyed, ...decimal],
		exact: [...new Set([bytes, url])].map((text) => text.replace(/=+$/, "")),
	};
}

/** What stands under a label that is this ID. */
function traceValues(id: TraceId): string[] {
	const { whole, keyed, exact } = spellingsOf(id);
	return [...inBothCases([...whole, ...keyed]), ...exact, ...exact.map((text) => `${text}==`)];
}

/** The same as a regular expression of literals alone: Loki looks those up in a set. */
function traceValue(id: TraceId): string {
	return quote(traceValues(id).map(escapeRegex).join("|"));
}

/** The record's own trace ID is this. */
export function traceLabel(id: TraceId): LabelFilter {
	const value = traceValue(id);
	const parent = `traceparent=~${quote(`(?i)[0-9a-f]{2}-${id}-.*`)}`;
	return anyOf([...TRACE_LABELS.map((name) => `${name}=~${value}`), parent]);
}

/**
 * The same as stages of a query, where it can be said quicker: Loki asks all parts of a condition of every line, so lines with another ID
 * in OpenTelemetry's label, which are most, are put aside first. Halves the time.
 */
export function traceLabelStages(id: TraceId): string {
	return `${notOfAnother(id)} | ${traceLabel(id)}`;
}

/** Lines of this trace and those without OpenTelemetry's label, which may be: `traceTest` knows. */
export function notOfAnother(id: TraceId): string {
	return `| (${USUAL_LABEL}="" or ${USUAL_LABEL}=~${traceValue(id)})`;
}

/** `traceLabel`, and `traceText` with `NO_TRACE_LABEL`, for a line that is here already. */
export function traceTest(id: TraceId): (label: (name: string) => string | undefined, line: string) => boolean {
	const values = new Set(traceValues(id));
	const parent = new RegExp(`^[0-9a-f]{2}-${id}-`, "i");
	// JavaScript of Node 20 knows no (?i:): where Loki minds the case of base64, this does not.
	const inText = precise(id).map((pattern) => new RegExp(pattern.replaceAll("(?i:", "(?:"), "i"));
	return (label, line) => {
		const labelled = [...TRACE_LABELS.map(label), label("traceparent")].filter(
			(value) => value !== undefined && value !== "",
		);
		if (labelled.length === 0) return inText.some((pattern) => pattern.test(line));
		return labelled.some((value) => values.has(value as string) || parent.test(value as string));
	};
}

/** As `traceLabel`, the opposite: a record without any trace ID. */
export const NO_TRACE_LABEL: LabelFilter = allOf([...TRACE_LABELS, "traceparent"].map((name) => `${name}=""`));

/** The record's own span ID is this. */
export function spanLabel(id: SpanId): LabelFilter {
	const short = id.replace(/^0+/, "");
	const pattern = [...new Set([id, short, id.toUpperCase(), short.toUpperCase(), BigInt(`0x${id}`).toString()])];
	return anyOf(SPAN_LABELS.map((name) => `${name}=~${quote(pattern.join("|"))}`));
}

const TRACE_KEY = "(?i:trace[._-]?id|x-b3-traceid|x-b3|b3|trace|uber-trace-id|x-amzn-trace-id|x-datadog-trace-id)";
const ASSIGNED = String.raw`\\?["']?\s*[:=]\s*\\?["']?`;
const NO_HEX = String.raw`(?:\b|[g-zG-Z_])`;
const NO_BASE64 = String.raw`(?:[=\s"'\\.,:;&|)}\]>]|$)`;

/**
 * Line filters for a record whose text holds the ID. The first is plain text that Loki looks for quickly and lets too much through; the
 * second is exact and runs on what is left. Loki reads a pattern several times for each query, and walks through all of Unicode for a
 * class like [^0-9]: both cases are spelled out, and what may follow is said instead of what may not.
 */
export function traceText(id: TraceId): string {
	const { keyed, exact } = spellingsOf(id);
	const low = id.slice(16).replace(/^0+/, "");
	const dashed = `${id.slice(16, 20)}-${id.slice(20)}`;
	// Every hexadecimal spelling ends in the digits after the zeros, dashes aside.
	const hex = low === "" ? id.replace(/^0+/, "") : low;
	const decimal = keyed.filter((text) => /^\d{12,}$/.test(text));
	const quick = [...inBothCases([hex, dashed]), ...decimal, ...exact].map(escapeRegex);
	return `|~ ${quote(quick.join("|"))} |~ ${quote(precise(id).join("|"))}`;
}

function precise(id: TraceId): string[] {
	const { whole, keyed, exact } = spellingsOf(id);
	const named = inBothCases(keyed.length > 0 ? keyed : [id]).join("|");
	return [
		`${NO_HEX}(?:${inBothCases(whole).map(escapeRegex).join("|")})${NO_HEX}`,
		`${TRACE_KEY}${ASSIGNED}(?:(?:0[xX]|[Rr]oot=1-)?0*(?:${named})(?:\\b|_)|(?:${exact.map(escapeRegex).join("|")})${NO_BASE64})`,
	];
}

function inBothCases(texts: readonly string[]): string[] {
	return [...new Set([...texts, ...texts.map((text) => text.toUpperCase())])];
}

/** Line filters for a record whose text holds the span's ID as a word. */
export function spanText(id: SpanId): string {
	const either = inBothCases([id]).join("|");
	return `|~ ${quote(either)} |~ ${quote(`${NO_HEX}(?:${either})${NO_HEX}`)}`;
}

/** The record's own request ID is this; OTel's header attributes are lists. */
export function requestLabel(id: string): LabelFilter {
	const alternatives = quote(`${escapeRegex(id)}|${escapeRegex(JSON.stringify([id]))}`);
	return anyOf(REQUEST_LABELS.map((name) => `${name}=~${alternatives}`));
}

export const NO_REQUEST_LABEL: LabelFilter = allOf(REQUEST_LABELS.map((name) => `${name}=""`));

/** Line filters for a record whose text names the request ID by a key. */
export function requestText(id: string): string {
	const keys = "(?:request|req|correlation|x-request)[._-]?id";
	const key = `(?i:${keys})\\\\?["']?\\s*[:=]\\s*\\[?\\\\?["']?`;
	return `|= ${quote(id)} |~ ${quote(`${key}${escapeRegex(id)}(?:[^0-9A-Za-z_-]|$)`)}`;
}
