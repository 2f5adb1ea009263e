import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Check, ProbeFailure } from "./check.ts";
import { type Measured, scoreOf, statusOf, weightsOf } from "./report.ts";
import { circleOf, readTrail, trailHeader } from "./trail.ts";

/** Healthy or not after each of the results. */
async function course(results: readonly boolean[]): Promise<boolean[]> {
	let next = true;
	const check = new Check(() => next, 1_000);
	const states: boolean[] = [];
	for (const result of results) {
		next = result;
		await check.run({});
		states.push(check.state.healthy);
	}
	return states;
}

describe("a check", () => {
	it("is failing after two failures in a row and healthy again after three successes", async () => {
		const [o, x] = [true, false];
		expect(await course([o, x, o, x, x, o, o, x, o, o, o])).toEqual([o, o, o, o, x, x, x, x, x, x, o]);
		expect(await course([x, x])).toEqual([o, x]);
	});

	it("changes only after such a row, whatever comes", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async (results) => {
				const states = await course(results);
				states.forEach((healthy, index) => {
					const before = states[index - 1] ?? true;
					const row = results.slice(Math.max(0, index - (before ? 1 : 2)), index + 1);
					const turns = row.length === (before ? 2 : 3) && row.every((result) => result !== before);
					expect(healthy).toBe(turns ? !before : before);
				});
			}),
		);
	});

	const FAILURES: [what: string, probe: () => unknown, output: string][] = [
		[
			"an error code",
			() => Promise.reject(Object.assign(new Error("10.0.0.7:5432"), { code: "ECONNREFUSED" })),
			"ECONNREFUSED",
		],
		["an error's class, never its message", () => Promise.reject(new RangeError("password=hunter2")), "RangeError"],
		["its own words", () => Promise.reject(new ProbeFailure("answered 503")), "answered 503"],
		["false", () => false, "the probe returned false"],
		[
			"a throw before any promise",
			() => {
				throw new TypeError("no");
			},
			"TypeError",
		],
		["undefined thrown", () => Promise.reject(undefined), "_OTHER"],
		["silence", () => new Promise(() => {}), "no answer within 20 ms"],
	];
	it.each(FAILURES)("that fails with %s says so", async (_what, probe, output) => {
		const check = new Check(probe, 20);
		await check.run({});
		expect(check.state).toMatchObject({ ok: false, healthy: true, output });
		expect(check.state.durationMs).toBeGreaterThanOrEqual(0);
	});

	it.each([[undefined], [null], [0], [""], [{ rows: [] }]])("that gives %j is healthy", async (result) => {
		const check = new Check(() => result, 1_000);
		await check.run({});
		expect(check.state).toMatchObject({ ok: true, output: undefined });
	});

	it("aborts what takes too long, and does not pile up what never ends", async () => {
		const signals: AbortSignal[] = [];
		const check = new Check(({ signal }) => {
			signals.push(signal);
			return new Promise(() => {});
		}, 5);
		for (let i = 0; i < 5; i++) {
			await check.run({});
		}
		expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
		expect(check.state.output).toBe("3 probes have not come back");
	});
});

describe("the score", () => {
	const measured = (of: Partial<Measured> & { healthy?: boolean; ok?: boolean }): Measured => ({
		name: "x",
		kind: "database",
		weight: 1,
		critical: false,
		...of,
		state: {
			healthy: of.healthy ?? true,
			ok: of.ok ?? of.healthy ?? true,
			output: undefined,
			durationMs: 1,
			at: new Date(),
		},
	});
	const kinds = ["database", "redis", "third_party"] as const;
	const shop = (down: readonly string[], critical = "") => {
		const weights = weightsOf(kinds.map((kind) => ({ kind, weight: undefined })));
		return kinds.map((kind, index) =>
			measured({
				name: kind,
				kind,
				weight: weights[index]!,
				healthy: !down.includes(kind),
				critical: kind === critical,
			}),
		);
	};
	const CASES: [down: string[], critical: string, score: number, status: string][] = [
		[[], "", 1, "pass"],
		[["third_party"], "", 0.8, "warn"],
		[["redis"], "", 0.7, "warn"],
		[["database"], "", 0.5, "fail"],
		[["redis", "third_party"], "", 0.5, "fail"],
		[["third_party"], "third_party", 0.8, "fail"],
		[["redis"], "third_party", 0.7, "warn"],
		[["database", "redis", "third_party"], "", 0, "fail"],
	];
	it.each(CASES)("with %j down and %s critical is %d: %s", (down, critical, score, status) => {
		const checks = shop(down, critical);
		expect([scoreOf(checks), statusOf(checks, 0.6)]).toEqual([score, status]);
	});

	it("of exactly the least is enough", () => {
		const checks = [
			measured({ weight: 0.1 }),
			measured({ weight: 0.2 }),
			measured({ weight: 0.3 }),
			measured({ weight: 0.4, healthy: false }),
		];
		expect(scoreOf(checks)).toBe(0.6);
		expect(statusOf(checks, 0.6)).toBe("warn");
	});

	it("warns from the first failure on", () => {
		expect(statusOf([measured({ ok: false })], 0.6)).toBe("warn");
	});

	it("is 1 when nothing has weight", () => {
		expect([scoreOf([]), scoreOf([measured({ weight: 0, healthy: false })])]).toEqual([1, 1]);
	});

	it("two of a kind share its weight; one with its own does not", () => {
		const database = { kind: "database", weight: undefined } as const;
		expect(
			weightsOf([database, database, { kind: "database", weight: 2 }, { kind: "redis", weight: undefined }]),
		).toEqual([0.25, 0.25, 2, 0.3]);
	});
});

describe("the trail", () => {
	it.each([
		["a", [], undefined],
		["a", ["b", "c"], undefined],
		["a", ["a"], "a > a"],
		["b", ["a", "b", "c"], "b > c > b"],
	])("%s after %j closes %s", (service, trail, circle) => {
		expect(circleOf(trail, service)).toBe(circle);
	});

	it("is read as it was written, and a hostile one is none", () => {
		expect(readTrail({ "x-trivet-health-trail": trailHeader(["a", "b"], "c") })).toEqual(["a", "b", "c"]);
		expect(trailHeader([], "my shop, ü")).toBe("my_shop___");
		for (const bad of ["a,,b", "a\u0000", "x".repeat(5_000), Array(17).fill("a").join(","), "", "<script>"]) {
			expect(readTrail({ "x-trivet-health-trail": bad })).toEqual([]);
		}
		expect(readTrail({})).toEqual([]);
	});

	it("ends at a length no real chain has", () => {
		const trail = Array.from({ length: 16 }, (_, index) => `s${index}`);
		expect(circleOf(trail, "me")).toMatch(/^s0 > .* > me$/);
	});
});
