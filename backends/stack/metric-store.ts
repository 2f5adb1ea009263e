/** Metrics from Prometheus; RED of services without a RED metric from Tempo's spans. */
import type { Answer, Call, MetricStore, RedQuery, RedSeries } from "../../core/ports.ts";
import { missingEngine } from "./not-configured.ts";
import type { PrometheusMetrics } from "./prometheus/prometheus-metrics.ts";
import { redFromSpans } from "./span-red.ts";
import type { TempoTraces } from "./tempo/tempo-traces.ts";
import type { WindowReader } from "./topology/window-spans.ts";
import type { TraceTimes } from "./trace-times.ts";

export interface MetricSources {
	prometheus: PrometheusMetrics | null;
	tempo: TempoTraces | null;
	spans: WindowReader | null;
	times: TraceTimes;
}

/** Of the time there is, what metrics may take before spans are asked. */
const METRICS_SHARE = 0.6;
const MAX_SERVICES = 10_000;

export function metricStore(sources: MetricSources): MetricStore {
	const { prometheus, tempo, times } = sources;
	const metrics = () => prometheus ?? missingEngine("Prometheus", "metrics");
	return {
		red: (query, call) => red(sources, query, call),
		async exemplars(query, call) {
			const { traceId, window } = query;
			const around =
				traceId !== undefined && window === null && tempo !== null
					? await times.of(traceId, () => tempo.skeleton(traceId, call))
					: null;
			return metrics().exemplars(query, call, around ?? undefined);
		},
		series: async (query, call) => metrics().series(query, call),
	};
}

async function red(
	{ prometheus, tempo, spans }: MetricSources,
	query: RedQuery,
	call: Call,
): Promise<Answer<RedSeries[]>> {
	if (prometheus === null) {
		if (spans === null) return missingEngine("Prometheus", "metrics");
		return redFromSpans(spans, query, call);
	}
	if (tempo === null || spans === null) return prometheus.red(query, call);
	const started = performance.now();
	const inTime = () => ({ ...call, deadlineMs: Math.max(1, call.deadlineMs - (performance.now() - started)) });
	let measured: Answer<RedSeries[]>;
	try {
		measured = await prometheus.red(query, { ...call, deadlineMs: call.deadlineMs * METRICS_SHARE });
	} catch (error) {
		if (call.signal?.aborted) throw error;
		const said = error instanceof Error ? error.message : String(error);
		const counted = await redFromSpans(spans, query, inTime());
		return { ...counted, status: "partial", reasons: [`RED is from spans alone: ${said}`, ...counted.reasons] };
	}
	const known = new Set(measured.data.map(({ service }) => service));
	const asked = query.services ?? (await servicesOf(tempo, query, inTime()));
	const missing = asked.filter((service) => !known.has(service));
	if (missing.length === 0) return measured;
	const counted = await redFromSpans(spans, { ...query, services: missing }, inTime()).catch((error: unknown) => {
		if (call.signal?.aborted) throw error;
		return error instanceof Error ? error.message : String(error);
	});
	if (typeof counted === "string") {
		return {
			...measured,
			status: "partial",
			reasons: [...measured.reasons, `Services without a RED metric are missing: ${counted}`],
		};
	}
	if (counted.data.length === 0) return measured;
	const data = [...measured.data, ...counted.data].slice(0, call.limit);
	const partial = [measured, counted].filter(({ status }) => status === "partial").flatMap(({ reasons }) => reasons);
	return {
		data,
		status: partial.length > 0 ? "partial" : "ok",
		reasons: partial,
		source: [...new Set(data.map(({ source }) => source))].join(", "),
		window: query.window,
		query: measured.query,
	};
}

async function servicesOf(tempo: TempoTraces, { window }: RedQuery, call: Call): Promise<string[]> {
	const query = { signal: "traces", field: "service", window } as const;
	const { data } = await tempo.fields(query, { ...call, limit: MAX_SERVICES });
	return data.map(({ value }) => value);
}
