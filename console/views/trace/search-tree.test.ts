import { describe, expect, it } from "vitest";
import { drawnTrace } from "./drawn-trace.ts";
import { matchStretches, queryWords, searchTree, stepTo } from "./search-tree.ts";
import { buildTraceTree } from "./trace-tree.ts";

const tree = buildTraceTree(
	drawnTrace(`
		gateway POST /checkout 0+100
		  orders POST /orders 10+80 !
		    pg SELECT orders 20+5
		  cart GET /cart 91+5 #00000000cafe0001
	`),
);

describe("search within a trace", () => {
	it.each([
		["", []],
		["post", [0, 1]],
		["ORDERS", [1, 2]],
		["orders post", [1]],
		['"select orders"', [2]],
		["cafe0001", [3]],
		["error", [1]],
		["root", [0]],
		["nothing", []],
	])("%j finds rows %j", (query, rows) => {
		expect([...searchTree(tree, query, null)]).toEqual(rows);
	});

	it("looks into attributes where they are known", () => {
		const attributes = new Map([[tree.spanIds[2]!, "db.statement select * from orders where id = 4711"]]);
		expect([...searchTree(tree, "4711", attributes)]).toEqual([2]);
		expect([...searchTree(tree, "4711 pg", attributes)]).toEqual([2]);
	});

	it("steps through its matches and round the ends", () => {
		const rows = Uint32Array.of(2, 5, 9);
		expect(stepTo(rows, 5, 1)).toBe(9);
		expect(stepTo(rows, 9, 1)).toBe(2);
		expect(stepTo(rows, 2, -1)).toBe(9);
		expect(stepTo(rows, 6, 1)).toBe(9);
		expect(stepTo(rows, 6, -1)).toBe(5);
		expect(stepTo(rows, -1, 1)).toBe(2);
		expect(stepTo(new Uint32Array(0), 4, 1)).toBe(-1);
	});

	it("marks what it matched without overlap", () => {
		expect(matchStretches("GET /cart/cart", ["cart", "art"])).toEqual([
			{ from: 5, to: 9 },
			{ from: 10, to: 14 },
		]);
		expect(queryWords('  A "b C" ""')).toEqual(["a", "b c"]);
	});
});
