import { describe, expect, test } from "vitest";
import { Quota } from "./quota.ts";

const SECOND = 1_000;

/** Sends for some seconds, ten times a second, at these rates; returns who is turned away then. */
function overAfter(seconds: number, perSecond: Record<string, number>, quota = new Quota(1_000)): string[] {
	for (let ms = 0; ms < seconds * SECOND; ms += 100) {
		for (const [service, rate] of Object.entries(perSecond)) quota.count(service, rate / 10, ms);
	}
	return quota.over(Object.keys(perSecond), seconds * SECOND);
}

describe("when there is not room for all", () => {
	test.each([
		["a noisy service among quiet ones is turned away", { noisy: 50_000, a: 100, b: 100 }, ["noisy"]],
		["two noisy ones both are", { noisy: 50_000, loud: 50_000, a: 10, b: 10, c: 10 }, ["noisy", "loud"]],
		["services below the quota never are", { a: 900, b: 5 }, []],
		["equals are not, however much they send", { a: 50_000, b: 50_000, c: 50_000 }, []],
		["a service alone is not: the store's limit is its limit", { a: 90_000 }, []],
	])("%s", (_, rates, expected) => {
		expect(overAfter(10, rates)).toEqual(expected);
	});

	test("a noisy service is let in again once it was quiet for a while", () => {
		const quota = new Quota(1_000);
		expect(overAfter(10, { noisy: 50_000, a: 100, b: 100 }, quota)).toEqual(["noisy"]);
		expect(quota.over(["noisy"], 40 * SECOND)).toEqual([]);
	});

	test("a flood of names does not grow the memory", () => {
		const quota = new Quota(1_000);
		quota.count("noisy", 1e6, 0);
		for (let i = 0; i < 50_000; i++) quota.count(`name-${i}`, 10, 0);
		expect(quota.size).toBeLessThanOrEqual(10_000);
		expect(quota.over(["noisy"], 0)).toEqual(["noisy"]);
	});
});
