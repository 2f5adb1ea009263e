import { expect, test } from "vitest";
import { curve, layoutGraph } from "./layout.ts";

const size = { width: 100, height: 40 };

test("callers stand before what they call, and nothing overlaps", () => {
	const ids = ["a", "b", "c", "d"];
	const layout = layoutGraph({
		nodes: ids.map((id) => ({ id, ...size })),
		edges: [
			{ id: "ab", caller: "a", callee: "b" },
			{ id: "ac", caller: "a", callee: "c" },
			{ id: "bd", caller: "b", callee: "d" },
		],
		label: null,
		direction: "LR",
	});
	const at = (id: string) => layout.nodes[id] as { x: number; y: number };
	expect(at("a").x).toBeLessThan(at("b").x);
	expect(at("b").x).toBeLessThan(at("d").x);
	for (const one of ids) {
		for (const other of ids.filter((id) => id > one)) {
			const apart = Math.abs(at(one).x - at(other).x) >= size.width || Math.abs(at(one).y - at(other).y) >= size.height;
			expect(apart, `${one} and ${other}`).toBe(true);
		}
	}
	expect(layout.edges.ab?.points.length).toBeGreaterThan(1);
	expect(layout.edges.ab?.label).toBeNull();
});

test("a cycle, a call to itself and two kinds of edge between the same two are all laid out", () => {
	const layout = layoutGraph({
		nodes: [
			{ id: "a", ...size },
			{ id: "b", ...size },
		],
		edges: [
			{ id: "call", caller: "a", callee: "b" },
			{ id: "message", caller: "a", callee: "b" },
			{ id: "back", caller: "b", callee: "a" },
			{ id: "self", caller: "a", callee: "a" },
		],
		label: { width: 60, height: 12 },
		direction: "TB",
	});
	for (const id of ["call", "message", "back", "self"])
		expect(curve(layout.edges[id]?.points ?? [])).toMatch(/^M[\d.-]+,[\d.-]+/);
});

test("a curve begins at its first point and ends at its last", () => {
	expect(
		curve([
			{ x: 0, y: 0 },
			{ x: 5, y: 5 },
			{ x: 10, y: 0 },
		]),
	).toBe("M0.0,0.0Q5.0,5.0 7.5,2.5L10.0,0.0");
	expect(curve([])).toBe("");
});
