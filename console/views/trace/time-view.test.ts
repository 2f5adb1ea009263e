import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	brushView,
	clampView,
	formatView,
	isWhole,
	panBy,
	parseView,
	showStretch,
	ticks,
	timeAt,
	wholeView,
	zoomAt,
} from "./time-view.ts";

const whole = wholeView(0, 1e9);

describe("the time view", () => {
	it("gives a trace of one instant a width", () => {
		expect(wholeView(5, 5)).toEqual({ fromNs: 5, toNs: 1005 });
	});

	it("brushes the same stretch in either direction", () => {
		expect(brushView(whole, whole, 250, 500, 1000)).toEqual({ fromNs: 25e7, toNs: 5e8 });
		expect(brushView(whole, whole, 500, 250, 1000)).toEqual({ fromNs: 25e7, toNs: 5e8 });
	});

	it("takes a drag of a few pixels for a click", () => {
		expect(brushView(whole, whole, 250, 252, 1000)).toBeNull();
	});

	it("brushes within a view that is already zoomed", () => {
		expect(brushView({ fromNs: 5e8, toNs: 6e8 }, whole, 0, 500, 1000)).toEqual({ fromNs: 5e8, toNs: 5.5e8 });
	});

	it("keeps the time under the pointer in its place when zooming in", () => {
		const next = zoomAt(whole, whole, 3e8, 0.5);
		expect(next).toEqual({ fromNs: 1.5e8, toNs: 6.5e8 });
		expect(timeAt(next, 300, 1000)).toBeCloseTo(3e8);
	});

	it("comes back to the whole when zoomed out far enough", () => {
		expect(isWhole(zoomAt({ fromNs: 1e8, toNs: 2e8 }, whole, 1e8, 100), whole)).toBe(true);
	});

	it("stops at the ends when panned", () => {
		expect(panBy({ fromNs: 8e8, toNs: 10e8 }, whole, 0.5)).toEqual({ fromNs: 8e8, toNs: 10e8 });
		expect(panBy({ fromNs: 8e8, toNs: 10e8 }, whole, -0.5)).toEqual({ fromNs: 7e8, toNs: 9e8 });
	});

	it("stays inside the whole and wide enough, whatever is done to it", () => {
		const moves = fc.array(
			fc.oneof(
				fc.record({ share: fc.double({ min: -3, max: 3, noNaN: true }) }),
				fc.record({
					at: fc.double({ min: 0, max: 1, noNaN: true }),
					factor: fc.double({ min: 0.01, max: 20, noNaN: true }),
				}),
			),
			{ maxLength: 40 },
		);
		fc.assert(
			fc.property(
				fc.integer({ min: -1e6, max: 1e6 }),
				fc.integer({ min: 1, max: 1e12 }),
				moves,
				(start, length, steps) => {
					const all = wholeView(start, start + length);
					let view = all;
					for (const step of steps) {
						view =
							"share" in step
								? panBy(view, all, step.share)
								: zoomAt(view, all, view.fromNs + step.at * (view.toNs - view.fromNs), step.factor);
						const slack = Math.abs(all.toNs) * 1e-9 + 1e-3;
						expect(view.fromNs).toBeGreaterThanOrEqual(all.fromNs - slack);
						expect(view.toNs).toBeLessThanOrEqual(all.toNs + slack);
						expect(view.toNs - view.fromNs).toBeGreaterThan(0);
					}
				},
			),
		);
	});

	it("moves to a stretch out of view without changing the zoom, and stays when it is in view", () => {
		const view = { fromNs: 0, toNs: 1e8 };
		expect(showStretch(view, whole, 5e7, 6e7)).toBe(view);
		const moved = showStretch(view, whole, 5e8, 5.2e8);
		expect(moved.toNs - moved.fromNs).toBeCloseTo(1e8);
		expect(moved.fromNs).toBeLessThanOrEqual(5e8);
		expect(moved.toNs).toBeGreaterThanOrEqual(5.2e8);
	});

	it.each([
		[{ fromNs: 0, toNs: 1e9 }, 5, [0, 2e8, 4e8, 6e8, 8e8]],
		[{ fromNs: 1.5e6, toNs: 4.2e6 }, 3, [2e6, 3e6, 4e6]],
		[{ fromNs: 0, toNs: 0 }, 3, []],
	])("puts round ticks into %j", (view, most, expected) => {
		expect(ticks(view, most)).toEqual(expected);
	});

	it("goes through the URL and back", () => {
		const view = { fromNs: 123_456, toNs: 789_012_345 };
		expect(parseView(formatView(view), whole)).toEqual(view);
	});

	it.each(["", "5", "7_3", "a_b", "1e5_2e9", "2000000000_3000000000"])("reads no view from %j", (text) => {
		expect(parseView(text, whole)).toBeNull();
	});

	it("clamps what lies beyond the trace", () => {
		expect(clampView({ fromNs: -5e8, toNs: 5e8 }, whole)).toEqual(whole);
	});
});
