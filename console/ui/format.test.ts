import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	formatAgo,
	formatBytes,
	formatCount,
	formatDuration,
	formatMs,
	formatPercent,
	formatRate,
	formatWhole,
	fraction,
	unixNanoToMs,
} from "./format.ts";

describe("durations", () => {
	it.each([
		[0, "0 ns"],
		[850, "850 ns"],
		[12_500, "12.5 µs"],
		[999_499, "999 µs"],
		[999_600, "1 ms"],
		[3_200_000, "3.2 ms"],
		[1_240_000_000, "1.24 s"],
		[59_949_000_000, "59.9 s"],
		[59_960_000_000, "1 m 00 s"],
		[125e9, "2 m 05 s"],
		[3 * 3600e9 + 12 * 60e9, "3 h 12 m"],
		[52 * 3600e9, "2 d 4 h"],
		[-5_000_000, "−5 ms"],
	])("%d ns reads %s", (ns, text) => expect(formatDuration(ns)).toBe(text));

	it("that are missing read as a dash", () => expect(formatMs(null)).toBe("–"));

	it("never read longer than twelve characters", () => {
		fc.assert(
			fc.property(fc.double({ min: 0, max: 1e17, noNaN: true }), (ns) => {
				expect(formatDuration(ns).length).toBeLessThan(13);
			}),
		);
	});
});

describe("figures", () => {
	it.each([
		[0, "0/s"],
		[0.001, "3.6/h"],
		[0.005, "0.3/min"],
		[0.03, "0.03/s"],
		[4.2, "4.2/s"],
		[1300, "1.3 k/s"],
	])("a rate of %d reads %s", (rate, text) => expect(formatRate(rate)).toBe(text));

	it.each([
		[0, "0 %"],
		[0.00001, "<0.01 %"],
		[0.0002, "0.02 %"],
		[0.041, "4.1 %"],
		[0.99999, ">99.99 %"],
		[1, "100 %"],
	])("a share of %d reads %s", (ratio, text) => expect(formatPercent(ratio)).toBe(text));

	it.each([
		[942, "942"],
		[999.6, "1 k"],
		[34_500_000, "34.5 M"],
	])("%d reads %s", (value, text) => expect(formatCount(value)).toBe(text));

	it("groups whole numbers", () => expect(formatWhole(12_345_678)).toBe("12\u202f345\u202f678"));
	it("counts bytes in powers of 1024", () => expect(formatBytes(1536)).toBe("1.5 KiB"));
});

describe("times", () => {
	it("keep every nanosecond, before 1970 too", () => {
		fc.assert(
			fc.property(fc.bigInt(-(10n ** 18n), 4n * 10n ** 18n), (nano) => {
				const text = String(nano);
				const seconds = (nano - BigInt(fraction(text))) / 1_000_000_000n;
				expect(seconds * 1_000_000_000n + BigInt(fraction(text))).toBe(nano);
				expect(BigInt(unixNanoToMs(text)) * 1_000_000n <= nano).toBe(true);
			}),
		);
	});

	it.each([
		[0, "just now"],
		[12_000, "12 s ago"],
		[4 * 60_000, "4 min ago"],
		[-5_000, "in 5 s"],
	])("%d ms ago reads %s", (age, text) => expect(formatAgo(1e12 - age, 1e12)).toBe(text));
});
