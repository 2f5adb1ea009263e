import { quantile } from "../../core/sketch.ts";
import { findCycles, type TopologyEdge, type TopologyFold } from "../../core/topology.ts";
import { resolveNamesakes } from "../../core/topology-namesakes.ts";
import type { Endpoint, NoParams } from "./endpoint.ts";
import { type Topology, topologyQuery, topologySchema } from "./schema.ts";
import { section } from "./section.ts";

export const topology: Endpoint<typeof topologyQuery, NoParams, typeof topologySchema> = {
	path: "/api/topology",
	summary: "Who calls whom, rebuilt from the parent and child of each span",
	query: topologyQuery,
	answer: topologySchema,
	async run({ query, window, call, services }) {
		const over = window(query);
		const found = await services.backend.traces.topology(
			over,
			call({ limit: 10_000, hideDemo: query.hideDemo === "true" }),
		);
		const seconds = Number(over.toUnixNano - over.fromUnixNano) / 1e9;
		const whole = topologyAnswer(resolveNamesakes(found.data), seconds);
		const graph = query.focus === undefined ? whole : around(whole, query.focus, query.depth);
		return { ...section(found), ...graph };
	},
};

type Graph = Omit<Topology, "status" | "reason" | "source" | "window" | "query">;

function topologyAnswer(fold: TopologyFold, seconds: number): Graph {
	const cycles = findCycles(fold);
	const cycleOfEdge = new Map<string, number>();
	for (const [index, { path }] of cycles.entries()) {
		for (const [at, caller] of path.entries())
			cycleOfEdge.set(edgeKey(caller, path[(at + 1) % path.length] as string), index);
	}
	const calls = new Map<string, number>();
	for (const edge of fold.edges) calls.set(edge.callee, (calls.get(edge.callee) ?? 0) + edge.calls);
	return {
		nodes: fold.nodes.map((node) => ({ ...node, calls: calls.get(node.id) ?? 0 })),
		edges: fold.edges.map((edge) => ({
			...edgeAnswer(edge, seconds),
			cycle: cycleOfEdge.get(edgeKey(edge.caller, edge.callee)) ?? null,
		})),
		cycles,
		coverage: fold.coverage,
	};
}

function edgeKey(caller: string, callee: string): string {
	return JSON.stringify([caller, callee]);
}

function edgeAnswer(edge: TopologyEdge, seconds: number): Omit<Topology["edges"][number], "cycle"> {
	const { caller, callee, kind, calls, errors, latency, sampleTraceIds } = edge;
	const ms = (q: number): number | null => (latency.count === 0 ? null : quantile(latency, q) / 1e6);
	return {
		caller,
		callee,
		kind,
		calls,
		errors,
		rate: calls / seconds,
		p50Ms: ms(0.5),
		p95Ms: ms(0.95),
		p99Ms: ms(0.99),
		sampleTraceIds,
	};
}

/** The part of the graph at most `depth` edges from the focus, along or against the calls. */
function around(graph: Graph, focus: string, depth: number): Graph {
	let reached = new Set([focus]);
	for (let step = 0; step < depth; step++) {
		const wider = new Set(reached);
		for (const { caller, callee } of graph.edges) {
			if (reached.has(caller)) wider.add(callee);
			if (reached.has(callee)) wider.add(caller);
		}
		reached = wider;
	}
	return {
		...graph,
		nodes: graph.nodes.filter((node) => reached.has(node.id)),
		edges: graph.edges.filter((edge) => reached.has(edge.caller) && reached.has(edge.callee)),
	};
}
