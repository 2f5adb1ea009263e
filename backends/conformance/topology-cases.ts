/** The topology: who calls whom, what they speak to, what goes round, and how much of it the spans really show. */
import { expect } from "vitest";
import type { TimeWindow } from "../../core/model.ts";
import type { TopologyEdge } from "../../core/topology.ts";
import { type Case, MS, type Scene, type Stage } from "./scene.ts";
import { type SpanSpec, spans } from "./telemetry.ts";
import { smallTrace } from "./trace-cases.ts";

async function fold(stage: Stage, window: TimeWindow = stage.window) {
	const answer = await stage.backend.traces.topology(window, stage.call());
	expect(["ok", "partial"]).toContain(answer.status);
	return answer.data;
}

const service = (scene: Scene, name: string) => `service:${scene.service(name)}`;
const between = (edges: TopologyEdge[], caller: string, callee: string) =>
	edges.find((e) => e.caller === caller && e.callee === callee);

/** A call from client to server, `n` apart from other calls of the case. */
function call(
	scene: Scene,
	from: string,
	to: string,
	n: number,
	more: { trace?: number; parent?: number; client?: Partial<SpanSpec>; server?: Partial<SpanSpec> } = {},
): SpanSpec[] {
	const traceId = scene.traceId(more.trace ?? n);
	return [
		{
			traceId,
			spanId: scene.spanId(n * 10 + 1),
			parent: more.parent === undefined ? undefined : scene.spanId(more.parent),
			service: scene.service(from),
			name: "call",
			kind: "client",
			start: scene.at(n),
			durationNs: 50 * MS,
			...more.client,
		},
		{
			traceId,
			spanId: scene.spanId(n * 10 + 2),
			parent: scene.spanId(n * 10 + 1),
			service: scene.service(to),
			name: "serve",
			kind: "server",
			start: scene.at(n + 0.005),
			durationNs: 40 * MS,
			...more.server,
		},
	];
}

const single = (scene: Scene, n: number, more: Partial<SpanSpec>): SpanSpec => ({
	traceId: scene.traceId(n),
	spanId: scene.spanId(n),
	service: scene.service("app"),
	name: "out",
	kind: "client",
	start: scene.at(n),
	durationNs: 10 * MS,
	...more,
});

/** A client span that no server answers, by its attributes, and the node it must lead to. */
const peers: { what: string; attributes: SpanSpec["attributes"]; node: (scene: Scene) => RegExp }[] = [
	{
		what: "a database by system, namespace and address",
		attributes: { "db.system": "postgresql", "db.namespace": "shop", "server.address": "db1" },
		node: () => /^database:postgresql\/shop@db1/,
	},
	{
		what: "another database server of the same system",
		attributes: { "db.system": "postgresql", "db.namespace": "shop", "server.address": "db2" },
		node: () => /^database:postgresql\/shop@db2/,
	},
	{
		what: "a cache",
		attributes: { "db.system": "redis", "server.address": "cache1" },
		node: () => /^cache:redis@cache1/,
	},
	{
		what: "an rpc service",
		attributes: { "rpc.system": "grpc", "rpc.service": "pay.Card" },
		node: () => /^rpc:grpc\/pay\.Card/,
	},
	{
		what: "an external host",
		attributes: { "server.address": "api.pay.example", "server.port": 443 },
		node: () => /^external:api\.pay\.example$/,
	},
];

