import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SpanCore } from "./model.ts";
import { awkwardTrace, shuffled, spanIdOf, spanOf, TRACE } from "./testing-spans.ts";
import { findCycles, foldTopology, mergeTopologies, mergeTopology, type TopologyFold } from "./topology.ts";

/** `web -> cart 1 call of 80 (1 failed)`, sorted. */
function edgesOf({ edges }: TopologyFold): string[] {
	return edges.map(({ caller, callee, kind, calls, errors, latency }) => {
		const failed = errors > 0 ? ` (${errors} failed)` : "";
		const of = latency.count === 0 ? "" : ` of ${latency.max}`;
		return `${caller.replace("service:", "")} -> ${callee.replace("service:", "")} ${calls} ${kind}${of}${failed}`;
	});
}

const OTHER_TRACE = "f".repeat(32);
const web = (name: string, parent: string | null, start: number, end: number, more: Partial<SpanCore> = {}) =>
	spanOf(name, parent, start, end, { service: "web", kind: "client", ...more });
const cart = (name: string, parent: string | null, start: number, end: number, more: Partial<SpanCore> = {}) =>
	spanOf(name, parent, start, end, { service: "cart", kind: "server", ...more });
const KAFKA = { peer: "queue:kafka/orders" };
const linkTo = (name: string, traceId = TRACE) => ({ links: [{ traceId, spanId: spanIdOf(name), attributes: {} }] });

test.each<[string, SpanCore[], string[]]>([
	[
		"client and server are one call with the client's duration",
		[web("c", null, 0, 80), cart("s", "c", 10, 70)],
		["web -> cart 1 call of 80"],
	],
	[
		"a call fails when either side fails",
		[web("c", null, 0, 80, { statusCode: "error" }), cart("s", "c", 10, 70)],
		["web -> cart 1 call of 80 (1 failed)"],
	],
	[
		"client and server under one shared id are one call",
		[web("c", null, 0, 80), cart("c", null, 10, 70)],
		["web -> cart 1 call of 80"],
	],
	[
		"an internal span that calls out leaves duration and outcome to the child",
		[web("c", null, 0, 80, { kind: "internal", statusCode: "error" }), cart("s", "c", 10, 70)],
		["web -> cart 1 call of 60"],
	],
	[
		"without kinds, a parent with one call is its client",
		[web("c", null, 0, 80, { kind: "unspecified" }), cart("s", "c", 10, 70, { kind: "unspecified" })],
		["web -> cart 1 call of 80"],
	],
	[
		"without kinds, a parent of two calls is not",
		[
			web("c", null, 0, 80, { kind: "unspecified" }),
			cart("s", "c", 10, 30, { kind: "unspecified" }),
			cart("t", "c", 40, 70, { kind: "unspecified" }),
		],
		["web -> cart 2 call of 30"],
	],
	[
		"a client without a server leads to what its attributes name",
		[web("c", null, 0, 80, { peer: "database:postgresql/shop@db:5432" })],
		["web -> database:postgresql/shop@db:5432 1 call of 80"],
	],
	[
		"a server that answered is believed before the attributes",
		[web("c", null, 0, 80, { peer: "external:cart.local" }), cart("s", "c", 10, 70)],
		["web -> cart 1 call of 80"],
	],
	[
		"a client around a client is one call",
		[web("o", null, 0, 90, { peer: "external:cart.local" }), web("c", "o", 0, 80), cart("s", "c", 10, 70)],
		["web -> cart 1 call of 80"],
	],
	[
		"a self-call is a client and a server of one service",
		[cart("c", null, 0, 80, { kind: "client" }), cart("s", "c", 10, 70)],
		["cart -> cart 1 call of 80"],
	],
	["spans within a service call nobody", [cart("s", null, 0, 80), cart("i", "s", 10, 70, { kind: "internal" })], []],
	[
		"producer and consumer meet through their queue",
		[web("p", null, 0, 5, { kind: "producer", ...KAFKA }), cart("q", "p", 50, 60, { kind: "consumer", ...KAFKA })],
		["queue:kafka/orders -> cart 1 message of 10", "web -> queue:kafka/orders 1 message of 5"],
	],
	[
		"the queue may be named by one end alone",
		[
			web("p", null, 0, 5, { kind: "producer", peer: "queue:kafka" }),
			cart("q", "p", 50, 60, { kind: "consumer", ...KAFKA }),
		],
		["queue:kafka/orders -> cart 1 message of 10", "web -> queue:kafka/orders 1 message of 5"],
	],
	[
		"ends that name no queue meet directly",
		[web("p", null, 0, 5, { kind: "producer" }), cart("q", "p", 50, 60, { kind: "consumer", statusCode: "error" })],
		["web -> cart 1 message of 5 (1 failed)"],
	],
	[
		"one message taken by two is one in and two out",
		[
			web("p", null, 0, 5, { kind: "producer", ...KAFKA }),
			cart("q", "p", 50, 60, { kind: "consumer", ...KAFKA }),
			spanOf("r", "p", 50, 70, { service: "mail", kind: "consumer", ...KAFKA }),
		],
		[
			"queue:kafka/orders -> cart 1 message of 10",
			"queue:kafka/orders -> mail 1 message of 20",
			"web -> queue:kafka/orders 1 message of 5",
		],
	],
	[
		"they meet by link in another trace",
		[
			web("p", null, 0, 5, { kind: "producer", ...KAFKA }),
			cart("q", null, 50, 60, { kind: "consumer", traceId: OTHER_TRACE, ...linkTo("p") }),
		],
		["queue:kafka/orders -> cart 1 message of 10", "web -> queue:kafka/orders 1 message of 5"],
	],
	[
		"receiving around processing is one delivery",
		[cart("r", null, 50, 60, { kind: "consumer", ...KAFKA }), cart("q", "r", 51, 59, { kind: "consumer", ...KAFKA })],
		["queue:kafka/orders -> cart 1 message of 10"],
	],
	[
		"a consumer below a plain span of another service was sent something by it",
		[web("s", null, 0, 9, { kind: "server" }), cart("q", "s", 50, 60, { kind: "consumer", ...KAFKA })],
		["queue:kafka/orders -> cart 1 message of 10", "web -> queue:kafka/orders 1 message"],
	],
	[
		"a sampled call counts for all it stands for",
		[web("c", null, 0, 80, { weight: 10 }), cart("s", "c", 10, 70, { weight: 10 })],
		["web -> cart 10 call of 80"],
	],
])("%s", (_, spans, edges) => {
	expect(edgesOf(foldTopology(spans))).toEqual(edges);
	expect(edgesOf(foldTopology(spans.toReversed()))).toEqual(edges);
});

