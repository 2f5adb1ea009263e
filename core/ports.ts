/**
 * What a backend must be able to do. The embedded store and the Tempo/Loki/Prometheus stack implement these, the server
 * knows nothing else of them, and `backends/conformance.ts` holds both to the same behaviour.
 */
import type {
	AttributeValue,
	Exemplar,
	LogLevel,
	LogRecord,
	Signal,
	Span,
	SpanCore,
	SpanId,
	StatusCode,
	TimeWindow,
	TraceId,
} from "./model.ts";
import type { Filter } from "./search.ts";
import type { Sketch } from "./sketch.ts";
import type { TopologyFold } from "./topology.ts";

/** Travels with every call. */
export interface Call {
	/** `default` until there are several. */
	tenant: string;
	/** Aborted when the caller no longer wants the answer. */
	signal?: AbortSignal;
	/** Milliseconds the call may take before it must answer `partial` or fail with `DeadlineExceeded`. */
	deadlineMs: number;
	/** At most so many items in the answer. */
	limit: number;
	/** Opaque: the `nextCursor` of the answer before. */
	cursor?: string;
	/** Values of `deployment.environment.name` to leave out (the demo switch). */
	excludeEnvironments: readonly string[];
}

/** Every answer says how much of the truth it is. */
export interface Answer<T> {
	data: T;
	/** `empty`: asked and nothing there. `partial`: something is missing, `reasons` says what. */
	status: "ok" | "empty" | "partial";
	/** Sentences for people: why partial, or the likely reasons for empty. */
	reasons: string[];
	/** Where it came from, e.g. `embedded`, `tempo`, `spans`, `http_server_request_duration_seconds`. */
	source: string;
	/** The window that was really looked at; null when the lookup has none (by ID). */
	window: TimeWindow | null;
	/** The query as sent, to run again by hand. */
	query: string;
	nextCursor?: string;
}

export interface TraceSummary {
	traceId: TraceId;
	/** Of the root span, or of the earliest span when the root has not arrived. */
	rootService: string;
	rootName: string;
	rootMissing: boolean;
	startUnixNano: bigint;
	durationNs: number;
	statusCode: StatusCode;
	spanCount: number;
	errorCount: number;
	services: { service: string; spans: number; errors: number }[];
}

export interface TraceQuery {
	/** Traces with a span that starts in it. */
	window: TimeWindow;
	/** A trace matches when one of its spans satisfies the whole filter. */
	filter: Filter | null;
	/** Of the trace as a whole: `error` when any of its spans failed, `ok` when none did, null for both. */
	status: "error" | "ok" | null;
	order: "newest" | "slowest";
	/** Instead of `filter`: the engine's own language. `NotSupported` where the backend does not speak it. */
	traceql?: string;
}

/** RED of one service (or one route of it) over a window. Rates are per second. */
export interface RedSummary {
	calls: number;
	errors: number;
	rate: number;
	/** 0..1 */
	errorRate: number;
	p50Ms: number | null;
	p95Ms: number | null;
	p99Ms: number | null;
}

export interface ServiceSummary {
	service: string;
	environments: string[];
	version: string | null;
	lastSeenUnixNano: bigint;
	red: RedSummary;
	/** Where the RED numbers come from: `spans` or the metric's name. */
	redSource: string;
	spanCount: number;
	logCount: number;
	errorLogCount: number;
}

export interface RedQuery {
	/** Only these; all services when absent. */
	services?: readonly string[];
	/** Split by route; else one series a service. */
	byRoute: boolean;
	route?: string;
	window: TimeWindow;
	/** Width of a point in nanoseconds. */
	stepNs: bigint;
}

export interface RedPoint extends RedSummary {
	/** Start of the point's interval. */
	timeUnixNano: bigint;
}

export interface RedSeries {
	service: string;
	/** null: all routes together. */
	route: string | null;
	source: string;
	summary: RedSummary;
	points: RedPoint[];
}

export interface ExemplarItem extends Exemplar {
	metric: string;
	service: string;
	route: string | null;
	unit: string;
}

export interface SeriesItem {
	metric: string;
	type: string;
	unit: string;
	service: string;
	labels: Record<string, string>;
	points: { timeUnixNano: bigint; value: number }[];
}

export interface LogQuery {
	window: TimeWindow | null;
	traceId?: TraceId;
	spanId?: SpanId;
	service?: string;
	/** This level and above. */
	minLevel?: LogLevel;
	filter: Filter | null;
	order: "oldest" | "newest";
	/** Instead of `filter`: the engine's own language. `NotSupported` where the backend does not speak it. */
	logql?: string;
}

/** How one trace ID came up for a request ID. */
export interface TraceCandidate {
	traceId: TraceId;
	firstSeenUnixNano: bigint;
	signal: Signal;
}

