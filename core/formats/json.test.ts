import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInput } from "../ports.ts";
import { errorPosition, parseJson } from "./json.ts";

test.each([
	["", "empty"],
	["  ", "empty"],
	['{"a":x}', "position 5"],
	['{"a":1,}', "position 7"],
	["[1,2", "position 4: the text ends"],
	["[1 2]", "position 3"],
	['{"a" 1}', "position 5"],
	["{a:1}", "position 1"],
	['"\u0001"', "position 0"],
	["01", "position 1"],
	["nul", "position 0"],
	["{}}", "position 2"],
	["[".repeat(200_000), "position 200000"],
])("%j is refused, naming the place", (text, message) => {
	expect(() => parseJson(text)).toThrow(InvalidInput);
	expect(() => parseJson(text)).toThrow(message);
});

test("what the engine parses has no error, and what it refuses has one", () => {
	const broken = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([json, at, insert]) => {
		const place = at % (json.length + 1);
		return json.slice(0, place) + insert + json.slice(place + 1);
	});
	fc.assert(
		fc.property(fc.oneof(fc.json(), broken, fc.string()), (text) => {
			let parses = true;
			try {
				JSON.parse(text);
			} catch {
				parses = false;
			}
			expect(errorPosition(text) === null).toBe(parses);
		}),
	);
});
