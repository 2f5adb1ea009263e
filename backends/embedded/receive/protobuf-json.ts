/**
 * Any OTLP message in protobuf as its OTLP/JSON object, by a table of fields. Slower than the readers that write columns; metrics go this
 * way, and the tests hold the fast readers against it.
 */
import { InvalidInput } from "../../../core/ports.ts";
import { BYTES, FIXED64, VARINT, type Wire } from "./wire.ts";

export type Kind =
	| "text"
	| "hex"
	| "base64"
	| "bool"
	| "int64"
	| "uint64"
	| "uint32"
	| "sint32"
	| "fixed64"
	| "sfixed64"
	| "double";
export type Field = [name: string, kind: Kind | MessageName, repeated?: "repeated"];
export type MessageName = keyof typeof MESSAGES;

const NUMBER_TIMES = { 2: ["startTimeUnixNano", "fixed64"], 3: ["timeUnixNano", "fixed64"] } as const;

const MESSAGES = {
	KeyValue: { 1: ["key", "text"], 2: ["value", "AnyValue"] },
	AnyValue: {
		1: ["stringValue", "text"],
		2: ["boolValue", "bool"],
		3: ["intValue", "int64"],
		4: ["doubleValue", "double"],
		5: ["arrayValue", "ArrayValue"],
		6: ["kvlistValue", "KeyValueList"],
		7: ["bytesValue", "base64"],
	},
	ArrayValue: { 1: ["values", "AnyValue", "repeated"] },
	KeyValueList: { 1: ["values", "KeyValue", "repeated"] },
	Resource: { 1: ["attributes", "KeyValue", "repeated"] },
	Scope: { 1: ["name", "text"], 2: ["version", "text"] },
	TracesRequest: { 1: ["resourceSpans", "ResourceSpans", "repeated"] },
	ResourceSpans: { 1: ["resource", "Resource"], 2: ["scopeSpans", "ScopeSpans", "repeated"] },
	ScopeSpans: { 1: ["scope", "Scope"], 2: ["spans", "Span", "repeated"] },
	Span: {
		1: ["traceId", "hex"],
		2: ["spanId", "hex"],
		3: ["traceState", "text"],
		4: ["parentSpanId", "hex"],
		5: ["name", "text"],
		6: ["kind", "uint32"],
		7: ["startTimeUnixNano", "fixed64"],
		8: ["endTimeUnixNano", "fixed64"],
		9: ["attributes", "KeyValue", "repeated"],
		11: ["events", "Event", "repeated"],
		13: ["links", "Link", "repeated"],
		15: ["status", "Status"],
	},
	Event: { 1: ["timeUnixNano", "fixed64"], 2: ["name", "text"], 3: ["attributes", "KeyValue", "repeated"] },
	Link: { 1: ["traceId", "hex"], 2: ["spanId", "hex"], 4: ["attributes", "KeyValue", "repeated"] },
	Status: { 2: ["message", "text"], 3: ["code", "uint32"] },
	LogsRequest: { 1: ["resourceLogs", "ResourceLogs", "repeated"] },
	ResourceLogs: { 1: ["resource", "Resource"], 2: ["scopeLogs", "ScopeLogs", "repeated"] },
	ScopeLogs: { 1: ["scope", "Scope"], 2: ["logRecords", "LogRecord", "repeated"] },
	LogRecord: {
		1: ["timeUnixNano", "fixed64"],
		2: ["severityNumber", "uint32"],
		3: ["severityText", "text"],
		5: ["body", "AnyValue"],
		6: ["attributes", "KeyValue", "repeated"],
		9: ["traceId", "hex"],
		10: ["spanId", "hex"],
		11: ["observedTimeUnixNano", "fixed64"],
		12: ["eventName", "text"],
	},
	MetricsRequest: { 1: ["resourceMetrics", "ResourceMetrics", "repeated"] },
	ResourceMetrics: { 1: ["resource", "Resource"], 2: ["scopeMetrics", "ScopeMetrics", "repeated"] },
	ScopeMetrics: { 1: ["scope", "Scope"], 2: ["metrics", "Metric", "repeated"] },
	Metric: {
		1: ["name", "text"],
		2: ["description", "text"],
		3: ["unit", "text"],
		5: ["gauge", "Gauge"],
		7: ["sum", "Sum"],
		9: ["histogram", "Histogram"],
		10: ["exponentialHistogram", "ExponentialHistogram"],
		11: ["summary", "Summary"],
	},
	Gauge: { 1: ["dataPoints", "NumberDataPoint", "repeated"] },
	Sum: {
		1: ["dataPoints", "NumberDataPoint", "repeated"],
		2: ["aggregationTemporality", "uint32"],
		3: ["isMonotonic", "bool"],
	},
	Histogram: { 1: ["dataPoints", "HistogramDataPoint", "repeated"], 2: ["aggregationTemporality", "uint32"] },
	ExponentialHistogram: {
		1: ["dataPoints", "ExponentialDataPoint", "repeated"],
		2: ["aggregationTemporality", "uint32"],
	},
	Summary: { 1: ["dataPoints", "SummaryDataPoint", "repeated"] },
	NumberDataPoint: {
		...NUMBER_TIMES,
		4: ["asDouble", "double"],
		5: ["exemplars", "Exemplar", "repeated"],
		6: ["asInt", "sfixed64"],
		7: ["attributes", "KeyValue", "repeated"],
		8: ["flags", "uint32"],
	},
	HistogramDataPoint: {
		...NUMBER_TIMES,
		4: ["count", "fixed64"],
		5: ["sum", "double"],
		6: ["bucketCounts", "fixed64", "repeated"],
		7: ["explicitBounds", "double", "repeated"],
		8: ["exemplars", "Exemplar", "repeated"],
		9: ["attributes", "KeyValue", "repeated"],
		10: ["flags", "uint32"],
		11: ["min", "double"],
		12: ["max", "double"],
	},
	ExponentialDataPoint: {
		...NUMBER_TIMES,
		1: ["attributes", "KeyValue", "repeated"],
		4: ["count", "fixed64"],
		5: ["sum", "double"],
		6: ["scale", "sint32"],
		7: ["zeroCount", "fixed64"],
		8: ["positive", "Buckets"],
		9: ["negative", "Buckets"],
		10: ["flags", "uint32"],
		11: ["exemplars", "Exemplar", "repeated"],
		12: ["min", "double"],
		13: ["max", "double"],
		14: ["zeroThreshold", "double"],
	},
	Buckets: { 1: ["offset", "sint32"], 2: ["bucketCounts", "uint64", "repeated"] },
	SummaryDataPoint: {
		...NUMBER_TIMES,
		4: ["count", "fixed64"],
		5: ["sum", "double"],
		6: ["quantileValues", "Quantile", "repeated"],
		7: ["attributes", "KeyValue", "repeated"],
		8: ["flags", "uint32"],
	},
	Quantile: { 1: ["quantile", "double"], 2: ["value", "double"] },
	Exemplar: {
		2: ["timeUnixNano", "fixed64"],
		3: ["asDouble", "double"],
		4: ["spanId", "hex"],
		5: ["traceId", "hex"],
		6: ["asInt", "sfixed64"],
		7: ["filteredAttributes", "KeyValue", "repeated"],
	},
} as const;

