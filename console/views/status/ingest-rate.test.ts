import { describe, expect, it } from "vitest";
import { ingestRate } from "./ingest-rate.ts";

const look = (nowMs: number, accepted: number, startedMs = 0) => {
	const counters = { accepted, rejected: 0, dropped: 0, stored: accepted };
	return { nowMs, startedMs, ingest: { traces: counters, logs: counters, metrics: counters } };
};

describe("the rate of arrival", () => {
	it("is what came between two looks, per second", () => {
		expect(ingestRate(look(1000, 100), look(3000, 500), "traces")).toBe(200);
	});

	it.each([
		["there was no look before", undefined, look(1000, 5)],
		["the server restarted in between", look(1000, 5, 0), look(2000, 9, 1500)],
		["no time passed", look(1000, 5), look(1000, 9)],
		["the counters went back", look(1000, 9), look(2000, 5)],
	])("is unknown when %s", (_, before, after) => {
		expect(ingestRate(before, after, "logs")).toBeNull();
	});
});
