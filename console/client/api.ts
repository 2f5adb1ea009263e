/** Every endpoint the pages use, typed by the schemas that validate on the server. */
import type {
	Demo,
	Exemplars,
	Fields,
	ImportJob,
	IncidentAnswer,
	Incidents,
	Logs,
	Pivot,
	RedAnswer,
	Services,
	Skeleton,
	Slos,
	SpanVersions,
	Status,
	Topology,
	TraceAnswer,
	Traces,
} from "../../server/api/schema.ts";
import { fetchJson, type QueryValue, sendJson, withQuery } from "./fetch-json.ts";

export type {
	Demo,
	ExemplarAnswer,
	Exemplars,
	Fields,
	ImportJob,
	IncidentAlertAnswer,
	IncidentAnswer,
	IncidentSummary,
	Incidents,
	LogRecordAnswer,
	Logs,
	Pivot,
	RedAnswer,
	RedSeriesAnswer,
	Services,
	Skeleton,
	SloAnswer,
	Slos,
	SpanAnswer,
	Status,
	Topology,
	TraceAnswer,
	TraceSummaryAnswer,
	Traces,
} from "../../server/api/schema.ts";

/** `from` and `to` as the API reads them: epoch ms, ISO 8601, `now`, `now-15m`. */
export interface WindowParams {
	from?: string;
	to?: string;
	hideDemo?: boolean;
}
export interface TracesParams extends WindowParams {
	q?: string | undefined;
	service?: string | undefined;
	operation?: string | undefined;
	status?: "error" | "ok" | undefined;
	/** Instead of q, service and operation, where the backend speaks it. */
	traceql?: string | undefined;
	minDurationMs?: number | undefined;
	maxDurationMs?: number | undefined;
	order?: "newest" | "slowest" | undefined;
	limit?: number | undefined;
	cursor?: string | undefined;
}
export interface LogsParams extends WindowParams {
	traceId?: string | undefined;
	spanId?: string | undefined;
	service?: string | undefined;
	level?: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | undefined;
	q?: string | undefined;
	order?: "oldest" | "newest" | undefined;
	/** Instead of q, service and level, where the backend speaks it. */
	logql?: string | undefined;
	limit?: number | undefined;
	cursor?: string | undefined;
}
export interface IncidentsParams {
	status?: "firing" | "resolved" | undefined;
	service?: string | undefined;
	limit?: number | undefined;
	cursor?: string | undefined;
}
export interface RedParams extends WindowParams {
	service?: string | undefined;
	route?: string | undefined;
	byRoute?: boolean | undefined;
	stepMs?: number | undefined;
}
export interface TopologyParams extends WindowParams {
	focus?: string | undefined;
	depth?: number | undefined;
}
export interface FieldsParams extends WindowParams {
	signal: "traces" | "logs" | "metrics";
	field?: string | undefined;
	prefix?: string | undefined;
}

const get = <T>(path: string, query: object = {}, signal?: AbortSignal): Promise<T> =>
	fetchJson<T>(withQuery(path, query as Record<string, QueryValue>), signal ? { signal } : {});
const segment = encodeURIComponent;

export const api = {
	status: (signal?: AbortSignal) => get<Status>("/api/status", {}, signal),
	services: (params: WindowParams, signal?: AbortSignal) => get<Services>("/api/services", params, signal),
	traces: (params: TracesParams, signal?: AbortSignal) => get<Traces>("/api/traces", params, signal),
	trace: (id: string, signal?: AbortSignal) => get<TraceAnswer>(`/api/traces/${segment(id)}`, {}, signal),
	skeleton: (id: string, signal?: AbortSignal) => get<Skeleton>(`/api/traces/${segment(id)}/skeleton`, {}, signal),
	/** Several spans may carry one id (client and server of Zipkin's); the answer is what the server has. */
	span: (id: string, spanId: string, signal?: AbortSignal) =>
		get<SpanVersions>(`/api/traces/${segment(id)}/spans/${segment(spanId)}`, {}, signal),
	otlpPath: (id: string) => `/api/traces/${segment(id)}/otlp`,
	pivot: (id: string, detail: "spans" | "skeleton", signal?: AbortSignal) =>
		get<Pivot>("/api/pivot", { id, detail }, signal),
	logs: (params: LogsParams, signal?: AbortSignal) => get<Logs>("/api/logs", params, signal),
	red: (params: RedParams, signal?: AbortSignal) => get<RedAnswer>("/api/red", params, signal),
	exemplars: (params: WindowParams & { service?: string; metric?: string; traceId?: string }, signal?: AbortSignal) =>
		get<Exemplars>("/api/exemplars", params, signal),
	slo: (params: WindowParams & { service?: string }, signal?: AbortSignal) => get<Slos>("/api/slo", params, signal),
	fields: (params: FieldsParams, signal?: AbortSignal) => get<Fields>("/api/fields", params, signal),
	topology: (params: TopologyParams, signal?: AbortSignal) => get<Topology>("/api/topology", params, signal),
	incidents: (params: IncidentsParams, signal?: AbortSignal) => get<Incidents>("/api/incidents", params, signal),
	incident: (id: string, signal?: AbortSignal) => get<IncidentAnswer>(`/api/incidents/${segment(id)}`, {}, signal),
	demo: (signal?: AbortSignal) => get<Demo>("/api/demo", {}, signal),
	setFault: (id: string, enabled: boolean) => sendJson<Demo>("PUT", `/api/demo/faults/${segment(id)}`, { enabled }),
	imports: (signal?: AbortSignal) => get<{ jobs: ImportJob[] }>("/api/import", {}, signal),
	/** OTLP/JSON lines, plain or gzip; resolves when all of it is stored. */
	importFile: (file: File) =>
		fetchJson<ImportJob>(withQuery("/api/import", { name: file.name }), {
			method: "POST",
			headers: { "content-type": "application/octet-stream" },
			body: file,
		}),
	eraseDemo: () => sendJson<{ spans: number; logs: number; points: number }>("DELETE", "/api/demo/data", {}),
};
