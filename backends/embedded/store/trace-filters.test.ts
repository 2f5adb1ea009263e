import fc from "fast-check";
import { expect, test } from "vitest";
import { TraceFilters } from "./trace-filters.ts";

function load(filters: TraceFilters, arrival: bigint, ids: readonly bigint[]): bigint {
	filters.loaded(BigUint64Array.from(ids), null, ids.length);
	const last = arrival + BigInt(ids.length);
	filters.ended(last);
	return last;
}

const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

test("no row is ever looked for in the wrong place, whatever was loaded, known before or learned", () => {
	fc.assert(
		fc.property(
			fc.array(id, { maxLength: 300 }),
			fc.array(fc.array(id, { minLength: 1, maxLength: 200 }), { maxLength: 12 }),
			fc.nat(),
			(old, loads, cut) => {
				const filters = new TraceFilters(BigInt(old.length));
				const rows: [bigint, bigint][] = old.map((trace, i) => [BigInt(i + 1), trace]);
				const from = cut % (old.length + 1);
				if (from < old.length) filters.learned(BigInt(from + 1), BigUint64Array.from(old.slice(from)));
				let arrival = BigInt(old.length);
				for (const ids of loads) {
					ids.forEach((trace, i) => {
						rows.push([arrival + BigInt(i + 1), trace]);
					});
					arrival = load(filters, arrival, ids);
				}
				for (const [at, trace] of rows) {
					const ranges = filters.ranges(trace);
					expect(ranges.some((range) => range.from <= at && at <= range.to)).toBe(true);
				}
			},
		),
		{ numRuns: 200 },
	);
});

test("of a large store it names a small part, and nearly nothing for a trace that is not there", () => {
	const filters = new TraceFilters(0n);
	let arrival = 0n;
	const traceOf = (n: number) => (BigInt(n) * 0x9e3779b97f4a7c15n) & (2n ** 64n - 1n);
	for (let loadNumber = 0; loadNumber < 40; loadNumber++) {
		const ids = Array.from({ length: 60_000 }, (_, i) => traceOf(loadNumber * 3_000 + Math.floor(i / 20)));
		arrival = load(filters, arrival, ids);
	}
	const share = (trace: bigint) =>
		filters.ranges(trace).reduce((sum, { from, to }) => sum + Number(to - from + 1n), 0) / Number(arrival);
	const mean = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
	expect(mean(Array.from({ length: 500 }, (_, i) => share(traceOf(i * 200))))).toBeLessThan(0.12);
	expect(mean(Array.from({ length: 500 }, (_, i) => share(traceOf(1_000_000 + i))))).toBeLessThan(0.05);
});

test("rows without a trace are in no filter", () => {
	const filters = new TraceFilters(0n);
	filters.loaded(BigUint64Array.of(0n, 7n), Uint8Array.of(0, 1), 2);
	filters.ended(2n);
	expect(filters.ranges(0n)).toEqual([]);
	expect(filters.ranges(7n)).toEqual([{ from: 1n, to: 2n }]);
});

test("what was there before is read until it is learned", () => {
	const filters = new TraceFilters(10n);
	expect(filters.ranges(5n)).toEqual([{ from: 0n, to: 10n }]);
	filters.learned(6n, BigUint64Array.of(5n));
	expect(filters.ranges(5n)).toEqual([{ from: 0n, to: 10n }]);
	expect(filters.ranges(6n)).toEqual([{ from: 0n, to: 5n }]);
	expect(filters.nextUnknown()).toEqual({ from: 1n, to: 5n });
	filters.learned(1n, BigUint64Array.of(9n));
	expect(filters.nextUnknown()).toBeNull();
	expect(filters.ranges(5n)).toEqual([{ from: 6n, to: 10n }]);
});
