import { describe, expect, it } from "vitest";
import { drawnTrace } from "./drawn-trace.ts";
import { SpanIndex } from "./span-key.ts";
import { buildTraceTree, criticalByService, criticalMask, flagsOf, groupByRow } from "./trace-tree.ts";

const skeleton = drawnTrace(`
	gateway POST /checkout 0+100
	  orders POST /orders -5+80 !
	    pg SELECT 20+5 #00000000000000aa
	      pg served 21+3 #00000000000000aa
	  cart GET /cart 91+25
`);
skeleton.criticalPath = [
	{ spanId: "", row: 1, startNs: 0, endNs: 75e6 },
	{ spanId: "", row: 0, startNs: 75e6, endNs: 91e6 },
	{ spanId: "", row: 4, startNs: 91e6, endNs: 100e6 },
];
const tree = buildTraceTree(skeleton);

describe("the trace as arrays", () => {
	it("spans from the earliest start, though negative, to the latest end", () => {
		expect([tree.fromNs, tree.toNs, tree.maxDepth]).toEqual([-5e6, 116e6, 3]);
	});

	it("refuses columns of different lengths", () => {
		const torn = structuredClone(skeleton);
		torn.columns.error.pop();
		expect(() => buildTraceTree(torn)).toThrow("column error has 4 of 5 rows");
	});

	it("knows the rows of the critical path with what is above them", () => {
		expect([...criticalMask(tree)]).toEqual([1, 1, 0, 0, 1]);
		expect(criticalByService(tree)).toEqual([
			{ service: "orders", ns: 75e6 },
			{ service: "gateway", ns: 16e6 },
			{ service: "cart", ns: 9e6 },
		]);
	});

	it("names flags by their bits", () => {
		expect(flagsOf(tree, 0)).toEqual(["root"]);
		expect(flagsOf(tree, 1)).toEqual([]);
	});

	it("groups items by row in their order and leaves out those of no row", () => {
		const { offset, order } = groupByRow([2, -1, 0, 2, 9], 3);
		expect([...offset]).toEqual([0, 1, 1, 3]);
		expect([...order]).toEqual([2, 0, 3]);
	});
});

describe("spans in the URL", () => {
	const index = new SpanIndex(tree);
	it("are told apart when they share an id, and come back to the same row", () => {
		expect(index.keyOf(tree, 3)).toBe("00000000000000aa~2");
		for (let row = 0; row < tree.count; row++) expect(index.rowOf(index.keyOf(tree, row))).toBe(row);
	});
	it.each(["ffffffffffffffff", "", "x~y", "00000000000000aa~7"])("that do not exist (%j) are no row", (key) => {
		expect(index.rowOf(key)).toBe(-1);
	});
});
