import fc from "fast-check";
import client from "prom-client";
import { describe, expect, it } from "vitest";
import { parseOpenMetrics } from "../../backends/embedded/scrape/openmetrics.ts";
import { parsePrometheusText } from "../../backends/embedded/scrape/prometheus-text.ts";
import { Metrics } from "./collect.ts";
import { canonical, expose, negotiate } from "./exposition.ts";
import type { Family } from "./family.ts";
import { DurationHistogram } from "./histogram.ts";
import type { PromRegistry } from "./prom-client/module.ts";
import { toFamily } from "./prom-client/snapshot.ts";

const number = (name: string, type: "counter" | "gauge", value: number, labels = {}): Family => ({
	name,
	help: "",
	type,
	points: [{ labels, value }],
});

describe("Accept", () => {
	it.each([
		[undefined, "text"],
		["*/*", "text"],
		["text/plain", "text"],
		["application/openmetrics-text", "openmetrics"],
		[
			"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
			"openmetrics",
		],
		["application/openmetrics-text;version=1.0.0;q=0.2,text/plain;q=0.9", "text"],
		["application/openmetrics-text;q=0", "text"],
		["application/openmetrics-text; version=2.0.0", "text"],
		["text/html", "text"],
		[";;q=,", "text"],
	])("%s is answered with %s", (accept, format) => {
		expect(negotiate(accept)).toBe(format);
	});
});

describe("le and quantile", () => {
	it.each([
		[0.005, "0.005"],
		[1, "1.0"],
		[0, "0.0"],
		[10, "10.0"],
		[100000, "100000.0"],
		[1e6, "1e+06"],
		[1234567, "1.234567e+06"],
		[1e-5, "1e-05"],
		[2.5e-7, "2.5e-07"],
		[1e21, "1e+21"],
		[1e100, "1e+100"],
		[-1, "-1.0"],
		[Number.POSITIVE_INFINITY, "+Inf"],
	])("%d is %s", (value, text) => {
		expect(canonical(value)).toBe(text);
	});
});

