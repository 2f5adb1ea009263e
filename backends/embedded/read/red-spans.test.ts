/** RED from spans: the roll-ups, the spans themselves and core's sketches agree. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { redOfSketch } from "../../../core/red.ts";
import { addToSketch, emptySketch } from "../../../core/sketch.ts";
import { callOf } from "../../conformance/scene.ts";
import { spans } from "../../conformance/telemetry.ts";
import { memoryStore } from "./testing-store.ts";

const base = 28_333_320n * 60_000_000_000n;
const calls = fc.array(
	fc.record({
		second: fc.integer({ min: 0, max: 179 }),
		durationNs: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 2_000_000_000 })),
		failed: fc.boolean(),
		route: fc.constantFrom("/a", "/b"),
	}),
	{ minLength: 1, maxLength: 60 },
);

it("gives the numbers of core's sketch, by the minute and finer, by route and in all", async () => {
	await fc.assert(
		fc.asyncProperty(calls, async (list) => {
			const { store, metrics, load, rollup } = await memoryStore();
			const specs = list.map((call, i) => ({
				traceId: (i + 1).toString(16).padStart(32, "a"),
				spanId: (i + 1).toString(16).padStart(16, "b"),
				service: "shop",
				name: "x",
				kind: "server" as const,
				start: base + BigInt(call.second) * 1_000_000_000n,
				durationNs: call.durationNs,
				status: call.failed ? ("error" as const) : undefined,
				attributes: { "http.route": call.route },
			}));
			await load("traces", JSON.parse(spans(...specs).body));
			await rollup.run({ eager: true, nowMs: Number(base / 1_000_000n) });
			const window = { fromUnixNano: base, toUnixNano: base + 180_000_000_000n };
			const expected = (from: number, to: number, route: string | null) => {
				const sketch = emptySketch();
				const chosen = list.filter((c) => c.second >= from && c.second < to && (route === null || c.route === route));
				for (const call of chosen) addToSketch(sketch, call.durationNs);
				return redOfSketch(sketch, chosen.filter((c) => c.failed).length, to - from);
			};
			for (const stepS of [30, 60]) {
				for (const byRoute of [true, false]) {
					const query = { byRoute, window, stepNs: BigInt(stepS) * 1_000_000_000n };
					const { data } = await metrics.red(query, callOf());
					expect(data.map((s) => s.route)).toEqual(byRoute ? [...new Set(list.map((c) => c.route))].sort() : [null]);
					for (const series of data) {
						const reds = [
							{ got: series.summary, want: expected(0, 180, series.route) },
							...series.points.map((got, i) => ({ got, want: expected(i * stepS, (i + 1) * stepS, series.route) })),
						];
						expect(series.points).toHaveLength(180 / stepS);
						for (const { got, want } of reds) {
							expect([got.calls, got.errors, got.rate]).toEqual([want.calls, want.errors, want.rate]);
							expect(got.errorRate).toBeCloseTo(want.errorRate);
							for (const q of ["p50Ms", "p95Ms", "p99Ms"] as const) {
								if (want[q] === null) expect(got[q]).toBeNull();
								else expect(Math.abs(got[q]! - want[q])).toBeLessThanOrEqual(0.0101 * want[q] + 1e-12);
							}
						}
					}
				}
			}
			await store.close();
		}),
		{ numRuns: 20 },
	);
});
