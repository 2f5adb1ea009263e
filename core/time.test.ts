import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "./ports.ts";
import { msToNano, nanoToMs, parseDuration, parseTime } from "./time.ts";

const NOW_MS = 1_700_000_000_000;
const NOW = 1_700_000_000_000_000_000n;

describe("a time is read from", () => {
	test.each([
		["1700000000000", NOW],
		["0", 0n],
		["-1", -1_000_000n],
		["1700000000000.25", NOW + 250_000n],
		["now", NOW],
		[" NOW ", NOW],
		["now-15m", NOW - 900_000_000_000n],
		["now-1h30m", NOW - 5_400_000_000_000n],
		["now+2s", NOW + 2_000_000_000n],
		["now-1d", NOW - 86_400_000_000_000n],
		["now-1w", NOW - 604_800_000_000_000n],
		["2023-11-14T22:13:20Z", NOW],
		["2023-11-14T22:13:20", NOW],
		["2023-11-14 22:13:20", NOW],
		["2023-11-14T23:13:20+01:00", NOW],
		["2023-11-14T23:13:20+0100", NOW],
		["2023-11-14T22:13:20.123456789Z", NOW + 123_456_789n],
		["2023-11-14", NOW - 80_000_000_000_000n],
		["1969-12-31T23:59:59.5Z", -500_000_000n],
	])("%s", (text, nano) => expect(parseTime(text, NOW_MS)).toBe(nano));

	test.each([
		[""],
		["yesterday"],
		["now-15"],
		["now-"],
		["2023-13-01"],
		["2023-11-14T25:00Z"],
		["1700000000000000000"],
		["now-99999w"],
		["1e3"],
	])("but not from %j, which the error names", (text) => {
		expect(() => parseTime(text, NOW_MS)).toThrow(InvalidInput);
		expect(() => parseTime(text, NOW_MS)).toThrow(`"${text}"`);
	});
});

test.each([
	["200ms", 200e6],
	["1.5s", 1.5e9],
	["1m30s", 90e9],
	["10us", 10e3],
	["10µs", 10e3],
	["7ns", 7],
	[".5h", 1800e9],
	["0", 0],
])("the duration %s is %d ns", (text, ns) => expect(parseDuration(text)).toBe(ns));

test.each([[""], ["5"], ["-5s"], ["5 s x"], ["s"], ["1h5"]])("%j is no duration", (text) => {
	expect(() => parseDuration(text)).toThrow(InvalidInput);
});

test("milliseconds survive the way to nanoseconds and back", () => {
	fc.assert(
		fc.property(fc.integer({ min: -1e12, max: 4e12 }), (ms) => {
			expect(nanoToMs(msToNano(ms))).toBe(ms);
		}),
	);
});
