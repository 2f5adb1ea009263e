import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Aggregate, Exemplar, Family, HistogramPoint } from "../family.ts";
import { countsOf, mergeFamilies } from "./merge.ts";
import { decode, encode } from "./messages.ts";

const BOUNDS = [0.1, 1];
const label = fc.constantFrom("a", "b", "c");
/** The sign of zero is the one thing that JSON does not keep. */
const value = fc.double().map((number) => (number === 0 ? 0 : number));
const exemplar = fc.option(
	fc.record({
		labels: fc.record({ trace_id: fc.stringMatching(/^[0-9a-f]{32}$/) }),
		value,
		atMs: fc.nat(),
	}),
	{ nil: undefined },
);
const histogramPoint = fc
	.record({
		label,
		counts: fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)),
		exemplars: fc.tuple(exemplar, exemplar, exemplar),
	})
	.map(
		({ label, counts, exemplars }): HistogramPoint => ({
			labels: { label },
			bounds: BOUNDS,
			counts,
			sum: counts[0],
			count: counts[0] + counts[1] + counts[2],
			exemplars,
		}),
	);
const families = fc
	.record({
		histogram: fc.uniqueArray(histogramPoint, { selector: ({ labels }) => labels.label, maxLength: 3 }),
		counter: fc.uniqueArray(fc.record({ labels: fc.record({ label }), value: fc.nat(99) }), {
			selector: ({ labels }) => labels.label,
			maxLength: 3,
		}),
	})
	.map(({ histogram, counter }): Family[] => [
		{ name: "h", help: "", type: "histogram", points: histogram },
		{ name: "c_total", help: "", type: "counter", points: counter },
	]);

const pointsOf = (all: readonly Family[], name: string) =>
	[...((all.find((family) => family.name === name)?.points ?? []) as HistogramPoint[])].sort((a, b) =>
		a.labels.label! < b.labels.label! ? -1 : 1,
	);
const timesOf = (exemplars: readonly (Exemplar | undefined)[]) => exemplars.map((of) => of?.atMs);

describe("the metrics of several processes", () => {
	it("are the same in whatever order and groups they are summed, with the newest exemplar of each bucket", () => {
		fc.assert(
			fc.property(fc.array(families, { minLength: 1, maxLength: 4 }), (processes) => {
				const all = mergeFamilies(processes);
				const [first, ...rest] = processes;
				for (const other of [mergeFamilies([...processes].reverse()), mergeFamilies([first!, mergeFamilies(rest)])]) {
					for (const name of ["h", "c_total"]) {
						const [expected, found] = [pointsOf(all, name), pointsOf(other, name)];
						expect(found.map(({ exemplars: _, ...point }) => point)).toEqual(
							expected.map(({ exemplars: _, ...point }) => point),
						);
						expect(found.map(({ exemplars = [] }) => timesOf(exemplars))).toEqual(
							expected.map(({ exemplars = [] }) => timesOf(exemplars)),
						);
					}
				}
				for (const point of pointsOf(all, "h")) {
					expect(point.counts.reduce((sum, count) => sum + count, 0)).toBe(point.count);
					const given = processes.flatMap((process) =>
						pointsOf(process, "h").filter(({ labels }) => labels.label === point.labels.label),
					);
					point.exemplars.forEach((kept, bucket) => {
						const times = given.flatMap(({ exemplars }) => exemplars[bucket]?.atMs ?? []);
						expect(kept?.atMs).toBe(times.length === 0 ? undefined : Math.max(...times));
					});
				}
			}),
		);
	});

	it("go through a message as they are", () => {
		fc.assert(
			fc.property(families, value, (all, value) => {
				const labels = { value: "NaN", label: '{"$":"NaN"}' };
				const sent: Family[] = [...all, { name: "g", help: "", type: "gauge", points: [{ labels, value }] }];
				expect(decode(encode(sent))).toEqual(sent);
			}),
		);
	});

	it.each<[Aggregate | undefined, number | undefined]>([
		[undefined, 7],
		["sum", 7],
		["max", 4],
		["min", 1],
		["average", 7 / 3],
		["first", 2],
		["omit", undefined],
	])("a gauge that is to be aggregated by %s is %d of 2, 1 and 4", (aggregate, expected) => {
		const merged = mergeFamilies(
			[2, 1, 4].map((value): Family[] => [
				{ name: "g", help: "", type: "gauge", ...(aggregate ? { aggregate } : {}), points: [{ labels: {}, value }] },
			]),
		);
		expect(merged.map(({ points }) => (points[0] as { value: number }).value)).toEqual(
			expected === undefined ? [] : [expected],
		);
	});

	it("have no quantiles, but the sum and count of all", () => {
		const summary = (sum: number): Family[] => [
			{
				name: "s",
				help: "",
				type: "summary",
				points: [{ labels: {}, quantiles: [{ quantile: 0.5, value: 1 }], sum, count: 2 }],
			},
		];
		expect(mergeFamilies([summary(1), summary(2)])[0]!.points).toEqual([
			{ labels: {}, quantiles: [], sum: 3, count: 4 },
		]);
	});

	it("of different types or buckets do not mix", () => {
		const gauge: Family = { name: "x", help: "", type: "gauge", points: [{ labels: {}, value: 1 }] };
		const counter: Family = { name: "x", help: "", type: "counter", points: [{ labels: {}, value: 1 }] };
		expect(mergeFamilies([[gauge], [counter]])).toEqual([gauge]);
		const histogram = (bounds: number[]): Family => ({
			name: "h",
			help: "",
			type: "histogram",
			points: [{ labels: {}, bounds, counts: [1, 1], sum: 1, count: 2, exemplars: [undefined, undefined] }],
		});
		expect(mergeFamilies([[histogram([1])], [histogram([2])]])).toEqual([histogram([1])]);
	});

	it("outlive their process only where they count", () => {
		const all = (["counter", "gauge", "unknown", "info"] as const).map(
			(type): Family => ({ name: type, help: "", type, points: [] }),
		);
		expect(countsOf(all).map(({ name }) => name)).toEqual(["counter"]);
	});
});
