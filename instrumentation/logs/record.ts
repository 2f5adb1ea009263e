import { nowMs, unixNano } from "../clock.ts";
import { attributeJson, type Redactor, shown, valueJson } from "../otlp/value.ts";
import type { Captured, CapturedLine, CapturedRequest } from "./capture.ts";

/** One OTLP/JSON log record, as text: a batch is joined from them, without an object in between. */
export type RecordText = string;

export interface RecordLimits {
	valueLength: number;
	count: number;
	/** The fields every line carries; they are the resource's and not repeated on each record. */
	statics: Readonly<Record<string, string>>;
	redactor: Redactor | undefined;
}

const HEX32 = /^(?!0{32})[0-9a-f]{32}$/;
const HEX16 = /^(?!0{16})[0-9a-f]{16}$/;

/** pino's level as OTel's severity: 10 trace -> 1, 20 debug -> 5, 30 info -> 9, 40 warn -> 13, 50 error -> 17, 60 fatal -> 21. */
export function severityNumber(level: number): number {
	if (!Number.isFinite(level)) {
		return 0;
	}
	const step = Math.min(5, Math.max(0, Math.floor(level / 10) - 1));
	return step * 4 + 1;
}

const LEVEL_NAMES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** What was captured as an OTLP record. */
export function recordOf(captured: Captured, limits: RecordLimits): RecordText {
	return "request" in captured ? requestRecord(captured, limits) : lineRecord(captured, limits);
}

/** The ids are of hexadecimal digits alone. */
interface Ids {
	traceId: string;
	spanId: string | undefined;
	flags: number;
}

interface Content {
	atMs: number;
	severity: number;
	severityText: string;
	/** JSON of an AnyValue. */
	body: string | undefined;
	/** JSON of KeyValues. */
	attributes: readonly string[];
	ids: Ids | undefined;
}

function written({ atMs, severity, severityText, body, attributes, ids }: Content): RecordText {
	const time = unixNano(atMs);
	const shownBody = body === undefined ? "" : `"body":${body},`;
	const span = ids?.spanId === undefined ? "" : `"spanId":"${ids.spanId}",`;
	const trace = ids === undefined ? "" : `"traceId":"${ids.traceId}",${span}"flags":${ids.flags},`;
	return `{"timeUnixNano":"${time}","observedTimeUnixNano":"${time}","severityNumber":${severity},"severityText":${JSON.stringify(severityText)},${shownBody}${trace}"attributes":[${attributes.join(",")}]}`;
}

/**
 * A captured line as an OTLP record. The line is read back, so the record holds exactly what stdout got: serialised,
 * formatted and redacted. Ids that the line names itself win over the active span's.
 */
function lineRecord(captured: CapturedLine, limits: RecordLimits): RecordText {
	const { line, level, ids, logger, atMs, sequence } = captured;
	const { valueLength, redactor } = limits;
	const severity = severityNumber(level);
	const severityText = logger.levelName(level) ?? LEVEL_NAMES[(severity - 1) >> 2] ?? "";
	const fields = parseObject(line);
	const attributes = [numbered(sequence)];
	if (fields === undefined) {
		const body = valueJson(line.trimEnd(), valueLength, redactor);
		return written({ atMs, severity, severityText, body, attributes, ids });
	}
	addAttributes(attributes, fields, captured, limits);
	const message = fields[logger.message];
	return written({
		atMs,
		severity,
		severityText,
		body: message === undefined || message === null ? undefined : valueJson(message, valueLength, redactor),
		attributes,
		ids: idsOf(fields, ids),
	});
}

/** Those that the line names itself, if they can be ids; else the span's. */
function idsOf({ trace_id: own, span_id: span }: Readonly<Record<string, unknown>>, ids: Ids | undefined) {
	if (typeof own !== "string" || own === ids?.traceId) {
		return ids;
	}
	const traceId = own.toLowerCase();
	if (!HEX32.test(traceId)) {
		return ids;
	}
	const spanId = typeof span === "string" ? span.toLowerCase() : "";
	return {
		traceId,
		spanId: HEX16.test(spanId) ? spanId : undefined,
		flags: ids?.traceId === traceId ? ids.flags : 0,
	};
}

