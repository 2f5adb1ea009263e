/** Tempo, Loki and Prometheus (or Mimir) as one backend. Each is optional: the parts it would answer say `not configured` and how. */
import type { Signal } from "../../core/model.ts";
import { type Backend, type BackendStatus, type LogStore, NotSupported } from "../../core/ports.ts";
import { Engine, type EngineHealth, type EngineName } from "./engine.ts";
import { LokiLogs } from "./loki/loki-logs.ts";
import { metricStore } from "./metric-store.ts";
import { howToConfigure, missingEngine } from "./not-configured.ts";
import { PrometheusMetrics } from "./prometheus/prometheus-metrics.ts";
import type { StackSettings } from "./settings.ts";
import { TempoTraces } from "./tempo/tempo-traces.ts";
import { SpanSearcher } from "./topology/search-spans.ts";
import { WindowReader } from "./topology/window-spans.ts";
import { traceStore } from "./trace-store.ts";
import { TraceTimes } from "./trace-times.ts";

/** Nothing is asked yet: an engine that is down shows in `status()` and in each answer. Throws when a TLS file cannot be read. */
export function openStack(settings: StackSettings): Backend {
	const engines = {
		tempo: settings.tempo && new Engine("Tempo", settings.tempo),
		loki: settings.loki && new Engine("Loki", settings.loki),
		prometheus: settings.prometheus && new Engine("Prometheus", settings.prometheus),
	};
	const tempo = engines.tempo && new TempoTraces(engines.tempo);
	const loki = engines.loki && new LokiLogs(engines.loki);
	const prometheus = engines.prometheus && new PrometheusMetrics(engines.prometheus);
	const spans = engines.tempo && tempo && new WindowReader(engines.tempo, tempo);
	const searcher = engines.tempo && new SpanSearcher(engines.tempo);
	const times = new TraceTimes();
	const metrics = metricStore({ prometheus, tempo, spans, times });
	const red = prometheus || spans ? metrics.red : null;
	const parts: [EngineName, Signal, { health(): Promise<EngineHealth> } | null][] = [
		["Tempo", "traces", tempo],
		["Loki", "logs", loki],
		["Prometheus", "metrics", prometheus],
	];
	return {
		traces: traceStore({ tempo, loki, prometheus, spans, searcher, times, red }),
		logs: logStore(loki, tempo, times),
		metrics,
		async status(): Promise<BackendStatus> {
			const stores = parts.map(async ([name, signal, part]) => ({
				name: name.toLowerCase(),
				signals: [signal],
				...(part === null ? { ...UNASKED, reason: howToConfigure(name, signal) } : await part.health()),
			}));
			return {
				kind: "stack",
				stores: await Promise.all(stores),
				ingest: null,
				dataWindow: null,
				capabilities: { ingest: false, traceql: tempo !== null, logql: loki !== null },
				facts: [],
			};
		},
		async ingest() {
			throw new NotSupported(`${READS_ONLY} send OTLP to your collector instead.`);
		},
		async erase() {
			throw new NotSupported(`${READS_ONLY} erase there, or let retention do it.`);
		},
		async close() {
			await Promise.all(Object.values(engines).map((engine) => engine?.close()));
		},
	};
}

const READS_ONLY = "This console reads engines of yours and never writes to them:";
const UNASKED = { state: "not configured", latencyMs: null, lastError: null } as const;

/** Lines of one trace are looked for around its time where Tempo knows it: Loki has no index of trace IDs. */
function logStore(loki: LokiLogs | null, tempo: TempoTraces | null, times: TraceTimes): LogStore {
	return {
		async logs(query, call) {
			const logs = loki ?? missingEngine("Loki", "log lines");
			const { traceId, window } = query;
			if (traceId === undefined || window !== null || tempo === null) return logs.logs(query, call);
			const around = await times.of(traceId, () => tempo.skeleton(traceId, call));
			return logs.logs(query, call, around ?? undefined);
		},
	};
}
