import { expect, test } from "vitest";
import { foldTopology } from "../../../core/topology.ts";
import { joinVolumes } from "./join-volumes.ts";
import type { GraphVolume } from "./service-graph.ts";
import { clientCall, databaseCall, message } from "./testing-calls.ts";

const volume = (more: Partial<GraphVolume>): GraphVolume => ({
	client: "web",
	server: "cart",
	connection: "",
	calls: 1000,
	errors: 10,
	...more,
});
const callsOf = (fold: ReturnType<typeof foldTopology>) =>
	Object.fromEntries(fold.edges.map(({ caller, callee, calls, errors }) => [`${caller} > ${callee}`, [calls, errors]]));

test("calls and errors are the metrics', latency and traces the spans'", () => {
	const fold = foldTopology([...clientCall(1, "web", "cart"), ...clientCall(2, "web", "cart")]);
	const joined = joinVolumes(fold, [volume({})]);
	expect(joined.fold.edges).toHaveLength(1);
	expect(joined.fold.edges[0]).toMatchObject({
		calls: 1000,
		errors: 10,
		sampleTraceIds: fold.edges[0]?.sampleTraceIds,
	});
	expect(joined.fold.edges[0]?.latency).toEqual(fold.edges[0]?.latency);
	expect(joined).toMatchObject({ measured: 1, estimated: 0, added: 0 });
	expect(joined.fold.nodes.find(({ id }) => id === "service:web")?.spans).toBe(1000);
});

test("neither the fold nor its edges are changed", () => {
	const fold = foldTopology(clientCall(1, "web", "cart"));
	const before = structuredClone(fold);
	joinVolumes(fold, [volume({}), volume({ server: "new" })]);
	expect(fold).toEqual(before);
});

test("an edge the metrics do not know is estimated from those they do", () => {
	const fold = foldTopology([...clientCall(1, "web", "cart"), ...clientCall(2, "web", "mail")]);
	const joined = joinVolumes(fold, [volume({ calls: 500, errors: 0 })]);
	expect(callsOf(joined.fold)["service:web > service:mail"]).toEqual([500, 0]);
	expect(joined.estimated).toBe(1);
});

test.each([
	["the address", "db1"],
	["the namespace", "shop"],
	["the system", "postgresql"],
	["the address with its port", "db1:5432"],
])("a database is met by %s", (_, server) => {
	const fold = foldTopology([databaseCall(1, "cart", "database:postgresql/shop@db1:5432")]);
	const joined = joinVolumes(fold, [volume({ client: "cart", server, connection: "database", calls: 70, errors: 7 })]);
	expect(callsOf(joined.fold)).toEqual({ "service:cart > database:postgresql/shop@db1:5432": [70, 7] });
});

test("databases the metrics cannot tell apart share the volume as the sample does", () => {
	const fold = foldTopology([
		databaseCall(1, "cart", "database:postgresql/shop@db1"),
		databaseCall(2, "cart", "database:postgresql/shop@db2"),
		databaseCall(3, "cart", "database:postgresql/shop@db2"),
	]);
	const joined = joinVolumes(fold, [
		volume({ client: "cart", server: "shop", connection: "database", calls: 300, errors: 0 }),
	]);
	expect(callsOf(joined.fold)).toEqual({
		"service:cart > database:postgresql/shop@db1": [100, 0],
		"service:cart > database:postgresql/shop@db2": [200, 0],
	});
});

test("messages go through the queue that the spans show", () => {
	const joined = joinVolumes(foldTopology(message(1, "web", "queue:kafka/orders", "mail")), [
		volume({ server: "mail", connection: "messaging_system", calls: 40, errors: 1 }),
	]);
	expect(callsOf(joined.fold)).toEqual({
		"service:web > queue:kafka/orders": [40, 1],
		"queue:kafka/orders > service:mail": [40, 1],
	});
});

test("what no span shows is drawn from the metrics alone, without traces", () => {
	const joined = joinVolumes(foldTopology(clientCall(1, "web", "cart")), [
		volume({}),
		volume({ client: "cart", server: "stock", calls: 5, errors: 0 }),
		volume({ client: "cart", server: "shop", connection: "database", calls: 6, errors: 0 }),
		volume({ client: "cart", server: "api.pay.example", connection: "virtual_node", calls: 7, errors: 0 }),
		volume({ client: "cart", server: "web", connection: "virtual_node", calls: 8, errors: 0 }),
	]);
	expect(callsOf(joined.fold)).toEqual({
		"service:web > service:cart": [1000, 10],
		"service:cart > service:stock": [5, 0],
		"service:cart > database:shop": [6, 0],
		"service:cart > external:api.pay.example": [7, 0],
		"service:cart > service:web": [8, 0],
	});
	expect(joined.added).toBe(4);
	expect(joined.fold.nodes.map(({ id }) => id)).toEqual([...new Set(joined.fold.nodes.map(({ id }) => id))].sort());
	expect(joined.fold.edges.find(({ calls }) => calls === 5)).toMatchObject({ samples: [], sampleTraceIds: [] });
});
