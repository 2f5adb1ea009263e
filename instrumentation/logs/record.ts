import { nowMs, unixNano } from "../clock.ts";
import { type AnyValue, anyValue, fieldValue, type KeyValue, type Redactor } from "../otlp/value.ts";
import type { Captured, CapturedLine, CapturedRequest } from "./capture.ts";

/** One OTLP/JSON log record. */
export interface LogRecord {
	timeUnixNano: string;
	observedTimeUnixNano: string;
	severityNumber: number;
	severityText: string;
	body?: AnyValue;
	attributes: KeyValue[];
	traceId?: string;
	spanId?: string;
	flags?: number;
}

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
export function toRecord(captured: Captured, limits: RecordLimits): LogRecord {
	return "request" in captured ? requestRecord(captured, limits) : lineRecord(captured, limits);
}

/**
 * A captured line as an OTLP record. The line is parsed back, so the record holds exactly what stdout got: serialised,
 * formatted and redacted. Ids that the line names itself win over the active span's.
 */
function lineRecord(captured: CapturedLine, limits: RecordLimits): LogRecord {
	const { line, level, ids, logger, atMs, sequence } = captured;
	const { valueLength, redactor } = limits;
	const time = unixNano(atMs);
	const severity = severityNumber(level);
	const record: LogRecord = {
		timeUnixNano: time,
		observedTimeUnixNano: time,
		severityNumber: severity,
		severityText: logger.levelName(level) ?? LEVEL_NAMES[(severity - 1) >> 2] ?? "",
		attributes: [numbered(sequence)],
	};
	const fields = parseObject(line);
	let traceId = ids?.traceId;
	let spanId = ids?.spanId;
	if (fields === undefined) {
		record.body = anyValue(line.trimEnd(), valueLength, redactor);
	} else {
		const own = fields.trace_id;
		if (typeof own === "string" && own !== traceId) {
			const lower = own.toLowerCase();
			if (HEX32.test(lower)) {
				traceId = lower;
				const ownSpan = typeof fields.span_id === "string" ? fields.span_id.toLowerCase() : "";
				spanId = HEX16.test(ownSpan) ? ownSpan : undefined;
			}
		}
		const message = fields[logger.message];
		if (message !== undefined && message !== null) {
			record.body = anyValue(message, valueLength, redactor);
		}
		for (const [key, value] of attributesOf(fields, captured, limits)) {
			if (record.attributes.length > limits.count) {
				break;
			}
			record.attributes.push({ key, value: fieldValue(key, value, valueLength, redactor) });
		}
	}
	if (traceId !== undefined) {
		record.traceId = traceId;
		if (spanId !== undefined) {
			record.spanId = spanId;
		}
		record.flags = ids?.traceId === traceId ? ids.flags : 0;
	}
	return record;
}

/**
 * The one line of a finished request. Its body has the route, or the path where no framework knows one; a failed request is an
 * error, one whose caller left a warning.
 */
function requestRecord(
	{ sequence, atMs, request }: CapturedRequest,
	{ valueLength, redactor }: RecordLimits,
): LogRecord {
	const { method, route, path, status, durationMs, error, requestId, span } = request;
	const time = unixNano(atMs);
	const place = anyValue(path, valueLength, redactor);
	const attributes: KeyValue[] = [
		numbered(sequence),
		{ key: "http.request.method", value: { stringValue: method } },
		{ key: "url.path", value: place },
		{ key: "duration_ms", value: { doubleValue: Math.round(durationMs * 1000) / 1000 } },
	];
	if (route !== "") {
		attributes.push({ key: "http.route", value: { stringValue: route } });
	}
	if (status !== undefined) {
		attributes.push({ key: "http.status_code", value: { intValue: String(status) } });
	}
	if (error !== "") {
		attributes.push({ key: "error.type", value: { stringValue: error } });
	}
	if (requestId !== undefined) {
		attributes.push({ key: "http.request_id", value: { stringValue: requestId } });
	}
	const level = error === "" ? 30 : error === "client_disconnected" ? 40 : 50;
	const where = route === "" && "stringValue" in place ? place.stringValue : route;
	return {
		timeUnixNano: time,
		observedTimeUnixNano: time,
		severityNumber: severityNumber(level),
		severityText: LEVEL_NAMES[level / 10 - 1]!.toLowerCase(),
		body: { stringValue: `${method} ${where} ${status ?? error}` },
		attributes,
		traceId: span.traceId,
		spanId: span.spanId,
		flags: span.traceFlags & 1,
	};
}

/** Says in the store how many lines did not get there. */
export function lossRecord(lost: number, sequence: number): LogRecord {
	const time = unixNano(nowMs());
	return {
		timeUnixNano: time,
		observedTimeUnixNano: time,
		severityNumber: severityNumber(40),
		severityText: "warn",
		body: { stringValue: `${lost} log lines were not sent` },
		attributes: [numbered(sequence), { key: "trivet.lost.log_records", value: { intValue: String(lost) } }],
	};
}

function numbered(sequence: number): KeyValue {
	return { key: "log.record.sequence", value: { intValue: String(sequence) } };
}

const CARRIED = new Set(["level", "time", "trace_id", "span_id", "trace_flags", "pid", "hostname", "v"]);

function* attributesOf(
	fields: Record<string, unknown>,
	{ logger }: CapturedLine,
	{ statics }: RecordLimits,
): Generator<[string, unknown]> {
	for (const [key, value] of Object.entries(fields)) {
		if (value === null || CARRIED.has(key) || key === logger.message || (key in statics && statics[key] === value)) {
			continue;
		}
		if (key === "request_id") {
			yield ["http.request_id", value];
		} else if (key === logger.error && typeof value === "object") {
			yield* exception(key, value as Record<string, unknown>);
		} else if (key === logger.nested && typeof value === "object" && !Array.isArray(value)) {
			const nested = value as Record<string, unknown>;
			for (const [inner, content] of Object.entries(nested)) {
				if (inner === logger.error && typeof content === "object" && content !== null) {
					yield* exception(inner, content as Record<string, unknown>);
				} else if (content !== null) {
					yield [inner, content];
				}
			}
		} else {
			yield [key, value];
		}
	}
}

/** A serialised error under the semantic conventions' names; what they have no name for stays under its own key. */
function* exception(key: string, error: Record<string, unknown>): Generator<[string, unknown]> {
	const { type, message, stack, ...rest } = error;
	if (type !== undefined) {
		yield ["exception.type", type];
	}
	if (message !== undefined) {
		yield ["exception.message", message];
	}
	if (stack !== undefined) {
		yield ["exception.stacktrace", stack];
	}
	if (Object.keys(rest).length > 0) {
		yield [key, rest];
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
