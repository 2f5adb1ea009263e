import fc from "fast-check";
import { expect, test } from "vitest";
import { strongComponents } from "./strong-components.ts";

test.each<[string, number[][], number[][]]>([
	["nothing", [], []],
	["a chain", [[1], [2], []], []],
	["a node that points to itself", [[0]], []],
	["a circle", [[1], [2], [0]], [[0, 1, 2]]],
	[
		"two circles joined one way",
		[[1], [0, 2], [3], [2]],
		[
			[0, 1],
			[2, 3],
		],
	],
	["a figure of eight", [[1, 2], [0], [0]], [[0, 1, 2]]],
])("%s", (_, next, components) => {
	const found = strongComponents(next).map((members) => members.sort((a, b) => a - b));
	expect(found.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))).toEqual(components);
});

test("two nodes are in one component when each reaches the other", () => {
	const graph = fc.array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 8, maxLength: 8 });
	fc.assert(
		fc.property(graph, (next) => {
			const reach = next.map((_, from) => {
				const seen = new Set<number>();
				const waiting = [from];
				for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
					for (const to of next[at] ?? []) if (!seen.has(to) && seen.add(to)) waiting.push(to);
				}
				return seen;
			});
			const componentOf = new Map(strongComponents(next).flatMap((members, c) => members.map((m) => [m, c])));
			for (let a = 0; a < 8; a++) {
				for (let b = 0; b < a; b++) {
					const together = componentOf.has(a) && componentOf.get(a) === componentOf.get(b);
					expect(together).toBe(reach[a]?.has(b) === true && reach[b]?.has(a) === true);
				}
			}
		}),
	);
});

test("a ring of 100,000 nodes is one component", () => {
	const next = Array.from({ length: 100_000 }, (_, i) => [(i + 1) % 100_000]);
	expect(strongComponents(next).map((members) => members.length)).toEqual([100_000]);
});
