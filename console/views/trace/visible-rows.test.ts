import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawnTrace } from "./drawn-trace.ts";
import { buildTraceTree } from "./trace-tree.ts";
import { collapseBelow, countBetween, positionOf, revealRow, visibleRows } from "./visible-rows.ts";

const tree = buildTraceTree(
	drawnTrace(`
		gateway POST /checkout 0+100
		  orders POST /orders 10+80
		    pg SELECT 20+5
		    pg INSERT 30+5
		  cart GET /cart 91+5
		    redis GET 92+1
		late root 120+1
	`),
);

/** Any forest: each row is put under an earlier open row. */
const forests = fc.array(fc.nat(6), { minLength: 1, maxLength: 60 }).map((steps) => {
	const parent: number[] = [];
	const subtree: number[] = [];
	const depth: number[] = [];
	const open: number[] = [];
	steps.forEach((step, row) => {
		open.length = Math.min(step, open.length);
		for (const above of open) subtree[above]!++;
		parent.push(open.at(-1) ?? -1);
		depth.push(open.length);
		subtree.push(1);
		open.push(row);
	});
	return {
		count: steps.length,
		parent: Int32Array.from(parent),
		subtree: Uint32Array.from(subtree),
		depth: Uint32Array.from(depth),
	};
});

describe("rows under collapse", () => {
	it("shows everything when nothing is collapsed", () => {
		expect([...visibleRows(tree, new Uint8Array(7), null)]).toEqual([0, 1, 2, 3, 4, 5, 6]);
	});

	it("hides the whole subtree of a collapsed row and nothing else", () => {
		expect([...visibleRows(tree, Uint8Array.of(0, 1, 0, 0, 0, 0, 0), null)]).toEqual([0, 1, 4, 5, 6]);
		expect([...visibleRows(tree, Uint8Array.of(1, 0, 0, 0, 1, 0, 0), null)]).toEqual([0, 6]);
	});

	it("skips rows that a mask leaves out, with their subtrees", () => {
		expect([...visibleRows(tree, new Uint8Array(7), Uint8Array.of(1, 1, 0, 1, 0, 0, 0))]).toEqual([0, 1, 3]);
	});

	it("shows a row exactly when none of its ancestors is collapsed, in any forest", () => {
		fc.assert(
			fc.property(forests, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (forest, flags) => {
				const collapsed = Uint8Array.from(flags.slice(0, forest.count), Number);
				const expected: number[] = [];
				for (let row = 0; row < forest.count; row++) {
					let hidden = false;
					for (let above = forest.parent[row]!; above >= 0; above = forest.parent[above]!)
						hidden ||= collapsed[above] === 1;
					if (!hidden) expected.push(row);
				}
				expect([...visibleRows(forest, collapsed, null)]).toEqual(expected);
			}),
		);
	});

	it("reveals any row by opening only its ancestors", () => {
		fc.assert(
			fc.property(forests, fc.nat(59), (forest, pick) => {
				const row = pick % forest.count;
				const collapsed = collapseBelow(forest, 0);
				const revealed = revealRow(forest, collapsed, row);
				expect(visibleRows(forest, revealed, null)).toContain(row);
				for (let other = 0; other < forest.count; other++)
					if (revealed[other] !== collapsed[other])
						expect(row > other && row < other + forest.subtree[other]!).toBe(true);
			}),
		);
	});

	it("does not copy when the row is already in view", () => {
		const collapsed = Uint8Array.of(0, 1, 0, 0, 0, 0, 0);
		expect(revealRow(tree, collapsed, 5)).toBe(collapsed);
	});

	it("collapses from a depth on", () => {
		expect([...visibleRows(tree, collapseBelow(tree, 1), null)]).toEqual([0, 1, 4, 6]);
		expect([...visibleRows(tree, collapseBelow(tree, Number.POSITIVE_INFINITY), null)]).toHaveLength(7);
	});

	it("finds a row's position, and where an absent one would be", () => {
		const rows = Uint32Array.of(0, 1, 4, 6);
		expect(positionOf(rows, 4)).toBe(2);
		expect(~positionOf(rows, 5)).toBe(3);
		expect(countBetween(rows, 1, 6)).toBe(2);
	});
});