test("coverage counts pairs, the unmatched, orphans and sampling", () => {
	const { coverage } = foldTopology([
		web("c", null, 0, 80),
		cart("s", "c", 10, 70),
		web("lost", "c2", 0, 5),
		web("p", null, 0, 5, { kind: "producer" }),
		web("w", null, 0, 5, { kind: "internal", weight: 6 }),
	]);
	expect(coverage).toEqual({
		spans: 5,
		paired: 1,
		unmatchedClients: 1,
		unmatchedProducers: 1,
		orphans: 1,
		meanWeight: 2,
	});
});

test("samples are one for a trace, failing ones first, then slow ones, five at most", () => {
	const spans = Array.from({ length: 9 }, (_, i) =>
		web("c", null, 0, 10 * (i + 1), {
			traceId: String(i).repeat(32),
			peer: "service:x",
			statusCode: i === 2 ? "error" : "unset",
		}),
	);
	const fold = foldTopology(spans);
	expect(fold.edges[0]?.sampleTraceIds).toEqual(["2", "8", "7", "6", "5"].map((digit) => digit.repeat(32)));
	expect(mergeTopologies(spans.map((span) => foldTopology([span])))).toEqual(fold);
});

describe("whatever the spans", () => {
	/** Means of weights are the one number that adding up in another order may round otherwise. */
	const rounded = (fold: TopologyFold) => ({
		...fold,
		coverage: { ...fold.coverage, meanWeight: fold.coverage.meanWeight.toFixed(9) },
	});
	const moved = (span: SpanCore, traceId: string): SpanCore => ({
		...span,
		traceId,
		links: span.links.map((link) => ({ ...link, traceId })),
	});
	const traces = fc
		.array(awkwardTrace, { maxLength: 4 })
		.map((list) => list.map((spans, i) => spans.map((span) => moved(span, String(i).repeat(32)))));

	test("their order and duplicates change nothing", () => {
		fc.assert(
			fc.property(
				traces.map((list) => list.flat()).chain((spans) => fc.tuple(fc.constant(spans), shuffled(spans))),
				([spans, again]) => {
					expect(foldTopology(again)).toEqual(foldTopology(spans));
				},
			),
		);
	});

	test("the merge of the traces' folds is the fold of all, in any order and grouping", () => {
		fc.assert(
			fc.property(traces, (list) => {
				const folds = list.map((spans) => foldTopology(spans));
				const all = rounded(foldTopology(list.flat()));
				expect(rounded(mergeTopologies(folds))).toEqual(all);
				expect(rounded(mergeTopologies(folds.toReversed()))).toEqual(all);
				expect(rounded(folds.reduceRight((a, b) => mergeTopology(b, a), foldTopology([])))).toEqual(all);
			}),
		);
	});

	test("minutes folded with their neighbours in sight merge to the fold of all", () => {
		fc.assert(
			fc.property(
				traces.map((list) => list.flat()),
				(spans) => {
					const minute = (span: SpanCore) => Number(span.startUnixNano % 50n) % 3;
					const minutes = [0, 1, 2].map((m) => foldTopology(spans, { countOnly: (span) => minute(span) === m }));
					expect(rounded(mergeTopologies(minutes))).toEqual(rounded(foldTopology(spans)));
				},
			),
		);
	});
});

