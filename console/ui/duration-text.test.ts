import { describe, expect, it } from "vitest";
import { readDurationMs } from "./duration-text.ts";

describe("a duration as typed", () => {
	it.each([
		["", undefined],
		["250", 250],
		["200ms", 200],
		["1.5s", 1500],
		["1m30s", 90_000],
		["80us", 0.08],
	])("%s", (text, ms) => expect(readDurationMs(text)).toEqual({ ms, problem: null }));

	it("says what is wrong with what is none", () => expect(readDurationMs("soon").problem).toMatch(/"soon"/));
});
