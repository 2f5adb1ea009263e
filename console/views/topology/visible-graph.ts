/** What of a topology is drawn: near the focus, with traffic, and no more than a page can hold. */
import type { Topology } from "../../client/api.ts";

export type TopologyNode = Topology["nodes"][number];
export type TopologyEdge = Topology["edges"][number];

export interface VisibleGraph {
	nodes: TopologyNode[];
	edges: TopologyEdge[];
	/** Left out because of the traffic threshold or the bound; never without being told. */
	hiddenNodes: number;
	hiddenEdges: number;
}

/** Above it a drawing says nothing any more: the busiest are shown, the rest is counted. */
export const MAX_NODES = 150;

export function edgeId(edge: { caller: string; callee: string; kind: string }): string {
	return `${edge.caller}→${edge.callee}→${edge.kind}`;
}

/** Edges under `minRate` calls per second go unless they fail or are part of a cycle; then nodes without any edge, if others have some. */
export function visibleGraph(
	topology: { nodes: readonly TopologyNode[]; edges: readonly TopologyEdge[] },
	minRate: number,
): VisibleGraph {
	let edges = topology.edges.filter((edge) => edge.rate >= minRate || edge.errors > 0 || edge.cycle !== null);
	const touched = new Set(edges.flatMap(({ caller, callee }) => [caller, callee]));
	const connectedBefore = new Set(topology.edges.flatMap(({ caller, callee }) => [caller, callee]));
	let nodes = topology.nodes.filter((node) => touched.has(node.id) || !connectedBefore.has(node.id));
	if (nodes.length > MAX_NODES) {
		nodes = [...nodes].sort((a, b) => b.calls + b.spans - (a.calls + a.spans)).slice(0, MAX_NODES);
		const kept = new Set(nodes.map(({ id }) => id));
		edges = edges.filter(({ caller, callee }) => kept.has(caller) && kept.has(callee));
	}
	return {
		nodes,
		edges,
		hiddenNodes: topology.nodes.length - nodes.length,
		hiddenEdges: topology.edges.length - edges.length,
	};
}

/** Changes only when the drawing has to be laid out anew: fresh numbers on the same graph move nothing. */
export function structureKey(graph: { nodes: readonly TopologyNode[]; edges: readonly TopologyEdge[] }): string {
	const nodes = graph.nodes.map(({ id }) => id).sort();
	const edges = graph.edges.map(edgeId).sort();
	return JSON.stringify([nodes, edges]);
}

/** Node names that contain the text, best first: exact, beginning, inside. */
export function matchingNodes(nodes: readonly TopologyNode[], text: string): TopologyNode[] {
	const wanted = text.trim().toLowerCase();
	if (wanted === "") return [];
	const rank = (name: string): number =>
		name === wanted ? 0 : name.startsWith(wanted) ? 1 : name.includes(wanted) ? 2 : 3;
	return nodes
		.map((node) => ({ node, rank: rank(node.name.toLowerCase()) }))
		.filter((match) => match.rank < 3)
		.sort((a, b) => a.rank - b.rank || b.node.calls - a.node.calls)
		.map((match) => match.node);
}
