import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitMiddle } from "./fit-middle.ts";

const mono = (text: string) => Array.from(text).length * 7;

describe("cutting a name in the middle", () => {
	it.each([
		["GET /cart", 700, "GET /cart"],
		["POST /api/v1/orderOtherService/orderOther/refresh", 147, "POST /api/v…r/refresh"],
		["", 0, ""],
		["abcdefgh", 1, "abc…gh"],
		["abcd", 1, "abcd"],
	])("%j in %i px is %j", (text, width, expected) => {
		expect(fitMiddle(text, width, mono)).toBe(expected);
	});

	it("keeps start and end, fits when there is room for the least, and never falls to one letter", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme", maxLength: 120 }), fc.integer({ min: 0, max: 900 }), (text, width) => {
				const fitted = fitMiddle(text, width, mono);
				if (fitted === text) return;
				const [head, tail] = fitted.split("…").length === 2 ? fitted.split("…") : [fitted[0]!, fitted.at(-1)!];
				expect(text.startsWith(head!)).toBe(true);
				expect(text.endsWith(tail!)).toBe(true);
				expect(Array.from(fitted).length).toBeGreaterThanOrEqual(Math.min(6, Array.from(text).length));
				if (width >= 42) expect(mono(fitted)).toBeLessThanOrEqual(width);
			}),
		);
	});
});