export const topologyCases: Case[] = [
	{
		name: "a client span and its server child are one call with the client's latency",
		exports: (scene) => [spans(...smallTrace(scene))],
		async check(stage) {
			const { nodes, edges } = await fold(stage);
			const edge = between(edges, service(stage, "gateway"), service(stage, "orders"));
			expect(edge).toMatchObject({ kind: "call", calls: 1, errors: 0, sampleTraceIds: [stage.traceId()] });
			expect(Math.abs(edge!.latency.max - 80 * MS)).toBeLessThan(MS);
			expect(edges.filter((e) => e.caller === service(stage, "gateway"))).toHaveLength(1);
			expect(nodes.find((n) => n.id === service(stage, "gateway"))).toMatchObject({ kind: "service", spans: 2 });
		},
	},
	{
		name: "an edge fails when either side fails",
		exports: (scene) => [
			spans(
				...call(scene, "a", "b", 1, { client: { status: "error" } }),
				...call(scene, "a", "b", 2, { server: { status: "error" } }),
				...call(scene, "a", "b", 3, { client: { status: "error" }, server: { status: "error" } }),
				...call(scene, "a", "b", 4),
			),
		],
		async check(stage) {
			const { edges } = await fold(stage);
			expect(between(edges, service(stage, "a"), service(stage, "b"))).toMatchObject({ calls: 4, errors: 3 });
		},
	},
	...peers.map(
		({ what, attributes, node }): Case => ({
			name: `a client span that no server answers leads to ${what}`,
			exports: (scene) => [spans(single(scene, 1, { attributes }))],
			async check(stage) {
				const { edges, nodes } = await fold(stage);
				const edge = edges.find((e) => e.caller === service(stage, "app"));
				expect(edge?.callee).toMatch(node(stage));
				expect(edge?.calls).toBe(1);
				expect(nodes.find((n) => n.id === edge!.callee)?.kind).toBe(edge!.callee.split(":")[0]);
			},
		}),
	),
	...[
		{ how: "by parent", link: false },
		{ how: "by link", link: true },
	].map(
		({ how, link }): Case => ({
			name: `producer and consumer meet ${how}, through their queue`,
			exports: (scene) => {
				const queue = { "messaging.system": "kafka", "messaging.destination.name": scene.service("topic") };
				const producer = single(scene, 1, { service: scene.service("maker"), kind: "producer", attributes: queue });
				const consumer = single(scene, 2, { service: scene.service("taker"), kind: "consumer", attributes: queue });
				return [
					spans(
						producer,
						link
							? { ...consumer, links: [{ traceId: producer.traceId, spanId: producer.spanId }] }
							: { ...consumer, traceId: producer.traceId, parent: producer.spanId },
					),
				];
			},
			async check(stage) {
				const { edges } = await fold(stage);
				const into = edges.filter((e) => e.caller === service(stage, "maker"));
				const outOf = edges.filter((e) => e.callee === service(stage, "taker"));
				expect(into.map((e) => [e.callee, e.kind, e.calls])).toEqual([
					[`queue:kafka/${stage.service("topic")}`, "message", 1],
				]);
				expect(outOf.map((e) => [e.caller, e.kind, e.calls])).toEqual([
					[`queue:kafka/${stage.service("topic")}`, "message", 1],
				]);
			},
		}),
	),
	{
		name: "services that call each other in a circle are edges both ways, with the trace that goes round",
		exports: (scene) => [
			spans(
				...call(scene, "a", "b", 1, { trace: 1 }),
				...call(scene, "b", "c", 2, { trace: 1, parent: 12 }),
				...call(scene, "c", "a", 3, { trace: 1, parent: 22 }),
			),
		],
		async check(stage) {
			const { edges, traceCycles } = await fold(stage);
			for (const [from, to] of [
				["a", "b"],
				["b", "c"],
				["c", "a"],
			] as const) {
				expect(between(edges, service(stage, from), service(stage, to))?.sampleTraceIds).toEqual([stage.traceId(1)]);
			}
			const mine = traceCycles.find((c) => c.traceId === stage.traceId(1));
			expect([...(mine?.path ?? [])].sort()).toEqual(["a", "b", "c"].map((n) => service(stage, n)).sort());
		},
	},
	{
		name: "a service that calls itself over the wire is a self-call; its inner spans are not",
		exports: (scene) => [
			spans(
				...call(scene, "loop", "loop", 1),
				single(scene, 20, { service: scene.service("quiet"), kind: "server" }),
				single(scene, 21, {
					service: scene.service("quiet"),
					kind: "internal",
					traceId: scene.traceId(20),
					parent: scene.spanId(20),
				}),
			),
		],
		async check(stage) {
			const { edges } = await fold(stage);
			expect(between(edges, service(stage, "loop"), service(stage, "loop"))?.calls).toBe(1);
			expect(edges.filter((e) => e.caller === service(stage, "quiet"))).toEqual([]);
		},
	},
	{
		name: "spans without kinds make edges where parent and child are of different services",
		exports: (scene) => [
			spans(
				single(scene, 1, { service: scene.service("front"), kind: "unspecified" }),
				single(scene, 2, {
					service: scene.service("front"),
					kind: "unspecified",
					traceId: scene.traceId(1),
					parent: scene.spanId(1),
				}),
				single(scene, 3, {
					service: scene.service("back"),
					kind: "unspecified",
					traceId: scene.traceId(1),
					parent: scene.spanId(2),
				}),
			),
		],
		async check(stage) {
			const { edges } = await fold(stage);
			expect(between(edges, service(stage, "front"), service(stage, "back"))?.calls).toBe(1);
			const red = await stage.backend.metrics.red(
				{ services: [stage.service("back")], byRoute: false, window: stage.window, stepNs: 60_000_000_000n },
				stage.call(),
			);
			expect(red.data[0]?.summary.calls).toBe(1);
		},
	},
	{
		name: "a call over the edge of a minute counts once, in its client's minute",
		exports: (scene) => [
			spans(...call(scene, "a", "b", 1, { client: { start: scene.at(59.99) }, server: { start: scene.at(60.01) } })),
		],
		async check(stage) {
			const minute = (from: number) => fold(stage, { fromUnixNano: stage.at(from), toUnixNano: stage.at(from + 60) });
			const edge = async (from: number) =>
				between((await minute(from)).edges, service(stage, "a"), service(stage, "b"))?.calls ?? 0;
			expect([await edge(0), await edge(60)]).toEqual([1, 0]);
		},
	},
	{
		name: "a server span that arrives late joins its client, and the call still counts once",
		exports: (scene) => [spans(call(scene, "a", "b", 1)[0]!)],
		async check(stage) {
			expect(between((await fold(stage)).edges, service(stage, "a"), service(stage, "b"))).toBeUndefined();
			await stage.send("traces", spans(call(stage, "a", "b", 1)[1]!).body);
			await stage.settle();
			expect(between((await fold(stage)).edges, service(stage, "a"), service(stage, "b"))?.calls).toBe(1);
		},
	},
	{
		name: "coverage counts the spans, the pairs, and what could not be paired",
		exports: (scene) => [
			spans(
				...call(scene, "a", "b", 1),
				single(scene, 30, { name: "to nowhere" }),
				single(scene, 31, { kind: "server", parent: scene.spanId(999) }),
			),
		],
		async check(stage) {
			const { coverage } = await fold(stage);
			expect(coverage.spans).toBeGreaterThanOrEqual(4);
			expect(coverage.paired).toBeGreaterThanOrEqual(1);
			expect(coverage.unmatchedClients).toBeGreaterThanOrEqual(1);
			expect(coverage.orphans).toBeGreaterThanOrEqual(1);
			expect(coverage.meanWeight).toBeGreaterThanOrEqual(1);
		},
	},
	{
		name: "an environment that is left out is not in the topology",
		exports: (scene) => [
			spans(
				...call(scene, "a", "b", 1).map((s) => ({
					...s,
					resource: { "deployment.environment.name": "demo-of-the-kit" },
				})),
				...call(scene, "c", "d", 2),
			),
		],
		async check(stage) {
			const answer = await stage.backend.traces.topology(
				stage.window,
				stage.call({ excludeEnvironments: ["demo-of-the-kit"] }),
			);
			const ids = answer.data.nodes.map((n) => n.id);
			expect(ids).not.toContain(service(stage, "a"));
			expect(ids).toContain(service(stage, "c"));
			expect(between(answer.data.edges, service(stage, "c"), service(stage, "d"))?.calls).toBe(1);
		},
	},
	{
		name: "a window without spans is an empty topology with likely reasons",
		async check(stage) {
			const answer = await stage.backend.traces.topology(
				{ fromUnixNano: 0n, toUnixNano: 60_000_000_000n },
				stage.call(),
			);
			expect([answer.status, answer.data.nodes, answer.data.edges]).toEqual(["empty", [], []]);
			expect(answer.reasons.length).toBeGreaterThan(0);
		},
	},
];
