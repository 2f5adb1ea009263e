/**
 * The words Trivet thinks in, one definition each. Everything that enters (OTLP, Prometheus text, an engine's answer)
 * is turned into these at the edge, once. Absolute time is nanoseconds since the Unix epoch as bigint; durations are
 * nanoseconds as numbers (exact up to 104 days). Zero is a time, and a duration of zero exists.
 */

/** 32 lower-case hex characters. */
export type TraceId = string;
/** 16 lower-case hex characters. */
export type SpanId = string;

/** An OTLP AnyValue. Integers beyond 2^53 stay decimal strings; bytes are base64 strings. */
export type AttributeValue = string | number | boolean | null | AttributeValue[] | { [key: string]: AttributeValue };
export type Attributes = Record<string, AttributeValue>;

/** In the order of OTLP's numbers, which is also what a store keeps. */
export const SPAN_KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
export type SpanKind = (typeof SPAN_KINDS)[number];
/** As `SPAN_KINDS`: the index is OTLP's number. */
export const STATUS_CODES = ["unset", "ok", "error"] as const;
export type StatusCode = (typeof STATUS_CODES)[number];

/** What the tree, the critical path and the topology need of a span: no attributes, so that 100,000 fit. */
export interface SpanCore {
	traceId: TraceId;
	spanId: SpanId;
	/** null for a root. The parent need not be in the trace (an orphan). */
	parentSpanId: SpanId | null;
	/** `service.name` of the resource; `unknown_service` when it has none. */
	service: string;
	name: string;
	kind: SpanKind;
	startUnixNano: bigint;
	durationNs: number;
	statusCode: StatusCode;
	/** Entry spans (server, consumer, roots): `http.route`, the rpc method or the name. null for the others. */
	route: string | null;
	/** Node id of the thing a client, producer or consumer span speaks to, from its attributes (`peerOf`); else null. */
	peer: string | null;
	/** Trace and span ids this span links to: how producers and consumers meet without a parent. */
	links: SpanLink[];
	/** How many spans this one stands for, from `ot=th` of its trace state; 1 when unsampled. */
	weight: number;
	/** Position in arrival order: unique within a store, later is larger. */
	arrival: number;
	eventCount: number;
}

/** A span whole. */
export interface Span extends SpanCore {
	statusMessage: string;
	attributes: Attributes;
	resource: Attributes;
	scopeName: string;
	scopeVersion: string;
	traceState: string;
	events: SpanEvent[];
}

export interface SpanLink {
	traceId: TraceId;
	spanId: SpanId;
	attributes: Attributes;
}

export interface SpanEvent {
	timeUnixNano: bigint;
	name: string;
	attributes: Attributes;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "unspecified";

export interface LogRecord {
	/** The event's own time; the observed time when it has none. */
	timeUnixNano: bigint;
	/** Breaks ties between equal times: order of arrival, unique within a store. */
	sequence: number;
	service: string;
	/** OTLP severity number 0..24; 0 is unspecified. */
	severityNumber: number;
	severityText: string;
	level: LogLevel;
	/** The text; a structured body is its JSON text. */
	body: string;
	traceId: TraceId | null;
	spanId: SpanId | null;
	attributes: Attributes;
	resource: Attributes;
	scopeName: string;
}

export type MetricType = "gauge" | "sum" | "histogram" | "exponentialHistogram" | "summary";
export type Temporality = "unspecified" | "delta" | "cumulative";

export interface Exemplar {
	timeUnixNano: bigint;
	value: number;
	traceId: TraceId | null;
	spanId: SpanId | null;
	attributes: Attributes;
}

/** One data point of one series. */
export interface MetricPoint {
	name: string;
	type: MetricType;
	unit: string;
	description: string;
	temporality: Temporality;
	monotonic: boolean;
	service: string;
	attributes: Attributes;
	resource: Attributes;
	startUnixNano: bigint;
	timeUnixNano: bigint;
	/** gauge and sum */
	value: number | null;
	/** histograms and summaries; `bounds` are upper bounds, `counts` has one more (the +Inf bucket), not cumulative. */
	histogram: HistogramPoint | null;
	exemplars: Exemplar[];
}

export interface HistogramPoint {
	count: number;
	sum: number;
	min: number | null;
	max: number | null;
	bounds: number[];
	counts: number[];
}

/** `from` inclusive, `to` exclusive. */
export interface TimeWindow {
	fromUnixNano: bigint;
	toUnixNano: bigint;
}

export type Signal = "traces" | "logs" | "metrics";

/** The value of `deployment.environment.name` that marks the demo's own telemetry. */
export const DEMO_ENVIRONMENT = "trivet-demo";
