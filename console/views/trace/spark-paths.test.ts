import { describe, expect, it } from "vitest";
import { sparkPaths } from "./spark-paths.ts";

const at = (values: (number | null)[]) => values.map((value, i) => ({ timeMs: i * 10, value }));
const draw = (values: (number | null)[], scale = { least: 0, reach: [] as number[] }) =>
	sparkPaths(at(values), 0, values.length * 10, 10, 100, 25, scale);

describe("small charts", () => {
	it("draw each interval at its middle, the largest value at the top", () => {
		expect(draw([0, 10]).line).toBe("M25 23L75 3");
	});
	it("are interrupted where there is no value", () => {
		expect(draw([1, 1, null, 1, 1]).line).toBe("M10 3L30 3M70 3L90 3");
	});
	it("are interrupted where intervals are missing", () => {
		const points = [0, 10, 60, 70].map((timeMs) => ({ timeMs, value: 1 }));
		expect(sparkPaths(points, 0, 80, 10, 80, 25, { least: 0, reach: [] }).line).toBe("M5 3L15 3M65 3L75 3");
	});
	it("show a lone interval as a dash", () => {
		expect(draw([null, 5, null, null]).line).toBe("M25 3h25");
	});
	it("scale to the dots that lie on them, and stay flat for nothing", () => {
		expect(draw([1, 1], { least: 0, reach: [4] }).most).toBe(4);
		expect(draw([0, 0]).line).toBe("M25 23L75 23");
		expect(draw([]).line).toBe("");
	});
});
