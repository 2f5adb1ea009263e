import { ROOT_CONTEXT, SpanKind, TraceFlags, type TraceState, trace } from "@opentelemetry/api";
import { TraceState as W3CTraceState } from "@opentelemetry/core";
import { SamplingDecision } from "@opentelemetry/sdk-trace-base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeSampler, type Keep, readSampler } from "./choice.ts";
import { type Beginning, headOf } from "./head.ts";
import { TraceSampler } from "./sampler.ts";
import { isAtLeast, randomnessOf, thresholdOf, withThreshold } from "./threshold.ts";
import { TokenBucket } from "./token-bucket.ts";

const hex = (length: number): fc.Arbitrary<string> =>
	fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
const traceIds = hex(32).filter((id) => !/^0+$/.test(id));
const state = (text: string): TraceState => new W3CTraceState(text);

const beginning = (over: Partial<Beginning> = {}): Beginning => ({
	traceId: "0123456789abcdef0123456789abcdef",
	name: "GET",
	kind: SpanKind.SERVER,
	attributes: {},
	state: undefined,
	...over,
});
const request = (method: string, path: string): Beginning =>
	beginning({ attributes: { "http.request.method": method, "url.path": path } });

describe("a probability", () => {
	const shareOf = (threshold: string): number => 1 - Number.parseInt(threshold.padEnd(14, "0"), 16) / 2 ** 56;

	it.each([
		[1, "0"],
		[0.5, "8"],
		[0.25, "c"],
		[0.1, "e666"],
		[0.01, "fd70a"],
		[2 ** -56, "ffffffffffffff"],
		[0, undefined],
		[-1, undefined],
		[Number.NaN, undefined],
	])("%d is the threshold %s", (probability, threshold) => {
		expect(thresholdOf(probability)).toBe(threshold);
	});

	it("is met by its threshold to four digits, for every size of it", () => {
		fc.assert(
			fc.property(fc.double({ min: 1e-12, max: 1, noNaN: true }), (probability) => {
				expect(shareOf(thresholdOf(probability)!) / probability).toBeCloseTo(1, 3);
			}),
		);
	});

	it("is the share of random traces that are kept", () => {
		const random = fc.sample(traceIds, { numRuns: 20_000, seed: 42 });
		for (const probability of [0.9, 0.5, 0.1, 0.02]) {
			const head = headOf(probability);
			const kept = random.filter((traceId) => head(beginning({ traceId })).kept).length;
			// Five standard deviations.
			const allowed = 5 * Math.sqrt(random.length * probability * (1 - probability));
			expect(Math.abs(kept - random.length * probability)).toBeLessThan(allowed);
		}
	});

	it("keeps whatever a smaller one keeps: services with different shares agree", () => {
		fc.assert(
			fc.property(
				traceIds,
				fc.double({ min: 0, max: 1, noNaN: true }),
				fc.double({ min: 0, max: 1, noNaN: true }),
				(traceId, a, b) => {
					const [few, many] = [headOf(Math.min(a, b)), headOf(Math.max(a, b))];
					expect(!few(beginning({ traceId })).kept || many(beginning({ traceId })).kept).toBe(true);
				},
			),
		);
	});

	it.each([1.1, -0.1, Number.NaN])("of %d is refused", (probability) => {
		expect(() => headOf(probability)).toThrow(/between 0 and 1/);
	});
});