describe("circles", () => {
	/** Every two letters a call, each pair of one trace below the other. */
	const chain = (services: string, traceId: string): SpanCore[] =>
		[...services]
			.slice(1)
			.flatMap((callee, i) => [
				spanOf(`c${i}`, i === 0 ? null : `s${i - 1}`, i, 100 - i, { service: services[i], kind: "client", traceId }),
				spanOf(`s${i}`, `c${i}`, i, 100 - i, { service: callee, kind: "server", traceId }),
			]);
	const [T1, T2, T3] = ["1", "2", "3"].map((digit) => digit.repeat(32)) as [string, string, string];
	const ids = (...services: string[]) => services.map((service) => `service:${service}`);

	test("a round that one trace makes is shown with that trace", () => {
		expect(findCycles(foldTopology(chain("xabca", T1)))).toEqual([
			{ path: ids("a", "b", "c"), traceIdPerEdge: [T1, T1, T1], singleTrace: T1 },
		]);
	});

	test("a circle that only several traces make is shown with a trace for each of its calls", () => {
		const fold = foldTopology([...chain("ab", T1), ...chain("bc", T2), ...chain("ca", T3)]);
		expect(findCycles(fold)).toEqual([{ path: ids("a", "b", "c"), traceIdPerEdge: [T1, T2, T3], singleTrace: null }]);
	});

	test("the same round entered elsewhere is the same round, shown with its first trace", () => {
		const fold = mergeTopology(foldTopology(chain("bcab", T2)), foldTopology(chain("abca", T1)));
		expect(findCycles(fold)).toEqual([{ path: ids("a", "b", "c"), traceIdPerEdge: [T1, T1, T1], singleTrace: T1 }]);
	});

	test("two rounds of one trace are two circles", () => {
		expect(findCycles(foldTopology(chain("abaca", T1))).map(({ path }) => path)).toEqual([
			ids("a", "b"),
			ids("a", "c"),
		]);
	});

	test("of a thousand rounds the twenty shortest are kept", () => {
		const services = Array.from({ length: 1000 }, (_, i) => String.fromCharCode(0x4e00 + i));
		const fold = foldTopology(chain(`a${services.map((service) => `${service}a`).join("")}`, T1));
		expect(fold.traceCycles.map(({ path }) => path)).toEqual(services.slice(0, 20).map((service) => ids("a", service)));
		expect(mergeTopology(fold, fold).traceCycles).toEqual(fold.traceCycles);
	});

	test("a chain and a self-call are none", () => {
		expect(findCycles(foldTopology([...chain("abc", T1), ...chain("dd", T2)]))).toEqual([]);
	});

	test("a service that feeds itself through a queue is none; two that feed each other are one", () => {
		const send = (service: string, name: string, parent: string | null, queue: string) =>
			spanOf(name, parent, 0, 5, { service, kind: "producer", peer: queue });
		const take = (service: string, name: string, parent: string, queue: string) =>
			spanOf(name, parent, 6, 9, { service, kind: "consumer", peer: queue });
		const own = [send("a", "p", null, "queue:q/a"), take("a", "c", "p", "queue:q/a")];
		expect(findCycles(foldTopology(own))).toEqual([]);
		const round = [
			send("a", "p", null, "queue:q/b"),
			take("b", "c", "p", "queue:q/b"),
			send("b", "d", "c", "queue:q/a"),
			take("a", "e", "d", "queue:q/a"),
		];
		expect(findCycles(foldTopology(round))).toEqual([
			{
				path: ["queue:q/a", "service:a", "queue:q/b", "service:b"],
				traceIdPerEdge: [TRACE, TRACE, TRACE, TRACE],
				singleTrace: TRACE,
			},
		]);
	});
});
