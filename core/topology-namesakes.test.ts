import { expect, test } from "vitest";
import { spanOf } from "./testing-spans.ts";
import { foldTopology } from "./topology.ts";
import { resolveNamesakes } from "./topology-namesakes.ts";

const client = (name: string, service: string, peer: string) =>
	spanOf(name, null, 0, 10, { service, kind: "client", peer, traceId: `${name.charCodeAt(0)}`.padStart(32, "1") });
const server = (name: string, service: string) =>
	spanOf(name, null, 0, 10, { service, kind: "server", traceId: `${name.charCodeAt(0)}`.padStart(32, "1") });

test("a call to a host named like a service of the graph is a call of that service, whatever the port", () => {
	const fold = resolveNamesakes(
		foldTopology([
			client("a", "shop", "external:cart:8080"),
			client("b", "shop", "external:cart:9090"),
			client("c", "shop", "external:pay.example"),
			server("d", "cart"),
		]),
	);
	expect(fold.nodes.map(({ id }) => id).sort()).toEqual(["external:pay.example", "service:cart", "service:shop"]);
	expect(fold.edges.map(({ callee, calls }) => [callee, calls]).sort()).toEqual([
		["external:pay.example", 1],
		["service:cart", 2],
	]);
});

test("it changes no count of what was seen, and a graph without namesakes is itself", () => {
	const fold = foldTopology([client("a", "shop", "external:cart"), server("d", "cart")]);
	expect(resolveNamesakes(fold).coverage).toEqual(fold.coverage);
	const other = foldTopology([client("a", "shop", "external:pay.example")]);
	expect(resolveNamesakes(other)).toBe(other);
});