describe("the trace state", () => {
	it("gives the randomness when it has one, else the trace ID does", () => {
		const traceId = "0123456789abcdef0123456789abcdef";
		expect(randomnessOf(traceId, undefined)).toBe("23456789abcdef");
		expect(randomnessOf(traceId, state("ot=rv:00000000000001"))).toBe("00000000000001");
		expect(randomnessOf(traceId, state("ot=th:8;rv:ffffffffffffff"))).toBe("ffffffffffffff");
		expect(randomnessOf(traceId, state("ot=rv:xyz"))).toBe("23456789abcdef");
		expect(randomnessOf(traceId, state("ot=;;:;rv"))).toBe("23456789abcdef");
	});

	it.each([
		[undefined, "8", "ot=th:8"],
		["vendor=1", "8", "ot=th:8,vendor=1"],
		["ot=th:c;rv:00000000000001,vendor=1", "8", "ot=th:8;rv:00000000000001,vendor=1"],
		["ot=rv:00000000000001;x:y", "0", "ot=th:0;rv:00000000000001;x:y"],
		["ot=th:c;x:y", undefined, "ot=x:y"],
		["ot=th:c,vendor=1", undefined, "vendor=1"],
		["vendor=1", undefined, "vendor=1"],
	])("%s with the threshold %s is %s", (before, threshold, after) => {
		const found = withThreshold(before === undefined ? undefined : state(before), threshold)?.serialize();
		expect(found?.split(",").sort()).toEqual(after.split(",").sort());
	});

	it("nothing to write leaves none", () => {
		expect(withThreshold(undefined, undefined)).toBeUndefined();
	});

	it("the threshold decides by the randomness, whatever digits were left off", () => {
		expect(isAtLeast("e6660000000000", "e666")).toBe(true);
		expect(isAtLeast("e665ffffffffff", "e666")).toBe(false);
		expect(isAtLeast("00000000000000", "0")).toBe(true);
	});
});

describe("a rate", () => {
	it("is never exceeded: no stretch of time has more than its share and one second's worth", () => {
		fc.assert(
			fc.property(
				fc.double({ min: 0.1, max: 200, noNaN: true }),
				fc.array(fc.double({ min: 0, max: 700, noNaN: true }), { minLength: 1, maxLength: 300 }),
				(perSecond, waits) => {
					let now = 1_000;
					const bucket = new TokenBucket(perSecond, () => now);
					const taken: number[] = [];
					for (const wait of waits) {
						now += wait;
						if (bucket.take()) {
							taken.push(now);
						}
					}
					for (let from = 0; from < taken.length; from++) {
						const seconds = (taken.at(-1)! - taken[from]!) / 1_000;
						expect(taken.length - from).toBeLessThanOrEqual(Math.max(1, perSecond) + perSecond * seconds + 1e-6);
					}
				},
			),
		);
	});

	it("is used up under load", () => {
		let now = 0;
		const head = headOf("5/s", () => now);
		let kept = 0;
		for (; now < 60_000; now += 10) {
			kept += head(beginning()).kept ? 1 : 0;
		}
		expect(kept).toBeGreaterThanOrEqual(5 * 60 - 1);
		expect(kept).toBeLessThanOrEqual(5 * 60 + 5);
	});

	it("of 0 keeps nothing, and a clock that goes back gives nothing away", () => {
		expect(headOf("0/s")(beginning()).kept).toBe(false);
		let now = 1_000;
		const bucket = new TokenBucket(1, () => now);
		expect([bucket.take(), bucket.take()]).toEqual([true, false]);
		now = 0;
		expect(bucket.take()).toBe(false);
	});

	it("that is none is refused", () => {
		expect(() => headOf("abc/s" as Keep)).toThrow(/traces a second/);
	});
});

