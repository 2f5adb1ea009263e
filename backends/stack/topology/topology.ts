/** The topology of a window from Tempo's spans and, where those are too many, the service graph's metrics. */
import type { TimeWindow } from "../../../core/model.ts";
import { type Answer, type Call, NotConfigured } from "../../../core/ports.ts";
import { foldTopology, type TopologyFold } from "../../../core/topology.ts";
import type { PrometheusApi } from "../prometheus/prometheus-api.ts";
import { joinVolumes } from "./join-volumes.ts";
import type { WindowSpan } from "./search-spans.ts";
import { type GraphVolume, readServiceGraph, SERVICE_GRAPH_METRIC } from "./service-graph.ts";
import type { WindowReader, WindowSpans } from "./window-spans.ts";

const NOTHING = "no span that starts in this window is in Tempo: the topology is drawn from spans";

/**
 * Exactly the fold of all spans where the window can be read whole. Else `partial`: structure, latencies and traces from a sample of traces,
 * calls and errors from the metrics where there are any, else estimated. Throws as `Engine.json`.
 */
export async function readTopology(
	reader: WindowReader | null,
	prometheus: PrometheusApi | null,
	window: TimeWindow,
	call: Call,
): Promise<Answer<TopologyFold>> {
	if (reader === null && prometheus === null) {
		throw new NotConfigured("No engine for the topology is configured: set TEMPO_URL, PROMETHEUS_URL or both.");
	}
	const graph = prometheus === null ? null : volumesOf(prometheus, window, call);
	if (reader === null) {
		const { volumes, reasons, query } = (await graph) ?? NO_GRAPH;
		const { fold } = joinVolumes(foldTopology([]), volumes);
		const missing = "Only metrics: set TEMPO_URL for databases, queues, latencies and traces.";
		return {
			data: fold,
			status: volumes.length === 0 ? "empty" : "partial",
			reasons: [...reasons, missing],
			source: SERVICE_GRAPH_METRIC,
			window,
			query,
		};
	}
	const read = await reader.read(window, { estimate: prometheus === null }, call);
	const about = { window, query: "{ }", source: "spans" };
	if (read.whole || read.scale === 1) {
		const data = foldOf(read);
		const isEmpty = data.nodes.length === 0;
		const status = isEmpty ? "empty" : read.whole ? "ok" : "partial";
		return { ...about, data, status, reasons: isEmpty ? [...read.reasons, NOTHING] : read.reasons };
	}
	const { volumes, reasons } = (await graph) ?? NO_GRAPH;
	if (volumes.length === 0) {
		const scale = read.scale ?? 1;
		const known =
			read.scale === null
				? "Calls and errors are the sample's own: how many there are in all is not known."
				: `Calls and errors are estimated: each trace read stands for ${scale.toFixed(1)}.`;
		return { ...about, data: foldOf(read, scale), status: "partial", reasons: [...read.reasons, known, ...reasons] };
	}
	const joined = joinVolumes(foldOf(read), volumes);
	const told = [
		`Calls and errors of ${joined.measured} edges are from ${SERVICE_GRAPH_METRIC}; latencies and traces are the sample's.`,
		...(joined.estimated > 0
			? [`${joined.estimated} edges are not in the metrics: theirs are estimated from the sample.`]
			: []),
		...(joined.added > 0 ? [`${joined.added} edges are in the metrics alone: no sampled trace shows them.`] : []),
	];
	const source = `spans (structure, latency), ${SERVICE_GRAPH_METRIC} (calls, errors)`;
	return { ...about, source, data: joined.fold, status: "partial", reasons: [...read.reasons, ...told, ...reasons] };
}

const NO_GRAPH = {
	volumes: [] as GraphVolume[],
	reasons: ["No service graph metrics: set PROMETHEUS_URL."],
	query: "",
};

/** The spans are the structure: metrics that cannot be had are told, not thrown. */
async function volumesOf(prometheus: PrometheusApi, window: TimeWindow, call: Call): Promise<typeof NO_GRAPH> {
	try {
		const { volumes, warnings, query } = await readServiceGraph(prometheus, window, call);
		const none = `No ${SERVICE_GRAPH_METRIC} in this window: run Tempo's metrics-generator with service-graphs for exact calls.`;
		return { volumes, query, reasons: volumes.length === 0 ? [...warnings, none] : warnings };
	} catch (error) {
		if (call.signal?.aborted) throw error;
		const said = error instanceof Error ? error.message : String(error);
		return { volumes: [], query: "", reasons: [`Calls are not from metrics: ${said}`] };
	}
}

/** `scale`: how many spans each stands for. */
function foldOf({ spans, counts }: WindowSpans, scale = 1): TopologyFold {
	const weighted = scale === 1 ? spans : spans.map((span) => ({ ...span, weight: span.weight * scale }));
	return foldTopology(weighted, { countOnly: (span) => counts(span as WindowSpan) });
}
