import { unixNano } from "../clock.ts";
import { type AnyValue, anyValue, type KeyValue } from "../otlp/value.ts";
import type { CapturedLine } from "./capture.ts";

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

/**
 * A captured line as an OTLP record. The line is parsed back, so the record holds exactly what stdout got: serialised,
 * formatted and redacted. Ids that the line names itself win over the active span's.
 */
export function toRecord(captured: CapturedLine, limits: RecordLimits): LogRecord {
	const { line, level, ids, logger, atMs, sequence } = captured;
	const time = unixNano(atMs);
	const severity = severityNumber(level);
	const record: LogRecord = {
		timeUnixNano: time,
		observedTimeUnixNano: time,
		severityNumber: severity,
		severityText: logger.levelName(level) ?? LEVEL_NAMES[(severity - 1) >> 2] ?? "",
		attributes: [{ key: "log.record.sequence", value: { intValue: String(sequence) } }],
	};
	const fields = parseObject(line);
	let traceId = ids?.traceId;
	let spanId = ids?.spanId;
	if (fields === undefined) {
		record.body = anyValue(line.trimEnd(), limits.valueLength);
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
			record.body = anyValue(message, limits.valueLength);
		}
		for (const [key, value] of attributesOf(fields, captured, limits)) {
			if (record.attributes.length > limits.count) {
				break;
			}
			record.attributes.push({ key, value: anyValue(value, limits.valueLength) });
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
