import { describe, expect, it } from "vitest";
import { RedBins } from "./red-bins.ts";

const slots = [
	{ startNs: 0n, seconds: 60 },
	{ startNs: 60_000_000_000n, seconds: 30 },
];

describe("growth by slot", () => {
	it("becomes rates over each slot's own length, and adds up to the whole", () => {
		const bins = new RedBins(2);
		bins.addCount("calls", 0, 60);
		bins.addCount("calls", 1, 60);
		bins.addCount("errors", 1, 6);
		const points = bins.points(slots, 1000);
		expect(points.map((point) => [point.calls, point.rate, point.errorRate])).toEqual([
			[60, 1, 0],
			[60, 2, 0.1],
		]);
		expect(bins.summary(90, 1000)).toMatchObject({ calls: 120, errors: 6, errorRate: 0.05, p50Ms: null });
	});

	it("has the quantiles of cumulative buckets, even torn ones, in whatever order they come", () => {
		const bins = new RedBins(1);
		bins.addCount("calls", 0, 100);
		for (const [bound, count] of [
			[Number.POSITIVE_INFINITY, 100],
			[0.1, 90],
			[0.25, 89.5],
			[0.05, 0],
			[0.5, 100],
		] as const) {
			bins.addBucket(bound, 0, count);
		}
		const { p50Ms, p95Ms } = bins.summary(60, 1000);
		expect([p50Ms, p95Ms].map((ms) => Math.round(ms! * 10) / 10)).toEqual([77.8, 375]);
	});

	it("has the quantiles of native buckets, between which are gaps", () => {
		const bins = new RedBins(1);
		bins.addCount("calls", 0, 10);
		const buckets: [number, string, string, string][] = [
			[0, "0.9", "1", "1"],
			[0, "0.1", "0.2", "8"],
			[3, "-0.001", "0.001", "1"],
		];
		bins.addNative({ count: "10", sum: "3", buckets }, 0, 2);
		const { p50Ms, p99Ms } = bins.summary(60, 1000);
		expect(p50Ms).toBeCloseTo(150);
		expect(p99Ms).toBeCloseTo(990);
	});

	it("leaves out what is no number, and slots that are not asked about", () => {
		const bins = new RedBins(1);
		bins.addCount("calls", 0, Number.NaN);
		bins.addCount("calls", 1, 5);
		bins.addCount("calls", -1, 5);
		bins.addBucket(Number.NaN, 0, 5);
		expect(bins.summary(60, 1)).toMatchObject({ calls: 0, p50Ms: null });
	});
});
