/** Traces from Tempo, with what needs the other engines as well: request IDs, services, topology, fields. */
import type { Answer, Call, TraceCandidate, TraceStore } from "../../core/ports.ts";
import type { Sketch } from "../../core/sketch.ts";
import type { LokiLogs } from "./loki/loki-logs.ts";
import { missingEngine } from "./not-configured.ts";
import { askAll } from "./parts.ts";
import type { PrometheusMetrics } from "./prometheus/prometheus-metrics.ts";
import { Remembered } from "./remembered.ts";
import { readServices, type ServiceSources } from "./services.ts";
import type { TempoTraces } from "./tempo/tempo-traces.ts";
import { readDurations } from "./topology/durations.ts";
import type { SpanSearcher } from "./topology/search-spans.ts";
import { readTopology } from "./topology/topology.ts";
import type { WindowReader } from "./topology/window-spans.ts";
import type { TraceTimes } from "./trace-times.ts";

/** What a trace's root is ranked among changes slowly, and the next trace someone opens is often of the same route. */
const DURATIONS_KEPT = { lifeMs: 60_000, most: 500 };

export interface TraceSources {
	tempo: TempoTraces | null;
	loki: LokiLogs | null;
	prometheus: PrometheusMetrics | null;
	spans: WindowReader | null;
	searcher: SpanSearcher | null;
	times: TraceTimes;
	red: ServiceSources["red"];
}

export function traceStore(sources: TraceSources): TraceStore {
	const { tempo, loki, prometheus, spans, searcher, times, red } = sources;
	const durations = new Remembered<Answer<Sketch>>(DURATIONS_KEPT);
	const traces = () => tempo ?? missingEngine("Tempo", "traces");
	return {
		skeleton: async (traceId, call) => times.learn(traceId, traces().skeleton(traceId, call)),
		trace: async (traceId, call) => times.learn(traceId, traces().trace(traceId, call)),
		span: async (traceId, spanId, call) => traces().span(traceId, spanId, call),
		search: async (query, call) => traces().search(query, call),
		byRequestId: (requestId, call) => byRequestId(tempo, loki, requestId, call),
		services: (window, call) => readServices({ spans, logs: loki, red, prometheus: prometheus?.api }, window, call),
		topology: (window, call) => readTopology(spans, prometheus?.api ?? null, window, call),
		async durations(query, call) {
			const search = searcher ?? missingEngine("Tempo", "traces");
			const { fromUnixNano, toUnixNano } = query.window;
			const key = JSON.stringify([
				query.service,
				query.route,
				`${fromUnixNano}`,
				`${toUnixNano}`,
				call.excludeEnvironments,
			]);
			const { signal: _, ...ofAll } = call;
			return durations.get(key, () => readDurations(search, query, ofAll));
		},
		async fields(query, call) {
			if (query.signal === "traces") return traces().fields(query, call);
			if (query.signal === "logs") return (loki ?? missingEngine("Loki", "log lines")).fields(query, call);
			return (prometheus ?? missingEngine("Prometheus", "metrics")).fields(query, call);
		},
	};
}

/** From spans and from lines: a trace found by both is one candidate, seen when the first of them saw it. */
async function byRequestId(
	tempo: TempoTraces | null,
	loki: LokiLogs | null,
	requestId: string,
	call: Call,
): Promise<Answer<TraceCandidate[]>> {
	if (tempo === null && loki === null) return missingEngine("Tempo", "traces");
	const { answers, failures } = await askAll<FoundByRequest>([
		...(tempo ? [tempo.byRequestId(requestId, call)] : []),
		...(loki ? [loki.byRequestId(requestId, call).then(fromLines)] : []),
	]);
	const found = new Map<string, TraceCandidate>();
	for (const candidate of answers.flatMap(({ data }) => data)) {
		const known = found.get(candidate.traceId);
		if (known === undefined) found.set(candidate.traceId, candidate);
		else if (candidate.firstSeenUnixNano < known.firstSeenUnixNano)
			found.set(candidate.traceId, { ...known, firstSeenUnixNano: candidate.firstSeenUnixNano });
	}
	const data = [...found.values()].sort((a, b) => (a.firstSeenUnixNano > b.firstSeenUnixNano ? -1 : 1));
	const cut = answers.flatMap(({ status, reasons }) => (status === "partial" ? reasons : []));
	const partial = [...failures, ...cut];
	const isEmpty = data.length === 0;
	return {
		data: data.slice(0, call.limit),
		status: partial.length > 0 ? "partial" : isEmpty ? "empty" : "ok",
		reasons: isEmpty ? [...failures, ...answers.flatMap(({ reasons }) => reasons)] : partial,
		source: answers.map(({ source }) => source).join(", "),
		window: null,
		query: requestId,
	};
}

type FoundByRequest = Pick<Answer<TraceCandidate[]>, "data" | "status" | "reasons" | "source">;

function fromLines(data: TraceCandidate[]): FoundByRequest {
	const none = "no log line in Loki carries this request id together with a trace id";
	return data.length > 0
		? { data, status: "ok", reasons: [], source: "loki" }
		: { data, status: "empty", reasons: [none], source: "loki" };
}
