/** Traces by id: whatever order, spelling, size or shape they arrive in, all of it comes back and nothing twice. */
import { expect } from "vitest";
import type { Span, SpanCore } from "../../core/model.ts";
import { type Case, MS, S, type Scene, type Stage } from "./scene.ts";
import { Bytes, Double, type SpanSpec, spans } from "./telemetry.ts";

/** The model's identity of a span: a store may hold both copies of a retransmitted one, a reader of the tree sees one. */
const identity = (s: SpanCore) => `${s.spanId} ${s.service} ${s.kind}`;

async function wholeTrace(stage: Stage, traceId = stage.traceId()): Promise<Span[]> {
	const answer = await stage.backend.traces.trace(traceId, stage.call({ limit: 200_000 }));
	expect(answer.status, answer.reasons.join("; ")).toBe("ok");
	return answer.data;
}

/** gateway -> orders -> a database call, 100 ms in all. */
export function smallTrace(scene: Scene, traceId = scene.traceId()): SpanSpec[] {
	return [
		{
			traceId,
			spanId: scene.spanId(1),
			service: scene.service("gateway"),
			name: "GET /orders",
			kind: "server",
			start: scene.at(0),
			durationNs: 100 * MS,
			attributes: { "http.request.method": "GET", "http.route": "/orders" },
		},
		{
			traceId,
			spanId: scene.spanId(2),
			parent: scene.spanId(1),
			service: scene.service("gateway"),
			name: "GET",
			kind: "client",
			start: scene.at(0.01),
			durationNs: 80 * MS,
			attributes: { "server.address": "orders" },
		},
		{
			traceId,
			spanId: scene.spanId(3),
			parent: scene.spanId(2),
			service: scene.service("orders"),
			name: "GET /orders",
			kind: "server",
			start: scene.at(0.02),
			durationNs: 60 * MS,
			attributes: { "http.route": "/orders" },
		},
		{
			traceId,
			spanId: scene.spanId(4),
			parent: scene.spanId(3),
			service: scene.service("orders"),
			name: "SELECT orders",
			kind: "client",
			start: scene.at(0.03),
			durationNs: 40 * MS,
			attributes: { "db.system": "postgresql", "db.namespace": "shop", "server.address": "db" },
		},
	];
}

const scriptTag = `<script>alert("x")</script><img src=x onerror=alert(1)>`;
const longText = "ß".repeat(32 * 1024);
const typed = {
	text: "Grüße, 世界 🌍 \u202e",
	whole: 42,
	negative: -7,
	fraction: 72.5,
	yes: true,
	no: false,
	list: ["a", 1, 2.5, true],
	map: { inner: "x", deeper: { n: 1 } },
	empty: "",
};

/** 20,000 spans over 23 services, a chain with fans: deep enough to break recursion, wide enough to break paging. */
function largeTrace(scene: Scene): SpanSpec[] {
	return Array.from({ length: 20_000 }, (_, i) => ({
		traceId: scene.traceId(),
		spanId: scene.spanId(i + 1),
		parent: i === 0 ? undefined : scene.spanId(i % 4 === 0 ? i : i - (i % 4) + 1),
		service: scene.service(`s${i % 23}`),
		name: `op ${i % 50}`,
		kind: i === 0 ? ("server" as const) : ("internal" as const),
		start: scene.at(i / 100_000),
		durationNs: 1000 + i,
		attributes: { i },
	}));
}

