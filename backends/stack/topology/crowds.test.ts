import { expect, test } from "vitest";
import { Crowds } from "./crowds.ts";

const SECOND = 1_000_000_000n;
const hour = (from: bigint) => ({ fromUnixNano: from * SECOND, toUnixNano: (from + 3600n) * SECOND });

test("a window that hardly differs is not counted again, and holds as many a second", async () => {
	const crowds = new Crowds();
	let asked = 0;
	const count = async () => {
		asked++;
		return 7200;
	};
	expect(crowds.has("", hour(0n))).toBe(false);
	expect(await crowds.count("", hour(0n), count)).toBe(7200);
	expect(crowds.has("", hour(60n))).toBe(true);
	const shorter = { fromUnixNano: 60n * SECOND, toUnixNano: 3600n * SECOND };
	expect(await crowds.count("", shorter, count)).toBeCloseTo(7080);
	expect(asked).toBe(1);
});

test.each([
	["another window", "", hour(3600n)],
	["another question", 'resource.service.name = "cart"', hour(0n)],
])("%s is counted by itself", async (_, condition, window) => {
	const crowds = new Crowds();
	await crowds.count("", hour(0n), async () => 1);
	expect(crowds.has(condition, window)).toBe(false);
	expect(await crowds.count(condition, window, async () => 2)).toBe(2);
});

test("what cannot be told is not asked again either", async () => {
	const crowds = new Crowds();
	await crowds.count("", hour(0n), async () => null);
	expect(await crowds.count("", hour(0n), async () => 5)).toBeNull();
});
