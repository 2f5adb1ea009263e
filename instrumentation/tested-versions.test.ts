import { expect, it } from "vitest";
import { untested } from "./tested-versions.ts";

it.each([
	["koa", "1.7.0", true],
	["koa", "2.0.0", false],
	["koa", "3.3.0", false],
	["koa", "3.4.0-beta.1", false],
	["koa", "4.0.0", true],
	["pg", "8.0.2", true],
	["pg", "8.10.0", false],
	["mysql2", "1.4.2", false],
	["mysql2", "1.4.1", true],
	["kafkajs", undefined, false],
	["left-pad", "9.9.9", false],
])("%s %s: something to say is %s", (name, version, says) => {
	expect(untested(name, version) !== undefined).toBe(says);
});

it("says what becomes of such a version", () => {
	expect(untested("koa", "4.0.0")).toBe(
		"koa 4.0.0 is outside of what is tested (2 to before 4): its requests are traced, without routes",
	);
});