/**
 * The one line of a finished request. Its body has the route, or the path where no framework knows one; a failed request is an
 * error, one whose caller left a warning.
 */
function requestRecord(
	{ sequence, atMs, request }: CapturedRequest,
	{ valueLength, redactor }: RecordLimits,
): RecordText {
	const { method, route, path, status, durationMs, error, requestId, span } = request;
	const place = shown(path, valueLength, redactor);
	const duration = JSON.stringify(Math.round(durationMs * 1000) / 1000);
	const attributes = [
		numbered(sequence),
		attributeJson("http.request.method", method, valueLength),
		attributeJson("url.path", place, valueLength),
		`{"key":"duration_ms","value":{"doubleValue":${duration}}}`,
	];
	if (route !== "") {
		attributes.push(attributeJson("http.route", route, valueLength));
	}
	if (status !== undefined) {
		attributes.push(attributeJson("http.status_code", status, valueLength));
	}
	if (error !== "") {
		attributes.push(attributeJson("error.type", error, valueLength));
	}
	if (requestId !== undefined) {
		attributes.push(attributeJson("http.request_id", requestId, valueLength));
	}
	const level = error === "" ? 30 : error === "client_disconnected" ? 40 : 50;
	return written({
		atMs,
		severity: severityNumber(level),
		severityText: LEVEL_NAMES[level / 10 - 1]!.toLowerCase(),
		body: valueJson(`${method} ${route === "" ? place : route} ${status ?? error}`, Number.POSITIVE_INFINITY),
		attributes,
		ids: { traceId: span.traceId, spanId: span.spanId, flags: span.traceFlags & 1 },
	});
}

/** Says in the store how many lines did not get there. */
export function lossRecord(lost: number, sequence: number): RecordText {
	return written({
		atMs: nowMs(),
		severity: severityNumber(40),
		severityText: "warn",
		body: valueJson(`${lost} log lines were not sent`, Number.POSITIVE_INFINITY),
		attributes: [numbered(sequence), attributeJson("trivet.lost.log_records", lost, Number.POSITIVE_INFINITY)],
		ids: undefined,
	});
}

function numbered(sequence: number): string {
	return `{"key":"log.record.sequence","value":{"intValue":"${sequence}"}}`;
}

const CARRIED = new Set(["level", "time", "trace_id", "span_id", "trace_flags", "pid", "hostname", "v"]);

/** Adds those of `fields` that a record does not say in another place. */
function addAttributes(
	to: string[],
	fields: Readonly<Record<string, unknown>>,
	{ logger }: CapturedLine,
	{ statics, count, valueLength, redactor }: RecordLimits,
): void {
	const add = (key: string, value: unknown): void => {
		if (value !== null && to.length <= count) {
			to.push(attributeJson(key, value, valueLength, redactor));
		}
	};
	for (const [key, value] of Object.entries(fields)) {
		if (value === null || CARRIED.has(key) || key === logger.message || statics[key] === value) {
			continue;
		}
		if (key === "request_id") {
			add("http.request_id", value);
		} else if (key === logger.error && typeof value === "object") {
			addException(add, key, value as Record<string, unknown>);
		} else if (key === logger.nested && typeof value === "object" && !Array.isArray(value)) {
			for (const [inner, content] of Object.entries(value as Record<string, unknown>)) {
				if (inner === logger.error && typeof content === "object" && content !== null) {
					addException(add, inner, content as Record<string, unknown>);
				} else {
					add(inner, content);
				}
			}
		} else {
			add(key, value);
		}
	}
}

/** A serialised error under the semantic conventions' names; what they have no name for stays under its own key. */
function addException(add: (key: string, value: unknown) => void, key: string, error: Record<string, unknown>): void {
	const { type, message, stack, ...rest } = error;
	for (const [name, value] of Object.entries({ type, message, stacktrace: stack })) {
		if (value !== undefined) {
			add(`exception.${name}`, value);
		}
	}
	if (Object.keys(rest).length > 0) {
		add(key, rest);
	}
}

function parseObject(line: string): Record<string, unknown> | undefined {
	try {
		const parsed: unknown = JSON.parse(line);
		return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}
