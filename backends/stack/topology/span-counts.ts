/** Spans by service as a generator of span metrics counted them, before any was sampled or dropped. */
import type { TimeWindow } from "../../../core/model.ts";
import type { Call } from "../../../core/ports.ts";
import type { PrometheusApi } from "../prometheus/prometheus-api.ts";
import { increaseOf } from "./service-graph.ts";

/** Tempo's generator, the collector's connector: the first that has any, never both. */
const COUNTERS = [
	{ metric: "traces_spanmetrics_calls_total", label: "service" },
	{ metric: "traces_span_metrics_calls_total", label: "service_name" },
];

/** Empty when nobody generates these metrics. Throws as `Engine.json`. */
export async function readSpanCounts(
	prometheus: PrometheusApi,
	window: TimeWindow,
	call: Call,
): Promise<ReadonlyMap<string, number>> {
	for (const { metric, label } of COUNTERS) {
		const query = `sum by (${label}) (${increaseOf(metric, window, call)})`;
		const { rows } = await prometheus.query(query, window.toUnixNano, call);
		const counts = new Map<string, number>();
		for (const row of rows) {
			const service = row.metric[label] ?? "";
			const count = Number(row.values[0]?.[1]);
			if (service !== "" && count > 0) counts.set(service, count);
		}
		if (counts.size > 0) return counts;
	}
	return new Map();
}
