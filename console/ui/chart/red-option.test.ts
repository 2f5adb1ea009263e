import { expect, test } from "vitest";
import { wholeEnough } from "./red-option.ts";

const at = (...times: number[]) => times.map((timeMs) => ({ timeMs }));

test.each([
	["leaves out a last point that has only begun", at(0, 10, 20), 22, at(0, 10)],
	["keeps a last point of half its step and more", at(0, 10, 20), 25, at(0, 10, 20)],
	["keeps the only point there is", at(20), 22, at(20)],
	["has nothing of nothing", [], 22, []],
])("%s", (_, points, toMs, expected) => {
	expect(wholeEnough(points, { fromMs: 0, toMs }, 10)).toEqual(expected);
});
