import fc from "fast-check";
import { expect, test } from "vitest";
import type { HistogramPoint } from "./model.ts";
import {
	addHistograms,
	chooseStep,
	counterIncrease,
	histogramIncrease,
	histogramQuantile,
	isErrorStatus,
	redOfHistogram,
	redOfSketch,
} from "./red.ts";
import { addToSketch, emptySketch } from "./sketch.ts";

/** Expected values from Prometheus' promql/promqltest/testdata/histograms.test rules, worked out by hand. */
test.each<[string, number, number[], number[], number]>([
	["the middle of the only bucket", 0.5, [1], [10, 0], 0.5],
	["linear within a bucket", 0.75, [1, 2], [5, 5, 0], 1.5],
	["at a bound", 0.5, [1, 2], [5, 5, 0], 1],
	["beyond the highest bound", 0.99, [1, 2], [1, 1, 98], 2],
	["over empty buckets", 0.9, [1, 2, 3], [1, 0, 9, 0], 2 + 8 / 9],
	["the lowest bucket when its bound is not positive", 0.1, [-1, 0, 1], [5, 5, 5, 0], -1],
	["0", 0, [1, 2], [5, 5, 0], 0],
	["1", 1, [1, 2], [5, 5, 0], 2],
	["below 0", -1, [1], [1, 0], Number.NEGATIVE_INFINITY],
	["above 1", 2, [1], [1, 0], Number.POSITIVE_INFINITY],
	["of nothing", 0.5, [1], [0, 0], Number.NaN],
	["without buckets", 0.5, [], [7], Number.NaN],
])("quantile %s", (_, q, bounds, counts, value) => {
	const found = histogramQuantile(q, bounds, counts);
	if (Number.isNaN(value)) expect(found).toBeNaN();
	else expect(found).toBeCloseTo(value, 9);
});

test("a quantile lies in the bucket that holds it", () => {
	fc.assert(
		fc.property(
			fc.array(fc.nat(20), { minLength: 4, maxLength: 4 }),
			fc.double({ min: 0, max: 1, noNaN: true }),
			(counts, q) => {
				const total = counts.reduce((sum, count) => sum + count, 0);
				if (total === 0) return;
				const value = histogramQuantile(q, [1, 2, 3], counts);
				const below = (bound: number) => counts.slice(0, bound).reduce((sum, count) => sum + count, 0);
				const bucket = Math.min(3, Math.max(1, Math.ceil(value)));
				expect(below(bucket) + (bucket === 3 ? (counts[3] ?? 0) : 0)).toBeGreaterThanOrEqual(q * total - 1e-9);
				expect(below(bucket - 1)).toBeLessThanOrEqual(q * total + 1e-9);
			},
		),
	);
});

test.each([
	[[], 0],
	[[5], 0],
	[[5, 8, 8, 12], 7],
	[[5, 8, 2, 4], 7],
	[[5, 0, 0], 0],
])("a counter over %j grew by %d", (values, grown) => expect(counterIncrease(values)).toBe(grown));

const histogram = (...counts: number[]): HistogramPoint => ({
	count: counts.reduce((sum, count) => sum + count, 0),
	sum: counts[0] ?? 0,
	min: null,
	max: null,
	bounds: [1, 2],
	counts,
});

test("a histogram grows bucket by bucket, also over a restart and a change of buckets", () => {
	expect(histogramIncrease([])).toBeNull();
	expect(histogramIncrease([histogram(1, 1, 1)])).toBeNull();
	expect(histogramIncrease([histogram(1, 1, 1), histogram(3, 1, 2)])).toEqual(histogram(2, 0, 1));
	expect(histogramIncrease([histogram(5, 5, 5), histogram(1, 0, 2), histogram(2, 0, 2)])).toEqual(histogram(2, 0, 2));
	expect(histogramIncrease([{ ...histogram(9, 9), bounds: [7] }, histogram(1, 2, 3)])).toEqual(histogram(1, 2, 3));
});

test("histograms add where their bounds are the same", () => {
	expect(addHistograms(histogram(1, 2, 3), histogram(1, 0, 1))).toEqual(histogram(2, 2, 4));
	expect(addHistograms(histogram(1, 2, 3), { ...histogram(1, 0), bounds: [1] })).toBeNull();
});

test("RED of a sketch and of a histogram", () => {
	const durations = emptySketch();
	for (let i = 1; i <= 100; i++) addToSketch(durations, i * 1e6);
	const red = redOfSketch(durations, 5, 50);
	expect(red).toMatchObject({ calls: 100, errors: 5, rate: 2, errorRate: 0.05 });
	expect(red.p95Ms).toBeGreaterThan(93);
	expect(red.p95Ms).toBeLessThan(97);
	expect(redOfSketch(emptySketch(), 0, 60)).toEqual({
		calls: 0,
		errors: 0,
		rate: 0,
		errorRate: 0,
		p50Ms: null,
		p95Ms: null,
		p99Ms: null,
	});
	expect(redOfHistogram(histogram(10, 0, 0), 1, 10, 1000)).toMatchObject({
		calls: 10,
		rate: 1,
		errorRate: 0.1,
		p50Ms: 500,
	});
	expect(redOfHistogram(histogram(0, 0, 0), 0, 10, 1000).p50Ms).toBeNull();
});

test.each([
	["500", true],
	[503, true],
	["5xx", true],
	["STATUS_CODE_ERROR", true],
	["404", false],
	["50", false],
	["STATUS_CODE_UNSET", false],
])("status %j is an error: %j", (status, error) => expect(isErrorStatus(status)).toBe(error));

test.each([
	[60, 1],
	[300, 5],
	[900, 15],
	[3600, 60],
	[6 * 3600, 300],
	[86_400, 1200],
	[7 * 86_400, 10_800],
	[30 * 86_400, 43_200],
])("a window of %d s is drawn in steps of %d s", (seconds, step) => {
	const window = { fromUnixNano: 0n, toUnixNano: BigInt(seconds) * 1_000_000_000n };
	expect(chooseStep(window)).toBe(BigInt(step) * 1_000_000_000n);
});

test("no window makes more than 80 points", () => {
	fc.assert(
		fc.property(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), (length) => {
			const step = chooseStep({ fromUnixNano: 0n, toUnixNano: length });
			expect(length <= step * 80n).toBe(true);
		}),
	);
});
