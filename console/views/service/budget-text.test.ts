import { expect, test } from "vitest";
import { budgetText, burnText, objectiveText } from "./budget-text.ts";

test.each([
	[null, "no requests yet"],
	[1, "100 % left"],
	[0.9999, "99.9 % left"],
	[0.863, "86 % left"],
	[0.0004, "0.1 % left"],
	[0, "all of it spent"],
	[-0.5, "spent 1.5 times"],
	[-19, "spent 20 times"],
])("a budget of which %s remains: %s", (remaining, text) => {
	expect(budgetText(remaining)).toBe(text);
});

test.each([
	[null, ""],
	[0, "burns at 0×"],
	[0.43, "burns at 0.4×"],
	[14.4, "burns at 14×"],
])("a burn rate of %s: %s", (rate, text) => {
	expect(burnText(rate)).toBe(text);
});

test("an objective is said without the noise of binary fractions", () => {
	expect(objectiveText({ objective: 0.999 })).toBe("99.9 % asked");
});