export interface TraceStore {
	/** Every span of a trace without attributes; empty when unknown. Looks everywhere, whatever the window. */
	skeleton(traceId: TraceId, call: Call): Promise<Answer<SpanCore[]>>;
	/** The same, whole. */
	trace(traceId: TraceId, call: Call): Promise<Answer<Span[]>>;
	/** The spans that carry this id within the trace (client and server may share one). */
	span(traceId: TraceId, spanId: SpanId, call: Call): Promise<Answer<Span[]>>;
	search(query: TraceQuery, call: Call): Promise<Answer<TraceSummary[]>>;
	/** Traces whose spans or logs carry this request ID (`http.request_id`, `http.request.header.x-request-id`). */
	byRequestId(requestId: string, call: Call): Promise<Answer<TraceCandidate[]>>;
	services(window: TimeWindow, call: Call): Promise<Answer<ServiceSummary[]>>;
	topology(window: TimeWindow, call: Call): Promise<Answer<TopologyFold>>;
	/** Durations (nanoseconds) of the entry spans of one service and route: what a trace's root is ranked among. */
	durations(query: { service: string; route: string; window: TimeWindow }, call: Call): Promise<Answer<Sketch>>;
	/** Known values of a field (`service`, `name`, `http.route`, ...), or known fields when `field` is absent. */
	fields(
		query: { signal: Signal; field?: string; window: TimeWindow; prefix?: string },
		call: Call,
	): Promise<Answer<{ value: string; count: number }[]>>;
}

export interface LogStore {
	logs(query: LogQuery, call: Call): Promise<Answer<LogRecord[]>>;
}

export interface MetricStore {
	/** From the service's first RED profile that has data, else from spans; never summed over profiles. */
	red(query: RedQuery, call: Call): Promise<Answer<RedSeries[]>>;
	/** Newest first. `metric`: of this one alone; the name of a RED profile stands for all spellings of it. */
	exemplars(
		query: { service?: string; metric?: string; traceId?: TraceId; window: TimeWindow | null },
		call: Call,
	): Promise<Answer<ExemplarItem[]>>;
	series(
		query: { metric: string; service?: string; window: TimeWindow; stepNs: bigint },
		call: Call,
	): Promise<Answer<SeriesItem[]>>;
}

export type StoreState = "ok" | "degraded" | "down" | "not configured";

export interface BackendStatus {
	kind: "embedded" | "stack";
	stores: {
		name: string;
		signals: Signal[];
		state: StoreState;
		/** One sentence when the state is not `ok`. */
		reason: string | null;
		latencyMs: number | null;
		lastError: string | null;
	}[];
	/** Items since the backend's process started; `stored` since the store was made. null: others take the data in. */
	ingest: Record<Signal, { accepted: number; rejected: number; dropped: number; stored: number }> | null;
	/** Oldest and newest thing held; null when nothing is. */
	dataWindow: TimeWindow | null;
	/** `ingest`: takes imports and erases. `traceql`, `logql`: what `TraceQuery.traceql` and `LogQuery.logql` need. */
	capabilities: { ingest: boolean; traceql: boolean; logql: boolean };
	/** Named facts worth showing: file size, journal backlog, memory, retention. */
	facts: { name: string; value: AttributeValue; unit: string }[];
}

/** What came of one import line or one export request. */
export interface IngestResult {
	accepted: number;
	rejected: number;
	/** Names the first rejected item and why; empty when none was. */
	reason: string;
}

export interface Backend {
	traces: TraceStore;
	logs: LogStore;
	metrics: MetricStore;
	status(): Promise<BackendStatus>;
	/**
	 * Takes one OTLP/JSON export request as text and makes it durable before it resolves. `keep` exempts it from retention by age.
	 * Throws `InvalidInput` when the text is not such a request, `NotSupported` when the backend only reads.
	 */
	ingest(signal: Signal, otlpJson: string, options: { keep: boolean }): Promise<IngestResult>;
	/** Erases everything of one environment (the demo's). `NotSupported` when the backend only reads. */
	erase(environment: string): Promise<{ spans: number; logs: number; points: number }>;
	close(): Promise<void>;
}

/** What the console itself has to remember: incidents, diagnoses, saved views. */
export interface StateRecord {
	kind: string;
	/** UUIDv7: records of one kind sort by when they were made. */
	id: string;
	/** 1 for the first; each change is one more, the last one wins. */
	revision: number;
	updatedUnixMs: number;
	/** JSON; whoever writes a kind parses it again on reading. */
	body: unknown;
}

export interface StateStore {
	/**
	 * Durable when it resolves. `revision` is the one this replaces, 0 for a new record; throws `Conflict` when the record is at another by
	 * now: read it again, decide again.
	 */
	put(record: { kind: string; id: string; revision: number; body: unknown }): Promise<StateRecord>;
	get(kind: string, id: string): Promise<StateRecord | null>;
	/** The newest record first. */
	list(
		kind: string,
		page: { limit: number; cursor?: string },
	): Promise<{ records: StateRecord[]; nextCursor?: string }>;
	close(): Promise<void>;
}

/** The caller's fault: says which value and what to do. */
export class InvalidInput extends Error {
	override name = "InvalidInput";
}
/** Too much at once: try again after `retryAfterS` seconds. */
export class Overloaded extends Error {
	override name = "Overloaded";
	readonly retryAfterS: number;
	constructor(message: string, retryAfterS: number) {
		super(message);
		this.retryAfterS = retryAfterS;
	}
}
export class DeadlineExceeded extends Error {
	override name = "DeadlineExceeded";
}
/** The store cannot be reached; the message is one sentence for people. */
export class Unavailable extends Error {
	override name = "Unavailable";
}
/** No engine was given for this part; the message says which setting gives one. */
export class NotConfigured extends Error {
	override name = "NotConfigured";
}
/** This backend cannot do that at all; the message says what to do instead. */
export class NotSupported extends Error {
	override name = "NotSupported";
}
/** The record was changed by someone else meanwhile. */
export class Conflict extends Error {
	override name = "Conflict";
}
