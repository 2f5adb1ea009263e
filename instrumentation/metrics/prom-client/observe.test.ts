import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readContextFrom } from "../../active-context.ts";
import { patchExemplars } from "./exemplars.ts";
import type { PromClient } from "./module.ts";

const load = createRequire(import.meta.url);
const manager = new AsyncLocalStorageContextManager().enable();
const span = trace.wrapSpanContext({ traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 });
beforeAll(() => readContextFrom(manager));
afterAll(() => manager.disable());

type Client = typeof import("prom-client");

/** A copy of prom-client of its own: patching one leaves the other alone. */
function copyOf(alias: string): { client: Client; version: string; folder: string } {
	const manifest = load.resolve(`${alias}/package.json`);
	const folder = dirname(manifest);
	for (const file of Object.keys(load.cache)) {
		if (file.startsWith(join(folder, "/"))) {
			delete load.cache[file];
		}
	}
	return { client: load(alias) as Client, version: (load(manifest) as { version: string }).version, folder };
}

/** Everything the app can do to a histogram and a counter, right and wrong. */
const label = fc.constantFrom<unknown>("x", "y,a:z", "", 5, undefined, null);
const labels = fc.record({ a: label, b: label, wrong: fc.constant("w") }, { requiredKeys: [] });
const value = fc.constantFrom<unknown>(
	0,
	0.1,
	0.5,
	1,
	7,
	-1,
	Number.NaN,
	Number.POSITIVE_INFINITY,
	"3",
	undefined,
	null,
);
const call = fc.oneof(
	fc.tuple(fc.constantFrom("observe", "inc"), fc.oneof(labels, fc.constantFrom(null, undefined, 0)), value),
	fc.tuple(fc.constantFrom("observe", "inc"), value),
	fc.tuple(fc.constantFrom("observe labels", "inc labels", "observe label", "inc label"), labels, value),
	fc.tuple(fc.constantFrom("remove", "zero", "reset"), labels),
);

function perform(client: Client, calls: readonly (readonly unknown[])[]) {
	const registry = new client.Registry();
	const common = { help: "h", labelNames: ["a", "b"], registers: [registry] };
	// biome-ignore lint/suspicious/noExplicitAny: the app may pass anything.
	const histogram: any = new client.Histogram({ ...common, name: "h", buckets: [0.1, 1] });
	// biome-ignore lint/suspicious/noExplicitAny: the app may pass anything.
	const counter: any = new client.Counter({ ...common, name: "c_total" });
	const outcomes = calls.map(([what, ...given]) => {
		const [first, second] = given as [Record<string, unknown>, unknown];
		try {
			switch (what) {
				case "observe":
					return histogram.observe(...given);
				case "inc":
					return counter.inc(...given);
				case "observe labels":
					return histogram.labels(first).observe(second);
				case "inc labels":
					return counter.labels(first).inc(second);
				case "observe label":
					return histogram.labels(first.a, first.b).observe(second);
				case "inc label":
					return counter.labels(first.a, first.b).inc(second);
				case "remove":
					return histogram.remove(first);
				case "zero":
					return histogram.zero(first);
				default:
					return counter.reset();
			}
		} catch (error) {
			return String(error);
		}
	});
	return { registry, outcomes };
}

describe.each([
	["prom-client", "fast", undefined],
	["prom-client", "wrapped", "16.0.0"],
	["prom-client-14", "fast", undefined],
	["prom-client-14", "wrapped", "13.2.0"],
] as const)("%s, %s", (alias, kind, pretended) => {
	const plain = copyOf(alias).client;
	const patched = copyOf(alias);

	it("counts, returns and throws what the unpatched one does, in a span and out of it", async () => {
		const version = pretended ?? patched.version;
		expect(patchExemplars(patched.client as unknown as PromClient, version, patched.folder)).toBe(kind);
		await fc.assert(
			fc.asyncProperty(fc.array(call, { maxLength: 12 }), fc.boolean(), async (calls, inSpan) => {
				const expected = perform(plain, calls);
				const context = inSpan ? trace.setSpan(ROOT_CONTEXT, span) : ROOT_CONTEXT;
				const found = manager.with(context, () => perform(patched.client, calls));
				expect(found.outcomes).toEqual(expected.outcomes);
				expect(await found.registry.metrics()).toBe(await expected.registry.metrics());
			}),
			{ numRuns: 300 },
		);
	});

	it("writes an exemplar for the bucket and the counter of what is observed in a span", async () => {
		const registry = new patched.client.Registry();
		const common = { help: "h", labelNames: ["a"], registers: [registry] };
		const histogram = new patched.client.Histogram({ ...common, name: "h", buckets: [0.1, 1] });
		const counter = new patched.client.Counter({ ...common, name: "c_total" });
		manager.with(trace.setSpan(ROOT_CONTEXT, span), () => {
			histogram.observe({ a: "x" }, 0.5);
			histogram.labels("x").observe(7);
			counter.inc({ a: "x" }, 3);
		});
		const exemplars = (await registry.getMetricsAsJSON()).flatMap(({ values }) =>
			(values as { exemplar?: { value: number; labelSet: object } | null }[]).flatMap(({ exemplar }) =>
				exemplar ? [[exemplar.value, exemplar.labelSet]] : [],
			),
		);
		const ids = { trace_id: "a".repeat(32), span_id: "b".repeat(16) };
		expect(exemplars).toEqual(
			kind === "wrapped" && alias === "prom-client-14"
				? []
				: [
						[0.5, ids],
						[7, ids],
						[3, ids],
					],
		);
	});

	it.runIf(alias === "prom-client")("leaves metrics alone whose exemplars the app writes itself", async () => {
		const registry = new patched.client.Registry();
		registry.setContentType(patched.client.Registry.OPENMETRICS_CONTENT_TYPE as never);
		const common = { help: "h", labelNames: ["a"], registers: [registry], enableExemplars: true };
		const histogram = new patched.client.Histogram({ ...common, name: "h", buckets: [1] });
		const counter = new patched.client.Counter({ ...common, name: "c_total" });
		manager.with(trace.setSpan(ROOT_CONTEXT, span), () => {
			const own = { labels: { a: "x" }, exemplarLabels: { trace_id: "own" } };
			histogram.observe({ ...own, value: 0.5 });
			histogram.labels("x").observe(7);
			counter.inc({ ...own, value: 2 });
			counter.inc({ ...own, value: 3 });
		});
		const page = await registry.metrics();
		expect(page.match(/# \{.*?\} \d(\.\d)?/g)).toEqual(['# {trace_id="own"} 0.5', '# {trace_id="own"} 3']);
	});
});
