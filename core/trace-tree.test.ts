import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { criticalPath } from "./critical-path.ts";
import type { SpanCore } from "./model.ts";
import { awkwardTrace, nestedTrace, shuffled, spanOf } from "./testing-spans.ts";
import { buildTraceTree, flagNames, type TraceTree } from "./trace-tree.ts";

/** The tree as people would draw it: indentation, name, service where it matters, flags. */
function draw(tree: TraceTree): string[] {
	return tree.spans.map((span, row) => {
		const flags = flagNames(tree.flags[row] ?? 0).join(" ");
		return `${"  ".repeat(tree.depth[row] ?? 0)}${span?.name ?? "?"}${flags === "" ? "" : ` [${flags}]`}`;
	});
}

const server = { kind: "server", service: "cart" } as const;
const client = { kind: "client", service: "web" } as const;

test.each<[string, SpanCore[], string[]]>([
	["nothing", [], []],
	["one span", [spanOf("a", null, 0, 10)], ["a [root]"]],
	[
		"children in the order of their start",
		[spanOf("c", "a", 5, 6), spanOf("a", null, 0, 10), spanOf("d", "b", 2, 3), spanOf("b", "a", 1, 4)],
		["a [root]", "  b", "    d", "  c"],
	],
	[
		"of children that start together the longer first",
		[spanOf("a", null, 0, 10), spanOf("b", "a", 1, 2), spanOf("c", "a", 1, 9)],
		["a [root]", "  c", "  b"],
	],
	[
		"one placeholder for each missing parent, in its place in time",
		[spanOf("a", null, 5, 10), spanOf("b", "x", 1, 2), spanOf("c", "x", 3, 4), spanOf("d", "y", 6, 7)],
		["? [placeholder]", "  b [orphan]", "  c [orphan]", "a [root]", "? [placeholder]", "  d [orphan]"],
	],
	[
		"several roots",
		[spanOf("b", null, 5, 9), spanOf("a", null, 0, 10), spanOf("c", "b", 6, 7)],
		["a [root]", "b [root]", "  c"],
	],
	["exact duplicates once", [spanOf("a", null, 0, 1), spanOf("a", null, 0, 1, { arrival: 7 })], ["a [root]"]],
	[
		"of two versions the one that ends later",
		[spanOf("a", null, 0, 90, { name: "late" }), spanOf("a", null, 0, 10, { name: "early" })],
		["late [root superseded]"],
	],
	[
		"client and server under one id, each child below its own half",
		[
			spanOf("x", null, 0, 100, { ...client, name: "get" }),
			spanOf("x", null, 10, 90, { ...server, name: "get /cart" }),
			spanOf("db", "x", 20, 80, { service: "cart", kind: "client" }),
			spanOf("log", "x", 95, 96, { service: "web" }),
			spanOf("other", "x", 30, 31, { service: "third" }),
		],
		["get [root]", "  get /cart", "    db", "    other", "  log"],
	],
	["a span that is its own parent", [spanOf("a", "a", 0, 10), spanOf("b", "a", 1, 2)], ["a [cycle]", "  b"]],
	[
		"a circle of parents, cut at its earliest span",
		[spanOf("c", "b", 2, 3), spanOf("a", "c", 1, 9), spanOf("b", "a", 2, 4), spanOf("d", "c", 3, 3)],
		["a [cycle]", "  b", "    c", "      d"],
	],
	[
		"another clock: a server that starts before its client",
		[spanOf("c", null, 65, 160, client), spanOf("s", "c", 0, 94, server)],
		["c [root]", "  s [skewed]"],
	],
	[
		"another clock: a server that starts after its client was answered",
		[spanOf("c", null, 0, 10, client), spanOf("s", "c", 11, 15, server)],
		["c [root]", "  s [skewed]"],
	],
	[
		"no skew where a client gave up, a consumer came late, or one service's spans are out of step",
		[
			spanOf("a", null, 0, 10, { service: "web" }),
			spanOf("c", "a", 0, 10, { ...client, statusCode: "error" }),
			spanOf("s", "c", 11, 15, server),
			spanOf("p", "a", 2, 3, { kind: "producer", service: "web" }),
			spanOf("q", "p", 50, 60, { kind: "consumer", service: "mail" }),
			spanOf("i", "q", 49, 55, { service: "mail" }),
		],
		["a [root]", "  c", "    s", "  p", "    q", "      i"],
	],
])("the tree shows %s", (_, spans, drawing) => {
	expect(draw(buildTraceTree(spans))).toEqual(drawing);
});

