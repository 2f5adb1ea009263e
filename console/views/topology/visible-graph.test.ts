import { describe, expect, test } from "vitest";
import {
	MAX_NODES,
	matchingNodes,
	structureKey,
	type TopologyEdge,
	type TopologyNode,
	visibleGraph,
} from "./visible-graph.ts";

function node(name: string, calls = 1): TopologyNode {
	return { id: `service:${name}`, kind: "service", name, spans: calls, errors: 0, calls };
}

function edge(caller: string, callee: string, rate: number, more: Partial<TopologyEdge> = {}): TopologyEdge {
	return {
		caller: `service:${caller}`,
		callee: `service:${callee}`,
		kind: "call",
		calls: rate * 60,
		errors: 0,
		rate,
		p50Ms: 1,
		p95Ms: 2,
		p99Ms: 3,
		sampleTraceIds: [],
		cycle: null,
		...more,
	};
}

describe("the visible graph", () => {
	const nodes = [node("a"), node("b"), node("c"), node("alone")];

	test("without a threshold everything is drawn, lonely services too", () => {
		const graph = visibleGraph({ nodes, edges: [edge("a", "b", 1), edge("b", "c", 0)] }, 0);
		expect(graph.nodes).toHaveLength(4);
		expect([graph.hiddenNodes, graph.hiddenEdges]).toEqual([0, 0]);
	});

	test("quiet edges go and take what they leave lonely, counted", () => {
		const graph = visibleGraph({ nodes, edges: [edge("a", "b", 1), edge("b", "c", 0.01)] }, 0.1);
		expect(graph.edges).toHaveLength(1);
		expect(graph.nodes.map(({ name }) => name)).toEqual(["a", "b", "alone"]);
		expect([graph.hiddenNodes, graph.hiddenEdges]).toEqual([1, 1]);
	});

	test("a quiet edge that fails, or closes a cycle, stays", () => {
		const edges = [edge("a", "b", 0.01, { errors: 1 }), edge("b", "a", 0.01, { cycle: 0 })];
		expect(visibleGraph({ nodes, edges }, 5).edges).toHaveLength(2);
	});

	test("past the bound the busiest are kept and the rest counted", () => {
		const many = Array.from({ length: MAX_NODES + 40 }, (_, i) => node(`s${i}`, i));
		const graph = visibleGraph({ nodes: many, edges: [edge("s0", "s1", 9)] }, 0);
		expect(graph.nodes).toHaveLength(MAX_NODES);
		expect(graph.hiddenNodes).toBe(40);
		expect(graph.nodes.some(({ name }) => name === `s${MAX_NODES + 39}`)).toBe(true);
		expect(graph.edges).toEqual([]);
	});
});

test("fresh numbers on the same graph ask for no new layout, a new edge does", () => {
	const nodes = [node("a"), node("b")];
	const before = structureKey({ nodes, edges: [edge("a", "b", 1)] });
	expect(structureKey({ nodes: [...nodes].reverse(), edges: [edge("a", "b", 7)] })).toBe(before);
	expect(structureKey({ nodes, edges: [edge("a", "b", 1), edge("b", "a", 1)] })).not.toBe(before);
});

test("finds nodes by name: exact first, then beginning, then inside", () => {
	const nodes = [node("my-cart"), node("cart-db"), node("cart"), node("orders")];
	expect(matchingNodes(nodes, "CART").map(({ name }) => name)).toEqual(["cart", "cart-db", "my-cart"]);
	expect(matchingNodes(nodes, " ")).toEqual([]);
});
