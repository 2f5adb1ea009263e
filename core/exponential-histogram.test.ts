import fc from "fast-check";
import { expect, test } from "vitest";
import { explicitBuckets } from "./exponential-histogram.ts";

const none = { offset: 0, counts: [] };

test.each([
	["nothing", { scale: 0, zeroCount: 0, zeroThreshold: 0, positive: none, negative: none }, [], [0]],
	["zeros", { scale: 0, zeroCount: 3, zeroThreshold: 0, positive: none, negative: none }, [0], [3, 0]],
	[
		"(1, 2] and (2, 4]",
		{ scale: 0, zeroCount: 0, zeroThreshold: 0, positive: { offset: 0, counts: [5, 7] }, negative: none },
		[1, 2, 4],
		[0, 5, 7, 0],
	],
	[
		"half octaves at scale 1",
		{ scale: 1, zeroCount: 1, zeroThreshold: 0.5, positive: { offset: 2, counts: [4] }, negative: none },
		[0.5, 2, 2 ** 1.5],
		[1, 0, 4, 0],
	],
	[
		"negative values in mirror",
		{
			scale: 0,
			zeroCount: 1,
			zeroThreshold: 0,
			positive: { offset: 0, counts: [2] },
			negative: { offset: 0, counts: [3, 4] },
		},
		[-4, -2, -1, 0, 1, 2],
		[0, 4, 3, 1, 0, 2, 0],
	],
	[
		"what no double can hold in the last bucket",
		{ scale: 0, zeroCount: 0, zeroThreshold: 0, positive: { offset: 1022, counts: [1, 2, 3] }, negative: none },
		[2 ** 1022, 2 ** 1023],
		[0, 1, 5],
	],
])("%s", (_, point, bounds, counts) => {
	const buckets = explicitBuckets(point);
	expect(buckets.bounds).toEqual(bounds);
	expect(buckets.counts).toEqual(counts);
});

test("no count is lost, bounds ascend, and there are never too many", () => {
	const side = fc.record({
		offset: fc.integer({ min: -2000, max: 2000 }),
		counts: fc.array(fc.nat(9), { maxLength: 700 }),
	});
	fc.assert(
		fc.property(fc.integer({ min: -10, max: 20 }), fc.nat(5), side, side, (scale, zeroCount, positive, negative) => {
			const { bounds, counts } = explicitBuckets({ scale, zeroCount, zeroThreshold: 0, positive, negative });
			const sum = (list: number[]) => list.reduce((total, count) => total + count, 0);
			expect(sum(counts)).toBe(zeroCount + sum(positive.counts) + sum(negative.counts));
			expect(counts).toHaveLength(bounds.length + 1);
			expect(bounds.length).toBeLessThan(330);
			for (let i = 1; i < bounds.length; i++) expect(bounds[i]).toBeGreaterThan(bounds[i - 1] ?? 0);
		}),
	);
});
