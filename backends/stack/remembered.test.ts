import { expect, test } from "vitest";
import { Remembered } from "./remembered.ts";

test("whoever asks the same meanwhile or soon after gets the first one's answer", async () => {
	const answers = new Remembered<number>({ lifeMs: 60_000, most: 10 });
	let asked = 0;
	const ask = async () => ++asked;
	expect(await Promise.all([answers.get("a", ask), answers.get("a", ask)])).toEqual([1, 1]);
	expect(await answers.get("a", ask)).toBe(1);
	expect(await answers.get("b", ask)).toBe(2);
});

test("a failure is told and asked again", async () => {
	const answers = new Remembered<string>({ lifeMs: 60_000, most: 10 });
	await expect(answers.get("a", () => Promise.reject(new Error("down")))).rejects.toThrow("down");
	expect(await answers.get("a", async () => "up")).toBe("up");
});

test("an answer whose time is over is asked for again", async () => {
	const answers = new Remembered<number>({ lifeMs: 0, most: 10 });
	let asked = 0;
	await answers.get("a", async () => ++asked);
	expect(await answers.get("a", async () => ++asked)).toBe(2);
});

test("no more are kept than asked for: the oldest go", async () => {
	const answers = new Remembered<number>({ lifeMs: 60_000, most: 2 });
	for (const key of ["a", "b", "c"]) await answers.get(key, async () => 1);
	expect(await answers.get("c", async () => 2)).toBe(1);
	expect(await answers.get("a", async () => 2)).toBe(2);
});

test("what is forgotten is asked for again", async () => {
	const answers = new Remembered<number>({ lifeMs: 60_000, most: 10 });
	let asked = 0;
	await answers.get("a", async () => ++asked);
	answers.forget("a");
	expect(await answers.get("a", async () => ++asked)).toBe(2);
});
