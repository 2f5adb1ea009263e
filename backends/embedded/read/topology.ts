/** The topology of any window: a merge of what its minutes, hours and days were folded to. */
import { traceIdFromWords } from "../../../core/ids.ts";
import type { TimeWindow } from "../../../core/model.ts";
import { nodeOf } from "../../../core/peer.ts";
import type { Answer, Call } from "../../../core/ports.ts";
import { emptySketch } from "../../../core/sketch.ts";
import { mergeTopologies, type TopologyEdge, type TopologyFold, type TopologySample } from "../../../core/topology.ts";
import { addRow, finishSketch } from "../rollup/sketch-buckets.ts";
import type { Database, SqlValue } from "../store/database.ts";
import { answer, environmentFilter, withDeadline } from "./answer.ts";
import { readKeys } from "./rollup-keys.ts";
import { type RolledWindow, rolledWindow } from "./rollup-tables.ts";
import { statement } from "./statement-file.ts";

const MAX_SAMPLES = 5;

export function createTopologyReader(db: Database) {
	return {
		async topology(window: TimeWindow, call: Call): Promise<Answer<TopologyFold>> {
			return withDeadline(call, async (signal) => {
				const rolled = await rolledWindow(db, window, signal);
				const fold = await readFold(db, rolled, call, signal);
				const about = {
					query: "topology",
					window: rolled.window,
					source: "spans",
					whenEmpty: ["no span that starts in this window was received: the topology is drawn from spans"],
				};
				return answer(about, fold, { isEmpty: fold.nodes.length === 0, partial: rolled.stale });
			});
		},
	};
}

async function readFold(db: Database, rolled: RolledWindow, call: Call, signal: AbortSignal): Promise<TopologyFold> {
	const params: Record<string, SqlValue> = {};
	const environments = environmentFilter(call, params);
	const part = (name: string, table: "edges" | "latency" | "samples" | "nodes") =>
		db.columns(statement(import.meta.url, name, { [table]: rolled.from(table) }), {}, signal);
	const [keys, edgeRows, latency, samples, nodeRows, coverage, rounds] = await Promise.all([
		readKeys(db, call, signal),
		part("topology-edges", "edges"),
		part("topology-latency", "latency"),
		part("topology-samples", "samples"),
		part("topology-nodes", "nodes"),
		db.all<Record<string, number>>(
			statement(import.meta.url, "topology-coverage", { coverage: rolled.from("coverage"), environments }),
			params,
			signal,
		),
		db.all<{ path: string; trace_id: string }>(
			statement(import.meta.url, "topology-rounds", { rounds: rolled.from("rounds"), environments }),
			params,
			signal,
		),
	]);

	const edges = new Map<bigint, TopologyEdge>();
	const e = edgeRows.columns as Record<string, never[]>;
	for (let i = 0; i < edgeRows.rows; i++) {
		const key = keys.get(e.key![i]!);
		if (key === undefined) continue;
		edges.set(e.key![i]!, {
			caller: key.first,
			callee: key.second ?? "",
			kind: key.kind === "message" ? "message" : "call",
			calls: e.calls![i]!,
			errors: e.errors![i]!,
			latency: emptySketch(),
			samples: [],
			sampleTraceIds: [],
		});
	}
	const l = latency.columns as Record<string, never[]>;
	for (let i = 0; i < latency.rows; i++) {
		const edge = edges.get(l.key![i]!);
		if (edge) addRow(edge.latency, l.bucket![i]!, l.calls![i]!, 0);
	}
	for (let i = 0; i < edgeRows.rows; i++) {
		const edge = edges.get(e.key![i]!);
		if (edge === undefined) continue;
		edge.latency = finishSketch(edge.latency);
		edge.latency.sum = e.sum_ns![i]!;
		edge.latency.min = e.min_ns![i] ?? 0;
		edge.latency.max = e.max_ns![i] ?? 0;
	}
	const s = samples.columns as Record<string, never[]>;
	for (let i = 0; i < samples.rows; i++) {
		const traceId = traceIdFromWords(s.trace_hi![i]!, s.trace_lo![i]!);
		const sample: TopologySample = { traceId, failed: Boolean(s.failed![i]), durationNs: s.duration_ns![i]! };
		edges.get(s.key![i]!)?.samples.push(sample);
	}
	for (const edge of edges.values()) edge.samples = bestSamples(edge.samples);

	const n = nodeRows.columns as Record<string, never[]>;
	const nodes = Array.from({ length: nodeRows.rows }, (_, i) => ({ key: keys.get(n.key![i]!), i }))
		.filter(({ key }) => key !== undefined)
		.map(({ key, i }) => ({ id: key!.first, ...nodeOf(key!.first), spans: n.spans![i]!, errors: n.errors![i]! }));
	const counts = coverage[0] ?? {};
	const spans = counts.spans ?? 0;
	// Core's merge adds up what environments have in common and puts everything into its one order.
	return mergeTopologies([
		{
			nodes,
			edges: [...edges.values()],
			traceCycles: rounds.map((row) => ({ path: JSON.parse(row.path) as string[], traceId: row.trace_id })),
			coverage: {
				spans,
				paired: counts.paired ?? 0,
				unmatchedClients: counts.unmatched_clients ?? 0,
				unmatchedProducers: counts.unmatched_producers ?? 0,
				orphans: counts.orphans ?? 0,
				meanWeight: spans === 0 ? 1 : (counts.weight ?? spans) / spans,
			},
		},
	]);
}

function bestSamples(samples: TopologySample[]): TopologySample[] {
	const byTrace = new Map<string, TopologySample>();
	for (const sample of samples) if (!byTrace.has(sample.traceId)) byTrace.set(sample.traceId, sample);
	return [...byTrace.values()].slice(0, MAX_SAMPLES);
}