describe("rules", () => {
	const CASES: [match: string, beginning: Beginning, matches: boolean][] = [
		["*", beginning(), true],
		["/users", request("GET", "/users"), true],
		["/users", request("GET", "/users/"), true],
		["/users", request("GET", "/users/7"), false],
		["/users", request("GET", "/users-and-more"), false],
		["GET /users", request("GET", "/users"), true],
		["get /users", request("GET", "/users"), true],
		["POST /users", request("GET", "/users"), false],
		["/users/:id", request("GET", "/users/7"), true],
		["/users/{id}", request("GET", "/users/7"), true],
		["/users/:id", request("GET", "/users/7/orders"), false],
		["/users/:id", request("GET", "/users/"), false],
		["/users/*/orders", request("GET", "/users/7/orders"), true],
		["/users/*/orders", request("GET", "/users/7/8/orders"), false],
		["/api/*", request("GET", "/api/a/b"), true],
		["/api/*", request("GET", "/api"), true],
		["/api/*", request("GET", "/apiary"), false],
		["/a.b", request("GET", "/aXb"), false],
		["/*", request("GET", "/"), true],
		["process orders", beginning({ name: "process orders", kind: SpanKind.CONSUMER }), true],
		["process *", beginning({ name: "process orders", kind: SpanKind.CONSUMER }), true],
		["process *", beginning({ name: "publish orders", kind: SpanKind.PRODUCER }), false],
		["/users", beginning({ name: "/users", kind: SpanKind.INTERNAL }), false],
	];
	it.each(CASES)("%s, %j: %s", (match, of, matches) => {
		const head = headOf([
			{ match, keep: "all" },
			{ match: "*", keep: "none" },
		]);
		expect(head(of).kept).toBe(matches);
	});

	it("the first that matches decides; what none matches is kept", () => {
		const head = headOf([
			{ match: "/a", keep: "none" },
			{ match: "/a", keep: "all" },
		]);
		expect([head(request("GET", "/a")).kept, head(request("GET", "/b")).kept]).toEqual([false, true]);
	});

	it("a hostile path costs no more than its length", () => {
		const head = headOf([
			{ match: "/*/*/*/*/x", keep: "all" },
			{ match: "*", keep: "none" },
		]);
		expect(head(request("GET", `/${"a/".repeat(100_000)}`)).kept).toBe(false);
	});
});

describe("a span's parent", () => {
	const TRACE = "0123456789abcdef0123456789abcdef";
	const decide = (
		keep: Keep,
		parent: { sampled: boolean; remote: boolean; state?: string } | undefined,
		{ ignoreParent = false, tail = false } = {},
	) => {
		const sampler = new TraceSampler({ head: headOf(keep), description: "", ignoreParent, recordAll: () => tail });
		const within =
			parent === undefined
				? ROOT_CONTEXT
				: trace.setSpanContext(ROOT_CONTEXT, {
						traceId: TRACE,
						spanId: "00f067aa0ba902b7",
						traceFlags: parent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
						isRemote: parent.remote,
						...(parent.state === undefined ? {} : { traceState: state(parent.state) }),
					});
		return sampler.shouldSample(within, TRACE, "GET", SpanKind.SERVER, {});
	};
	const keeps: Keep[] = ["all", "none", 0.5, 0, 1, "0/s", "100/s", [{ match: "*", keep: "none" }]];

	it("is followed, whatever the sampler, by every span below it", () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...keeps),
				fc.boolean(),
				fc.boolean(),
				fc.boolean(),
				(keep, sampled, remote, tail) => {
					const { decision, traceState } = decide(keep, { sampled, remote, state: "ot=th:c,vendor=1" }, { tail });
					expect(decision === SamplingDecision.RECORD_AND_SAMPLED).toBe(sampled);
					expect(decision === SamplingDecision.RECORD).toBe(!sampled && tail);
					// Inherited as it is.
					expect(traceState).toBeUndefined();
				},
			),
		);
	});

	it("inside this process is followed even by samplers that ignore the caller", () => {
		fc.assert(
			fc.property(fc.constantFrom(...keeps), fc.boolean(), (keep, sampled) => {
				const { decision } = decide(keep, { sampled, remote: false }, { ignoreParent: true });
				expect(decision === SamplingDecision.RECORD_AND_SAMPLED).toBe(sampled);
			}),
		);
	});

	it("in another process is ignored when that is asked for, and so is its probability", () => {
		const caller = { remote: true, state: "ot=th:c;rv:ffffffffffffff,vendor=1" };
		const kept = decide(0.5, { ...caller, sampled: false }, { ignoreParent: true });
		expect(kept.decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
		expect(kept.traceState?.get("ot")).toBe("th:8;rv:ffffffffffffff");
		const dropped = decide("none", { ...caller, sampled: true }, { ignoreParent: true });
		expect(dropped.decision).toBe(SamplingDecision.NOT_RECORD);
		expect(dropped.traceState?.get("ot")).toBe("rv:ffffffffffffff");
	});

	it("without one, a probability is written down and a rate is not", () => {
		expect(decide(1, undefined).traceState?.serialize()).toBe("ot=th:0");
		expect(decide("9/s", undefined).traceState).toBeUndefined();
		expect(decide("all", undefined).traceState).toBeUndefined();
	});
});