describe("the page", () => {
	it("escapes what has to be escaped in help and labels", () => {
		const family: Family = { ...number("a", "gauge", 1, { path: 'C:\\dir "x"\ny' }), help: 'a "b"\\c\nd' } as Family;
		const open = expose([family], "openmetrics");
		expect(open).toBe('# TYPE a gauge\n# HELP a a \\"b\\"\\\\c\\nd\na{path="C:\\\\dir \\"x\\"\\ny"} 1\n# EOF\n');
		expect(expose([family], "text")).toContain('# HELP a a "b"\\\\c\\nd\n');
		const [parsed] = parseOpenMetrics(open);
		expect(parsed).toMatchObject({ help: 'a "b"\\c\nd', samples: [{ labels: [["path", 'C:\\dir "x"\ny']] }] });
	});

	it("names counters as each format wants", () => {
		const families = [number("a_total", "counter", 1), number("b", "counter", 2)];
		expect(expose(families, "openmetrics")).toBe("# TYPE a counter\na_total 1\n# TYPE b counter\nb_total 2\n# EOF\n");
		expect(expose(families, "text")).toContain("a_total 1\n");
		expect(expose(families, "text")).toContain("\nb 2\n");
	});

	it("leaves out of OpenMetrics what would make the whole page invalid", () => {
		const clash = [number("a_total", "counter", 1), number("a", "gauge", 2)];
		expect(() => parseOpenMetrics(expose(clash, "openmetrics"))).not.toThrow();
		for (const value of [Number.NaN, -1]) {
			const page = expose([number("a_total", "counter", value)], "openmetrics");
			expect(() => parseOpenMetrics(page)).not.toThrow();
		}
	});

	it("a strict reader takes every page, whatever the app's metrics hold, and reads the same values from both formats", async () => {
		const name = fc.stringMatching(/^[a-z][a-z_]{0,8}(_total|_sum|_count|_bucket|_info|_created)?$/);
		const label = fc.string({ unit: "binary", maxLength: 20 });
		const value = fc.double();
		await fc.assert(
			fc.asyncProperty(
				fc.uniqueArray(
					fc.record({
						name,
						help: fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
						type: fc.constantFrom("Counter", "Gauge", "Histogram", "Summary"),
						values: fc.array(fc.tuple(label, value), { maxLength: 4 }),
						buckets: fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
							minLength: 1,
							maxLength: 4,
						}),
					}),
					{ selector: (metric) => metric.name, maxLength: 5 },
				),
				async (metrics) => {
					const registry = new client.Registry();
					for (const { name, help, type, values, buckets } of metrics) {
						const metric = new client[type as "Gauge"]({
							name,
							help,
							labelNames: ["l"],
							registers: [registry],
							...(type === "Histogram" ? { buckets: [...buckets].sort((a, b) => a - b) } : {}),
						} as never) as unknown as {
							inc(l: object, v: number): void;
							set(l: object, v: number): void;
							observe(l: object, v: number): void;
						};
						for (const [l, v] of values) {
							if (type === "Counter") {
								metric.inc({ l }, Number.isFinite(v) ? Math.abs(v) : 1);
							} else if (type === "Gauge") {
								metric.set({ l }, v);
							} else if (Number.isFinite(v)) {
								metric.observe({ l }, v);
							}
						}
					}
					const collected = new Metrics();
					collected.addRegistry(registry as unknown as PromRegistry);
					const families = await collected.collect();
					const before = JSON.stringify(await registry.getMetricsAsJSON());
					parseOpenMetrics(expose(families, "openmetrics"));
					parsePrometheusText(expose(families, "text"));
					expect(JSON.stringify(await registry.getMetricsAsJSON())).toBe(before);
				},
			),
			{ numRuns: 300 },
		);
	});

	it("an exemplar over 128 characters is left out, the sample stays", () => {
		const exemplar = (length: number) => ({
			labelSet: { trace_id: "x".repeat(length) },
			value: 1,
			timestamp: 1700000000.5,
		});
		const family = (length: number): Family =>
			toFamily(
				{ name: "a", help: "h", type: "counter", values: [{ labels: {}, value: 1, exemplar: exemplar(length) }] },
				{},
			)!;
		expect(expose([family(120)], "openmetrics")).toContain(" 1 1700000000.500\n");
		expect(expose([family(121)], "openmetrics")).toContain("a_total 1\n");
	});
});

describe("a duration histogram", () => {
	const histogram = (limit: number) =>
		new DurationHistogram(
			{ name: "http.server.request.duration", help: "h", labels: ["http.route", "error.type"], bounds: [0.1, 1] },
			limit,
		);

	it("counts into its bucket and keeps the newest exemplar of each", () => {
		const all = histogram(10);
		for (const [value, id] of [
			[0.1, "a"],
			[0.05, "b"],
			[0.5, undefined],
			[7, "c"],
		] as const) {
			all.observe(["/x", ""], value, id === undefined ? undefined : { trace_id: id, span_id: id }, 1000);
		}
		const family = all.family();
		expect(family.points).toEqual([
			{
				labels: { http_route: "/x" },
				bounds: [0.1, 1],
				counts: [2, 1, 1],
				sum: 7.65,
				count: 4,
				exemplars: [
					{ labels: { trace_id: "b", span_id: "b" }, value: 0.05, atMs: 1000 },
					undefined,
					{ labels: { trace_id: "c", span_id: "c" }, value: 7, atMs: 1000 },
				],
			},
		]);
	});

	it("never holds more series than its limit: the rest is counted in one", () => {
		const all = histogram(3);
		for (let i = 0; i < 100; i++) {
			all.observe([`/${i}`, ""], 1, undefined, 0);
		}
		const points = all.family().points as { labels: object; count: number }[];
		expect(points).toHaveLength(4);
		expect(points.at(-1)).toMatchObject({ labels: { otel_metric_overflow: "true" }, count: 97 });
	});
});
