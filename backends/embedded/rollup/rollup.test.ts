/** Roll-ups are what core makes of the stored spans, whatever came late, twice or in pieces, and however often they were made. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { writeTraces } from "../../../core/formats/otlp-json.ts";
import type { Attributes, Span, SpanCore } from "../../../core/model.ts";
import { awkwardTrace, shuffled } from "../../../core/testing-spans.ts";
import { foldTopology, type TopologyFold } from "../../../core/topology.ts";
import { callOf } from "../../conformance/scene.ts";
import { memoryStore } from "../read/testing-store.ts";

const MINUTE = 60_000_000_000n;
const base = 28_333_334n * MINUTE;
const window = { fromUnixNano: base, toUnixNano: base + 10n * MINUTE };

/** What the stored peer is derived from. */
const peerAttributes: Record<string, Attributes> = {
	"database:postgresql/shop": { "db.system": "postgresql", "db.namespace": "shop" },
	"queue:kafka/orders": { "messaging.system": "kafka", "messaging.destination.name": "orders" },
	"service:c": { "peer.service": "c" },
};

/** Stretches the drawing over some minutes and makes a whole span of it. */
function whole(span: SpanCore, trace: number): Span {
	const offset = span.startUnixNano - 1_700_000_000_000_000_000n;
	return {
		...span,
		traceId: span.traceId.slice(0, 31) + String(trace),
		links: span.links.map((link) => ({ ...link, traceId: span.traceId.slice(0, 31) + String((trace + 1) % 3) })),
		startUnixNano: base + offset * 1_500_000_000n,
		durationNs: span.durationNs * 1_500_000_000,
		statusMessage: "",
		attributes: span.peer === null ? {} : (peerAttributes[span.peer] ?? {}),
		resource: { "service.name": span.service },
		scopeName: "",
		scopeVersion: "",
		traceState: span.weight === 4 ? "ot=th:c" : "",
		events: [],
	};
}

const deliveries = fc
	.array(awkwardTrace, { minLength: 1, maxLength: 3 })
	.map((traces) => traces.flatMap((spans, i) => spans.map((span) => whole(span, i))))
	.filter((spans) => spans.length > 0)
	.chain((spans) => fc.tuple(shuffled(spans), fc.integer({ min: 1, max: 4 })));

/** Sums of floats depend on their order in the last digits. */
function rounded(fold: TopologyFold): TopologyFold {
	return JSON.parse(JSON.stringify(fold), (_, value) =>
		typeof value === "number" ? Number(value.toPrecision(9)) : value,
	);
}

it("gives the topology that core folds from all spans at once", async () => {
	await fc.assert(
		fc.asyncProperty(deliveries, async ([spans, pieces]) => {
			const { store, traces, load, rollup } = await memoryStore();
			try {
				const size = Math.ceil(spans.length / pieces);
				for (let i = 0; i < spans.length; i += size) {
					await load("traces", writeTraces(spans.slice(i, i + size)));
					await rollup.run({ eager: true });
				}
				const ids = [...new Set(spans.map((span) => span.traceId))];
				const stored = (await Promise.all(ids.map((id) => traces.skeleton(id, callOf())))).flatMap((a) => a.data);
				const answer = await traces.topology(window, callOf());
				expect(answer.reasons).toEqual([]);
				expect(rounded(answer.data)).toEqual(rounded(foldTopology(stored)));
			} finally {
				await store.close();
			}
		}),
		{ numRuns: 20 },
	);
}, 120_000);

it("answers the same from minutes, from hours and from days, and after old minutes were dropped", async () => {
	const { store, traces, metrics, load, rollup } = await memoryStore();
	const spans = fc
		.sample(awkwardTrace, { numRuns: 8, seed: 7 })
		.flatMap((list, i) => list.map((span) => whole(span, i)));
	await load("traces", writeTraces(spans));
	const day = {
		fromUnixNano: (base / (1440n * MINUTE)) * 1440n * MINUTE,
		toUnixNano: (base / (1440n * MINUTE) + 1n) * 1440n * MINUTE,
	};
	const red = { byRoute: true, window: day, stepNs: 1440n * MINUTE };
	const startMs = Number(base / 1_000_000n);
	const answers = [];
	for (const nowMs of [startMs, startMs + 3 * 3_600_000, startMs + 30 * 3_600_000, startMs + 80 * 3_600_000]) {
		await rollup.run({ eager: true, nowMs });
		const [topology, series] = [await traces.topology(day, callOf()), await metrics.red(red, callOf())];
		answers.push({ topology: rounded(topology.data), red: series.data.map((s) => [s.service, s.route, s.summary]) });
	}
	const merged = await store.all<{ level: number; pruned: boolean }>("select level, pruned from merged order by level");
	expect(merged).toEqual([
		{ level: 60, pruned: true },
		{ level: 1440, pruned: false },
	]);
	for (const answer of answers.slice(1)) expect(answer).toEqual(answers[0]);

	// A span that comes when only the hour is left brings the minutes back: nothing of the hour is lost.
	const late = { ...spans[0]!, startUnixNano: base + MINUTE, spanId: "00000000000000ee" };
	await load("traces", writeTraces([late]));
	await rollup.run({ eager: true, nowMs: startMs + 81 * 3_600_000 });
	const after = await traces.topology(day, callOf());
	expect(after.data.coverage.spans).toBe(answers[0]!.topology.coverage.spans + 1);
	await store.close();
});