describe("OTEL_TRACES_SAMPLER and _ARG", () => {
	const CASES: [name: string | undefined, argument: string | undefined, choice: object, problems: number][] = [
		[undefined, undefined, { keep: "all" }, 0],
		["parentbased_always_on", undefined, { keep: "all" }, 0],
		["always_on", undefined, { keep: "all", ignoreParent: true }, 0],
		["always_off", undefined, { keep: "none", ignoreParent: true }, 0],
		["parentbased_always_off", undefined, { keep: "none" }, 0],
		["traceidratio", "0.25", { keep: 0.25, ignoreParent: true }, 0],
		["ParentBased_TraceIdRatio", "0.25", { keep: 0.25 }, 0],
		["parentbased_traceidratio", undefined, { keep: 1 }, 1],
		["parentbased_traceidratio", "10", { keep: 1 }, 1],
		["parentbased_ratelimiting", "5", { keep: "5/s" }, 0],
		["parentbased_ratelimiting", "0.5/s", { keep: "0.5/s" }, 0],
		["ratelimiting", "many", { keep: "10/s", ignoreParent: true }, 1],
		[
			"parentbased_rules",
			"GET /search=0.1; /admin/*=always_on;/ws=always_off ; *=5/s",
			{
				keep: [
					{ match: "GET /search", keep: 0.1 },
					{ match: "/admin/*", keep: "all" },
					{ match: "/ws", keep: "none" },
					{ match: "*", keep: "5/s" },
				],
			},
			0,
		],
		["parentbased_rules", "/a=2;=1;nothing;/b=0", { keep: [{ match: "/b", keep: 0 }] }, 3],
		["parentbased_rules", "", { keep: [] }, 1],
		["tail", undefined, { keep: 0, tail: {} }, 0],
		["tail", "0.05", { keep: 0.05, tail: {} }, 0],
		["tail", "5/s; slow=500ms", { keep: "5/s", tail: { slowMs: 500 } }, 0],
		[
			"tail",
			"0.01; slow=2s; wait=1s; traces=10; spans=100; bytes=16MB; /checkout=1",
			{
				keep: [
					{ match: "/checkout", keep: 1 },
					{ match: "*", keep: 0.01 },
				],
				tail: { slowMs: 2_000, waitMs: 1_000, traces: 10, spans: 100, bytes: 16_000_000 },
			},
			0,
		],
		["tail", "slow=fast; traces=-1", { keep: 0, tail: {} }, 2],
		["jaeger_remote", "x", { keep: "all" }, 1],
	];
	it.each(CASES)("%s %s", (name, argument, choice, problems) => {
		const said: string[] = [];
		expect(readSampler(name, argument, (problem) => said.push(problem))).toEqual(choice);
		expect(said).toHaveLength(problems);
	});

	it("are shown as they were understood", () => {
		expect(describeSampler({ keep: 0.25 })).toBe("parentbased_traceidratio 0.25");
		expect(describeSampler({ keep: [{ match: "/a", keep: "5/s" }], tail: { slowMs: 500 } })).toBe(
			"tail (errors, from 500 ms on) over parentbased_rules /a=5/s",
		);
	});
});