/** Wire type of a single value. */
export const WIRE_TYPES: Record<Kind, number> = {
	text: BYTES,
	hex: BYTES,
	base64: BYTES,
	bool: VARINT,
	int64: VARINT,
	uint64: VARINT,
	uint32: VARINT,
	sint32: VARINT,
	fixed64: FIXED64,
	sfixed64: FIXED64,
	double: FIXED64,
};
/** Fields by message and number. */
export const FIELDS = new Map<string, Map<number, Field>>(
	Object.entries(MESSAGES).map(([name, fields]) => [
		name,
		new Map(Object.entries(fields).map(([number, field]) => [Number(number), field as unknown as Field])),
	]),
);
const MAX_DEPTH = 80;
/** Of one packed list: a histogram has 160 buckets, a hostile one as many as fit into the body. */
const MAX_PACKED = 20_000;
/** Of one request, nested ones included. */
const MAX_MESSAGES = 2_000_000;
let messages = 0;

/** The message the wire is in, to its end. Throws `InvalidInput` where the bytes are broken. */
export function readMessage(wire: Wire, name: MessageName, depth = 0): Record<string, unknown> {
	if (depth === 0) messages = 0;
	if (++messages > MAX_MESSAGES) throw new InvalidInput(`more than ${MAX_MESSAGES} messages in one request: split it`);
	if (depth > MAX_DEPTH) throw new InvalidInput(`messages nested deeper than ${MAX_DEPTH} levels at byte ${wire.pos}`);
	const fields = FIELDS.get(name)!;
	const message: Record<string, unknown> = {};
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		const field = fields.get(tag >>> 3);
		if (field === undefined) {
			wire.skip(tag);
			continue;
		}
		const [key, kind, repeated] = field;
		const expected = isKind(kind) ? WIRE_TYPES[kind] : BYTES;
		if (repeated !== undefined) {
			message[key] ??= [];
			const list = message[key] as unknown[];
			if ((tag & 7) === expected) list.push(readOne(wire, kind, depth));
			else if ((tag & 7) === BYTES && isKind(kind)) readPacked(wire, kind, list);
			else wire.skip(tag);
		} else if ((tag & 7) === expected) message[key] = readOne(wire, kind, depth);
		else wire.skip(tag);
	}
	return message;
}

export function isKind(kind: string): kind is Kind {
	return kind in WIRE_TYPES;
}

function readOne(wire: Wire, kind: Kind | MessageName, depth: number): unknown {
	if (isKind(kind)) return readScalar(wire, kind);
	const outer = wire.enter();
	const message = readMessage(wire, kind, depth + 1);
	wire.leave(outer);
	return message;
}

function readPacked(wire: Wire, kind: Kind, list: unknown[]): void {
	const outer = wire.enter();
	while (wire.pos < wire.end) {
		if (list.length >= MAX_PACKED) throw wire.broken(`a list of more than ${MAX_PACKED} numbers`);
		list.push(readScalar(wire, kind));
	}
	wire.leave(outer);
}

function readScalar(wire: Wire, kind: Kind): unknown {
	switch (kind) {
		case "text":
			return wire.text();
		case "hex":
			return wire.slice().toString("hex");
		case "base64":
			return wire.slice().toString("base64");
		case "double":
			return wire.double();
		case "uint32":
			return wire.varint32();
		case "sint32": {
			const value = wire.varint32();
			return (value >>> 1) ^ -(value & 1);
		}
		case "bool":
			wire.varint64();
			return wire.lo !== 0 || wire.hi !== 0;
		case "int64":
			wire.varint64();
			return String(BigInt.asIntN(64, wire.unsigned()));
		case "uint64":
			wire.varint64();
			return String(wire.unsigned());
		case "fixed64":
			wire.fixed64();
			return String(wire.unsigned());
		case "sfixed64":
			wire.fixed64();
			return String(BigInt.asIntN(64, wire.unsigned()));
	}
}
