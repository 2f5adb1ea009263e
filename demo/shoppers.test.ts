import { describe, expect, it } from "vitest";
import { seededRandom } from "./random.ts";
import { planVisit, STEPS_PER_VISIT, tide } from "./shoppers.ts";

const visits = (seed: number, count: number) => {
	const random = seededRandom(seed);
	return Array.from({ length: count }, () => planVisit(random));
};

describe("shoppers", () => {
	it("are the same crowd for the same seed, and another for another", () => {
		expect(visits(1, 50)).toEqual(visits(1, 50));
		expect(visits(1, 50)).not.toEqual(visits(2, 50));
	});

	it("fill a cart before they check out, and ask for an order only afterwards", () => {
		for (const { steps } of visits(3, 500)) {
			const order = steps.map((step) => step.do);
			const checkout = order.indexOf("checkout");
			if (checkout === -1) expect(order).not.toContain("order");
			else {
				expect(order.indexOf("add")).toBeGreaterThan(-1);
				expect(order.indexOf("add")).toBeLessThan(checkout);
				expect(order.slice(checkout + 1).every((step) => step === "order")).toBe(true);
			}
		}
	});

	it("make as many requests as the rate is reckoned with", () => {
		const crowd = visits(4, 5_000);
		const steps = crowd.reduce((sum, visit) => sum + visit.steps.length, 0);
		expect(steps / crowd.length).toBeCloseTo(STEPS_PER_VISIT, 0);
	});

	it("run into a natural error about once in a hundred requests", () => {
		const steps = visits(5, 5_000).flatMap((visit) => visit.steps);
		const bad = steps.filter(
			(step) => (step.do === "product" && step.id > 480) || (step.do === "checkout" && step.card === "tok_declined"),
		);
		expect(bad.length / steps.length).toBeGreaterThan(0.004);
		expect(bad.length / steps.length).toBeLessThan(0.02);
	});

	it("never stay away for good, and average out to the rate asked for", () => {
		const tides = Array.from({ length: 2_400 }, (_, second) => tide(second * 1_000));
		expect(Math.min(...tides)).toBeGreaterThan(0.3);
		expect(Math.max(...tides)).toBeLessThan(3);
		expect(tides.reduce((sum, value) => sum + value, 0) / tides.length).toBeCloseTo(1, 1);
	});
});
