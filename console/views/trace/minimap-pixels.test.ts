import { describe, expect, it } from "vitest";
import { drawnTrace } from "./drawn-trace.ts";
import { concurrency, packColour, paintMinimap, parseColour } from "./minimap-pixels.ts";
import { buildTraceTree } from "./trace-tree.ts";

const tree = buildTraceTree(
	drawnTrace(`
		a root 0+10
		  b first 0+5
		  b second 5+5 !
	`),
);
const whole = { fromNs: 0, toNs: 10e6 };

describe("minimap", () => {
	it("paints each span at its time in its service's colour, errors over everything", () => {
		const pixels = paintMinimap(tree, whole, 10, 3, Uint32Array.of(1, 2), 9, 1);
		const drawing = [0, 1, 2].map((y) => [...pixels.subarray(y * 10, y * 10 + 10)].join(""));
		expect(drawing).toEqual(["1111111111", "2222200000", "0000099999"]);
	});

	it("counts the spans at work", () => {
		expect([...concurrency(tree, whole, 3)]).toEqual([2, 3, 2]);
	});

	it("keeps spans without duration visible", () => {
		const instants = buildTraceTree(drawnTrace("a point 10+0"));
		expect([...paintMinimap(instants, whole, 10, 1, Uint32Array.of(7), 9, 1)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
		expect([...concurrency(instants, whole, 4)]).toEqual([0, 0, 0, 1]);
	});

	it.each([
		["#ff8000", packColour(255, 128, 0)],
		["#f80", packColour(255, 136, 0)],
		["var(--x)", packColour(134, 142, 150)],
	])("reads the colour %s", (css, packed) => {
		expect(parseColour(css)).toBe(packed);
	});
});