export const traceCases: Case[] = [
	{
		name: "a trace comes back by its id with every span, in a tree that holds",
		exports: (scene) => [spans(...smallTrace(scene))],
		async check(stage) {
			const got = await wholeTrace(stage);
			expect(got.map((s) => s.spanId).sort()).toEqual([1, 2, 3, 4].map(stage.spanId));
			const byId = new Map(got.map((s) => [s.spanId, s]));
			expect(byId.get(stage.spanId(1))).toMatchObject({
				parentSpanId: null,
				service: stage.service("gateway"),
				name: "GET /orders",
				kind: "server",
				startUnixNano: stage.at(0),
				durationNs: 100 * MS,
				statusCode: "unset",
				weight: 1,
			});
			expect(byId.get(stage.spanId(4))!.parentSpanId).toBe(stage.spanId(3));
		},
	},
	{
		name: "a trace that was sent a moment ago is found by its id within ten seconds",
		async check(stage) {
			await stage.send("traces", spans(...smallTrace(stage)).body);
			await expect
				.poll(async () => (await stage.backend.traces.trace(stage.traceId(), stage.call())).data.length, {
					timeout: 10_000,
					interval: 50,
				})
				.toBe(4);
		},
	},
	{
		name: "the skeleton says the same as the whole trace",
		exports: (scene) => [spans(...smallTrace(scene))],
		async check(stage) {
			const whole = await wholeTrace(stage);
			const skeleton = await stage.backend.traces.skeleton(stage.traceId(), stage.call());
			expect(skeleton.status).toBe("ok");
			const core = (s: SpanCore) => [
				s.traceId,
				s.spanId,
				s.parentSpanId,
				s.service,
				s.name,
				s.kind,
				s.startUnixNano,
				s.durationNs,
				s.statusCode,
				s.route,
				s.peer,
				s.weight,
				s.eventCount,
				s.links.map((l) => l.spanId),
			];
			const sorted = (list: SpanCore[]) => list.map(core).sort((a, b) => String(a[1]).localeCompare(String(b[1])));
			expect(sorted(skeleton.data)).toEqual(sorted(whole));
			const entry = skeleton.data.find((s) => s.spanId === stage.spanId(3))!;
			expect(entry.route).toBe("/orders");
			expect(skeleton.data.find((s) => s.spanId === stage.spanId(4))!.peer).toMatch(/^database:postgresql/);
		},
	},
	...[
		{ name: "a trace id with leading zeros keeps them", id: (scene: Scene) => `0000${scene.traceId().slice(4)}` },
		{ name: "a 64-bit trace id stays whole, padded", id: (scene: Scene) => "0".repeat(16) + scene.traceId().slice(16) },
	].map(
		({ name, id }): Case => ({
			name,
			exports: (scene) => [spans(...smallTrace(scene, id(scene)))],
			async check(stage) {
				const got = await wholeTrace(stage, id(stage));
				expect(got).toHaveLength(4);
				expect(new Set(got.map((s) => s.traceId))).toEqual(new Set([id(stage)]));
				const found = await stage.backend.traces.search(
					{
						window: stage.window,
						filter: { kind: "compare", field: "service", op: "=", value: stage.service("gateway") },
						status: null,
						order: "newest",
					},
					stage.call(),
				);
				expect(found.data.map((t) => t.traceId)).toEqual([id(stage)]);
			},
		}),
	),
	{
		name: "a trace split over several exports, last span first, is one trace",
		exports: (scene) =>
			smallTrace(scene)
				.reverse()
				.map((s) => spans(s)),
		async check(stage) {
			expect((await wholeTrace(stage)).map((s) => s.spanId).sort()).toEqual([1, 2, 3, 4].map(stage.spanId));
		},
	},
	{
		name: "a retransmitted export makes no second span and no second call",
		exports: (scene) => [spans(...smallTrace(scene)), spans(...smallTrace(scene)), spans(...smallTrace(scene))],
		async check(stage) {
			const got = await wholeTrace(stage);
			expect(new Set(got.map(identity)).size).toBe(4);
			const found = await stage.backend.traces.search(
				{
					window: stage.window,
					filter: { kind: "compare", field: "service", op: "=", value: stage.service("orders") },
					status: null,
					order: "newest",
				},
				stage.call(),
			);
			expect(found.data).toHaveLength(1);
			expect(found.data[0]!.spanCount).toBe(4);
			const topology = await stage.backend.traces.topology(stage.window, stage.call());
			const edge = topology.data.edges.find((e) => e.callee === `service:${stage.service("orders")}`);
			expect(edge?.calls).toBe(1);
			const red = await stage.backend.metrics.red(
				{ services: [stage.service("orders")], byRoute: false, window: stage.window, stepNs: 60n * BigInt(S) },
				stage.call(),
			);
			expect(red.data[0]?.summary.calls).toBe(1);
		},
	},
	{
		name: "of two versions of one span the one with the later end can be told apart",
		exports: (scene) => {
			const [root] = smallTrace(scene);
			return [spans({ ...root!, durationNs: 5 * MS, name: "early" }), spans({ ...root!, name: "late" })];
		},
		async check(stage) {
			const got = await wholeTrace(stage);
			const last = got.reduce((a, b) => (a.durationNs >= b.durationNs ? a : b));
			expect(last).toMatchObject({ name: "late", durationNs: 100 * MS });
		},
	},
	{
		name: "client and server that share one span id are both there",
		exports: (scene) => {
			const [root, client, server] = smallTrace(scene);
			return [spans(root!, client!, { ...server!, spanId: client!.spanId, parent: root!.spanId })];
		},
		async check(stage) {
			const shared = await stage.backend.traces.span(stage.traceId(), stage.spanId(2), stage.call());
			expect(shared.data.map((s) => s.kind).sort()).toEqual(["client", "server"]);
			expect(await wholeTrace(stage)).toHaveLength(3);
		},
	},
	{
		name: "a trace of 20,000 spans comes back without a loss, and its summary counts them",
		exports: (scene) => {
			const all = largeTrace(scene);
			return Array.from({ length: 10 }, (_, i) => spans(...all.slice(i * 2000, (i + 1) * 2000)));
		},
		async check(stage) {
			const skeleton = await stage.backend.traces.skeleton(stage.traceId(), stage.call({ limit: 200_000 }));
			expect(skeleton.status, skeleton.reasons.join("; ")).toBe("ok");
			expect(new Set(skeleton.data.map((s) => s.spanId)).size).toBe(20_000);
			const whole = await wholeTrace(stage);
			expect(whole).toHaveLength(20_000);
			expect(whole.every((s) => Number(`0x${s.spanId.slice(8)}`) === Number(s.attributes.i) + 1)).toBe(true);
			const found = await stage.backend.traces.search(
				{
					window: stage.window,
					filter: { kind: "compare", field: "service", op: "=", value: stage.service("s7") },
					status: null,
					order: "newest",
				},
				stage.call(),
			);
			expect(found.data.map((t) => [t.spanCount, t.services.length])).toEqual([[20_000, 23]]);
		},
	},
	{
		name: "a trace cut by the limit says that it is partial",
		exports: (scene) => [spans(...smallTrace(scene))],
		async check(stage) {
			const answer = await stage.backend.traces.trace(stage.traceId(), stage.call({ limit: 2 }));
			expect(answer.data).toHaveLength(2);
			expect(answer.status).toBe("partial");
			expect(answer.reasons.join(" ")).toMatch(/2/);
		},
	},
	{
		name: "a span whose parent never came keeps the parent's id",
		exports: (scene) => [spans(...smallTrace(scene).slice(1))],
		async check(stage) {
			const got = await wholeTrace(stage);
			expect(got.find((s) => s.spanId === stage.spanId(2))?.parentSpanId).toBe(stage.spanId(1));
			const found = await stage.backend.traces.search(
				{
					window: stage.window,
					filter: { kind: "compare", field: "service", op: "=", value: stage.service("orders") },
					status: null,
					order: "newest",
				},
				stage.call(),
			);
			expect(found.data[0]).toMatchObject({
				rootMissing: true,
				rootService: stage.service("gateway"),
				rootName: "GET",
			});
		},
	},
	{
		name: "spans under another clock keep the times they were sent with",
		exports: (scene) => {
			const all = smallTrace(scene);
			return [spans(all[0]!, all[1]!, { ...all[2]!, start: scene.at(-3) }, all[3]!)];
		},
		async check(stage) {
			const server = (await wholeTrace(stage)).find((s) => s.spanId === stage.spanId(3))!;
			expect([server.startUnixNano, server.durationNs]).toEqual([stage.at(-3), 60 * MS]);
		},
	},
	{
		name: "nanoseconds survive, and a duration of zero is a duration",
		exports: (scene) => [
			spans({
				traceId: scene.traceId(),
				spanId: scene.spanId(),
				service: scene.service("a"),
				name: "instant",
				start: scene.at(0) + 123_456_789n,
				durationNs: 0,
				events: [{ time: scene.at(0) + 123_456_790n, name: "tick" }],
			}),
		],
		async check(stage) {
			const [got] = await wholeTrace(stage);
			expect([got!.startUnixNano, got!.durationNs]).toEqual([stage.at(0) + 123_456_789n, 0]);
			expect(got!.events[0]!.timeUnixNano).toBe(stage.at(0) + 123_456_790n);
		},
	},
	{
		name: "attributes of every type, events, links, scope, status and trace state come back as they were sent",
		exports: (scene) => [
			spans({
				traceId: scene.traceId(),
				spanId: scene.spanId(1),
				service: scene.service("a"),
				name: scriptTag,
				kind: "producer",
				start: scene.at(0),
				durationNs: 5 * MS,
				status: "error",
				statusMessage: `refused: ${scriptTag}`,
				attributes: {
					...typed,
					blob: new Bytes("AAAwOQ=="),
					whole_double: new Double(3),
					script: scriptTag,
					long: longText,
				},
				resource: { "service.version": "1.2.3", "host.name": "h1" },
				scope: { name: "lib", version: "0.9" },
				traceState: "vendor=x",
				events: [{ time: scene.at(0.001), name: "exception", attributes: { "exception.type": "TypeError", n: 1 } }],
				links: [{ traceId: scene.traceId(9), spanId: scene.spanId(9), attributes: { why: "batch" } }],
			}),
		],
		async check(stage) {
			const [got] = await wholeTrace(stage);
			expect(got!.name).toBe(scriptTag);
			expect(got!.attributes).toEqual({
				...typed,
				blob: "AAAwOQ==",
				whole_double: 3,
				script: scriptTag,
				long: longText,
			});
			expect(got!.resource).toEqual({
				"service.name": stage.service("a"),
				"service.version": "1.2.3",
				"host.name": "h1",
			});
			expect(got).toMatchObject({
				kind: "producer",
				statusCode: "error",
				statusMessage: `refused: ${scriptTag}`,
				scopeName: "lib",
				scopeVersion: "0.9",
				traceState: "vendor=x",
				eventCount: 1,
				events: [
					{ timeUnixNano: stage.at(0.001), name: "exception", attributes: { "exception.type": "TypeError", n: 1 } },
				],
				links: [{ traceId: stage.traceId(9), spanId: stage.spanId(9), attributes: { why: "batch" } }],
			});
		},
	},
	{
		name: "a span sampled with ot=th stands for as many as its threshold says",
		exports: (scene) => [
			spans({
				traceId: scene.traceId(),
				spanId: scene.spanId(),
				service: scene.service("a"),
				name: "x",
				kind: "server",
				start: scene.at(0),
				durationNs: MS,
				traceState: "ot=th:c",
			}),
		],
		async check(stage) {
			expect((await wholeTrace(stage))[0]!.weight).toBeCloseTo(4);
		},
	},
	{
		name: "an id that nobody sent is empty, with likely reasons",
		async check(stage) {
			for (const ask of ["trace", "skeleton"] as const) {
				const answer = await stage.backend.traces[ask](stage.traceId(), stage.call());
				expect([answer.status, answer.data]).toEqual(["empty", []]);
				expect(answer.reasons.length).toBeGreaterThan(0);
			}
		},
	},
];
