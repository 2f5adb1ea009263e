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
	const graph = prometheus === null ? Promise.resolve(NO_GRAPH) : volumesOf(prometheus, window, call);
	// Where the spans are all there, nobody waits for the metrics.
	graph.catch(() => undefined);
	if (reader === null) return fromMetrics(await graph, window);
	const read = await reader.read(window, {}, call);
	if (!read.whole && read.scale !== 1) return { ...fromSample(read, await graph), window, query: "{ }" };
	const data = foldOf(read);
	const isEmpty = data.nodes.length === 0;
	return {
		data,
		status: isEmpty ? "empty" : read.whole ? "ok" : "partial",
		reasons: isEmpty ? [...read.reasons, NOTHING] : read.reasons,
		source: "spans",
		window,
		query: "{ }",
	};
}

function fromMetrics({ volumes, reasons, query }: Graph, window: TimeWindow): Answer<TopologyFold> {
	return {
		data: joinVolumes(foldTopology([]), volumes).fold,
		status: volumes.length === 0 ? "empty" : "partial",
		reasons: [...reasons, "Only metrics: set TEMPO_URL for databases, queues, latencies and traces."],
		source: SERVICE_GRAPH_METRIC,
		window,
		query,
	};
}

function fromSample(read: WindowSpans, { volumes, reasons }: Graph) {
	const status = "partial" as const;
	const joined = joinVolumes(foldOf(read), volumes);
	const seen = joined.measured === 0 ? 0 : joined.scale / (read.scale ?? 1);
	if (seen < TRUSTED_SHARE) {
		const told = [
			read.scale === null
				? "Calls and errors are the sample's own: how many there are in all is not known."
				: `Calls and errors are estimated: each trace read stands for ${read.scale.toFixed(1)}.`,
			...(joined.measured > 0
				? [
						`${SERVICE_GRAPH_METRIC} has only ${Math.round(seen * 100)} % of them: it leaves out late and imported spans.`,
					]
				: reasons),
		];
		return { data: foldOf(read, read.scale ?? 1), status, source: "spans", reasons: [...read.reasons, ...told] };
	}
	const told = [
		`Calls and errors of ${joined.measured} edges are from ${SERVICE_GRAPH_METRIC}; latencies and traces are the sample's.`,
		...(joined.estimated > 0
			? [`${joined.estimated} edges are not in the metrics: theirs are estimated from the sample.`]
			: []),
		...(joined.added > 0 ? [`${joined.added} edges are in the metrics alone: no sampled trace shows them.`] : []),
	];
	const source = `spans (structure, latency), ${SERVICE_GRAPH_METRIC} (calls, errors)`;
	return { data: joined.fold, status, source, reasons: [...read.reasons, ...told, ...reasons] };
}

/** Metrics that counted less than this of what the sample shows did not see the window's traffic. */
const TRUSTED_SHARE = 0.5;

interface Graph {
	volumes: readonly GraphVolume[];
	reasons: readonly string[];
	query: string;
}

const NO_GRAPH: Graph = { volumes: [], reasons: ["No service graph metrics: set PROMETHEUS_URL."], query: "" };

/** The spans are the structure: metrics that cannot be had are told, not thrown. */
async function volumesOf(prometheus: PrometheusApi, window: TimeWindow, call: Call): Promise<Graph> {
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
