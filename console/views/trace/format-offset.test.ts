import { describe, expect, it } from "vitest";
import { formatOffset, formatOffsetExact, formatPercentile } from "./format-offset.ts";

describe("times within a trace", () => {
	it.each([
		[0, "+0.000 ms", "+0 ns"],
		[1_204_312_456, "+1\u202f204.312 ms", "+1\u202f204\u202f312\u202f456 ns"],
		[-3_500_000, "−3.500 ms", "−3\u202f500\u202f000 ns"],
	])("%i", (ns, short, exact) => {
		expect([formatOffset(ns), formatOffsetExact(ns)]).toEqual([short, exact]);
	});

	it.each([
		[0.974, "p97"],
		[0.9999, "p99.9"],
		[1, "p99"],
		[0, "p0"],
	])("rank %f is %s", (share, text) => {
		expect(formatPercentile(share)).toBe(text);
	});
});