test("the facts count spans, errors, orphans and levels, and name the root", () => {
	const tree = buildTraceTree([
		spanOf("a", null, 0, 100, { service: "web" }),
		spanOf("b", "a", 10, 60, { service: "cart", statusCode: "error" }),
		spanOf("c", "b", 20, 120, { service: "cart" }),
		spanOf("d", "gone", 5, 6, { service: "mail" }),
	]);
	expect(tree).toMatchObject({ spanCount: 4, rowCount: 5, errorCount: 1, orphans: 1, depthMax: 3, durationNs: 120 });
	expect(tree.root).toMatchObject({ service: "web", name: "a", missing: false, row: 0 });
	expect(tree.services).toEqual([
		{ service: "cart", spans: 2, errors: 1, selfNs: 110 },
		{ service: "mail", spans: 1, errors: 0, selfNs: 1 },
		{ service: "web", spans: 1, errors: 0, selfNs: 50 },
	]);
});

test("a trace whose root has not arrived is named after its earliest span", () => {
	const tree = buildTraceTree([spanOf("b", "a", 10, 20, { service: "cart" }), spanOf("c", "a", 5, 9)]);
	expect(tree.root).toMatchObject({ missing: true, service: "shop", name: "c", row: 0 });
	expect(tree.startNs[0]).toBe(0);
	expect(tree.durationsNs[0]).toBe(15);
	expect(tree.selfNs[0]).toBe(0);
});

test("zero is a time and a duration", () => {
	const tree = buildTraceTree([
		spanOf("a", null, 0, 0, { startUnixNano: 0n }),
		spanOf("b", "a", 0, 0, { startUnixNano: 0n }),
	]);
	expect(tree).toMatchObject({ startUnixNano: 0n, durationNs: 0, spanCount: 2 });
	expect(criticalPath(tree)).toEqual([]);
});

describe("whatever the spans", () => {
	test("their order and duplicates change nothing", () => {
		fc.assert(
			fc.property(
				awkwardTrace.chain((spans) => fc.tuple(fc.constant(spans), shuffled(spans))),
				([spans, again]) => {
					const tree = buildTraceTree(spans);
					expect(buildTraceTree(again)).toEqual({ ...tree, traceId: tree.traceId });
					expect(criticalPath(buildTraceTree(again))).toEqual(criticalPath(tree));
				},
			),
		);
	});

	test("every span has one row, below its parent's, and subtrees are contiguous", () => {
		fc.assert(
			fc.property(awkwardTrace, (spans) => {
				const tree = buildTraceTree(spans);
				const keys = new Set(spans.map((span) => `${span.spanId} ${span.service} ${span.kind}`));
				expect(tree.spanCount).toBe(keys.size);
				for (let row = 0; row < tree.rowCount; row++) {
					const up = tree.parent[row] ?? -1;
					expect(up).toBeLessThan(row);
					if (up < 0) continue;
					expect(tree.depth[row]).toBe((tree.depth[up] ?? 0) + 1);
					expect(row + (tree.subtree[row] ?? 0)).toBeLessThanOrEqual(up + (tree.subtree[up] ?? 0));
				}
			}),
		);
	});

	test("the critical path's sections never overlap and fill the root exactly", () => {
		fc.assert(
			fc.property(awkwardTrace, (spans) => {
				const tree = buildTraceTree(spans);
				const path = criticalPath(tree);
				const top = tree.root?.row ?? 0;
				let cursor = tree.startNs[top] ?? 0;
				const end = cursor + (tree.durationsNs[top] ?? 0);
				for (const section of path) {
					expect(section.startNs).toBe(cursor);
					expect(section.endNs).toBeGreaterThan(section.startNs);
					cursor = section.endNs;
				}
				expect(cursor).toBe(end);
			}),
		);
	});

	test("self times sum to the root's duration when children nest without overlapping", () => {
		fc.assert(
			fc.property(nestedTrace, (spans) => {
				const tree = buildTraceTree(spans);
				expect(tree.selfNs.reduce((sum, self) => sum + self, 0)).toBe(1000);
				expect(tree.selfNs.every((self) => self >= 0)).toBe(true);
			}),
		);
	});

	test("and to no less otherwise", () => {
		fc.assert(
			fc.property(awkwardTrace, (spans) => {
				const tree = buildTraceTree([spanOf("root", null, 0, 60), ...spans]);
				const top = tree.spans.findIndex((span) => span?.name === "root");
				const self = tree.selfNs.subarray(top, top + (tree.subtree[top] ?? 0)).reduce((sum, value) => sum + value, 0);
				expect(self).toBeGreaterThanOrEqual(60);
			}),
		);
	});
});

test("a chain of 100,000 spans is a trace like any other", () => {
	const spans: SpanCore[] = [];
	for (let i = 0; i < 100_000; i++) spans.push(spanOf(String(i), i === 0 ? null : String(i - 1), i, 200_000 - i));
	const tree = buildTraceTree(spans.reverse());
	expect(tree.depthMax).toBe(100_000);
	expect(criticalPath(tree)).toHaveLength(199_999);
});
