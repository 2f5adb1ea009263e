import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addToSketch, emptySketch, mergeSketches, quantile, rankIn, type Sketch } from "./sketch.ts";

function sketchOf(values: number[]): Sketch {
	const sketch = emptySketch();
	for (const value of values) addToSketch(sketch, value);
	return sketch;
}

const durations = fc.array(fc.integer({ min: 0, max: 1e13 }), { minLength: 1, maxLength: 300 });

test("every quantile is within 1 % of the exact one", () => {
	fc.assert(
		fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
			const sorted = [...values].sort((a, b) => a - b);
			const exact = sorted[Math.floor(q * (sorted.length - 1))] ?? 0;
			expect(Math.abs(quantile(sketchOf(values), q) - exact)).toBeLessThanOrEqual(exact * 0.0100001);
		}),
	);
});

test("merging is adding, in any order and grouping", () => {
	fc.assert(
		fc.property(durations, durations, durations, (a, b, c) => {
			const [x, y, z] = [sketchOf(a), sketchOf(b), sketchOf(c)];
			const all = sketchOf([...c, ...a, ...b]);
			expect(mergeSketches(mergeSketches(x, y), z)).toEqual(all);
			expect(mergeSketches(x, mergeSketches(z, y))).toEqual(all);
		}),
	);
});

test("it stays bounded whatever is added, and the order still changes nothing", () => {
	const values = Array.from({ length: 6000 }, (_, i) => 1.05 ** (i - 3000));
	const sketch = sketchOf(values);
	expect(sketch.index.length).toBeLessThanOrEqual(2048);
	expect(sketch.count).toBe(6000);
	const other = sketchOf(values.toReversed());
	expect({ ...other, sum: 0 }).toEqual({ ...sketch, sum: 0 });
	expect({ ...mergeSketches(sketchOf(values.slice(0, 3000)), sketchOf(values.slice(3000))), sum: 0 }).toEqual({
		...sketch,
		sum: 0,
	});
});

describe("odd values", () => {
	test("zeros count, what is no number does not, an empty sketch knows no quantile", () => {
		const sketch = sketchOf([0, 0, 0, 5, Number.NaN, Number.POSITIVE_INFINITY]);
		expect(sketch).toMatchObject({ count: 4, zeros: 3, min: 0, max: 5 });
		expect(quantile(sketch, 0.5)).toBe(0);
		expect(quantile(sketch, 0.99)).toBe(0);
		expect(quantile(sketch, 1)).toBe(5);
		expect(quantile(emptySketch(), 0.5)).toBeNaN();
	});

	test("a weight counts as often as it says", () => {
		const sketch = emptySketch();
		addToSketch(sketch, 10, 99);
		addToSketch(sketch, 1000, 1);
		expect(sketch).toMatchObject({ count: 100, sum: 1990 });
		expect(quantile(sketch, 0.9)).toBeCloseTo(10, 0);
		expect(quantile(sketch, 1)).toBe(1000);
	});
});

test.each([
	[0, 0],
	[1, 0.005],
	[50, 0.5],
	[97, 0.97],
	[1000, 1],
])("among 1..100, %d ranks at %d", (value, rank) => {
	expect(rankIn(sketchOf(Array.from({ length: 100 }, (_, i) => i + 1)), value)).toBeCloseTo(rank, 1);
});
