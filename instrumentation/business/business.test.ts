import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseOpenMetrics } from "../../backends/embedded/scrape/openmetrics.ts";
import type { Family } from "../metrics/family.ts";
import { captureFor } from "../testing/capture-for.ts";
import { runApp } from "../testing/run-app.ts";
import { counter } from "./counter.ts";
import { Gauge } from "./gauge.ts";
import { histogram } from "./histogram.ts";
import { BoundedLabels } from "./labels.ts";

let names = 0;
const fresh = (): string => `test.metric_${names++}`;
const pointsOf = (family: Family): Record<string, number> =>
	Object.fromEntries(
		family.points.map((point) => [
			Object.values(point.labels).join(" "),
			"value" in point ? point.value : "count" in point ? point.count : Number.NaN,
		]),
	);

describe("labels", () => {
	it("of a set are counted by their value, and as other when they are none", () => {
		const orders = counter({ name: fresh(), unit: "{order}", help: "", labels: { status: ["paid", "failed"] } });
		orders.add({ status: "paid" });
		orders.add({ status: "paid" }, 2);
		orders.add({ status: "nonsense" as "paid" });
		orders.add(undefined as unknown as { status: "paid" });
		expect(pointsOf(orders.metric.family())).toEqual({ paid: 3, failed: 0, other: 2 });
	});

	it("with a cap take the first values that come", () => {
		const seen = counter({ name: fresh(), unit: "{view}", help: "", labels: { shop: { atMost: 2 } } });
		for (const shop of ["a", "b", "c", "a", "d"]) {
			seen.add({ shop });
		}
		expect(pointsOf(seen.metric.family())).toEqual({ a: 2, b: 1, other: 2 });
	});

	it("never make more series than their rules allow, whatever values come", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 8 }),
				fc.array(fc.record({ open: fc.anything(), set: fc.anything() }), { maxLength: 100 }),
				(atMost, all) => {
					const labels = new BoundedLabels("x", { open: { atMost }, set: ["a", "b"] });
					const seen = all.map((given) => {
						return labels.valuesOf(given).join("\u0000");
					});
					expect(new Set(seen).size).toBeLessThanOrEqual((atMost + 1) * 3);
				},
			),
		);
	});

	it("that can be counted out are there at zero, so that the first count is a rate", () => {
		const size = (labels: Record<string, readonly string[] | { atMost: number }>): number =>
			counter({ name: fresh(), unit: "{x}", help: "", labels }).metric.family().points.length;
		expect(size({})).toBe(1);
		expect(size({ a: ["1", "2"], b: ["1", "2", "3"] })).toBe(6);
		expect(size({ a: ["1", "2"], b: { atMost: 5 } })).toBe(0);
		expect(size({ a: Array.from({ length: 65 }, (_, index) => String(index)) })).toBe(0);
	});

	it.each([
		[{ "a-b": ["x"] }],
		[{ __a: ["x"] }],
		[{ le: ["x"] }],
		[{ a: [] }],
		[{ a: { atMost: 0 } }],
		[{ a: { atMost: 1.5 } }],
		[{ a: { atMost: 100_000 } }],
	])("%j are refused", (labels) => {
		expect(() => counter({ name: fresh(), unit: "{x}", help: "", labels })).toThrow(TypeError);
	});
});

describe("a definition", () => {
	it.each([["1abc"], ["a b"], [""], ["a\nb"], ["x".repeat(200)]])("with the name %j is refused", (name) => {
		expect(() => counter({ name, unit: "1", help: "" })).toThrow(/no name for a metric/);
	});

	it("with another unit is refused", () => {
		expect(() => histogram({ name: fresh(), unit: "ms" as "s", help: "" })).toThrow(/the unit is s, By, 1 or/);
	});

	it.each([[[2, 1]], [[1, 1]], [[Number.NaN]], [[1, Number.POSITIVE_INFINITY]]])(
		"with the bounds %j is refused",
		(bounds) => {
			expect(() => histogram({ name: fresh(), unit: "s", help: "", bounds })).toThrow(/ascending numbers/);
		},
	);

	it("made twice is one metric; made in two ways is refused", () => {
		const definition = { name: fresh(), unit: "{order}", help: "Orders." } as const;
		expect(counter(definition)).toBe(counter(definition));
		expect(() => counter({ ...definition, help: "Something else." })).toThrow(/already defined/);
		expect(() => histogram(definition)).toThrow(/already defined/);
	});
});

describe("what cannot be counted is left out, and nothing is thrown", () => {
	it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "1" as unknown as number, null as unknown as number])(
		"%s",
		(amount) => {
			const count = counter({ name: fresh(), unit: "{x}", help: "" });
			const sizes = histogram({ name: fresh(), unit: "By", help: "" });
			count.add(amount);
			sizes.record(typeof amount === "number" && amount < 0 ? Number.NaN : amount);
			expect(pointsOf(count.metric.family())).toEqual({ "": 0 });
			expect(sizes.metric.family().points).toEqual([]);
		},
	);

	it("labels that cannot be shown", () => {
		const count = counter({ name: fresh(), unit: "{x}", help: "", labels: { a: { atMost: 3 } } });
		count.add({ a: Object.create(null) as string });
		count.add({
			get a(): string {
				throw new Error("no");
			},
		});
		expect(Object.keys(pointsOf(count.metric.family()))).toEqual(["other"]);
	});
});

it("a histogram has the bounds of its unit", () => {
	const bounds = (unit: "s" | "By" | "1" | "{item}"): readonly number[] => {
		const sizes = histogram({ name: fresh(), unit, help: "" });
		sizes.record(1);
		const family = sizes.metric.family();
		return family.type === "histogram" ? family.points[0]!.bounds : [];
	};
	expect([bounds("s").at(-1), bounds("By")[0], bounds("1").at(-1), bounds("{item}").at(-1)]).toEqual([
		10, 256, 1, 1_000,
	]);
});

describe("in an app", () => {
	const capture = captureFor("one test");
	const METRICS = { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "50" };
	const latest = (metric: string, attributes: Record<string, string> = {}) =>
		capture.points.findLast(
			(point) =>
				point.metric === metric && Object.entries(attributes).every(([key, value]) => point.attributes[key] === value),
		);

	it.each(["with prom-client", "without"])(
		"%s: pushed under their names and units, each with an exemplar of its own trace",
		async (how) => {
			const url = await runApp("business.mjs", { otlp: capture.url, env: METRICS, args: [how] }).url();
			await (await fetch(`${url}/order?status=paid`)).text();
			await (await fetch(`${url}/order?status=declined`)).text();
			await capture.until(() => latest("shop.orders", { status: "declined" })?.asDouble === 1, "the counter");
			const traceOf = (status: string) =>
				capture.spans.find((span) => span.kind === 2 && span.attributes["url.query"] === `status=${status}`)?.traceId;
			await capture.until(() => traceOf("declined"), "the traces");
			expect(latest("shop.orders", { status: "paid" })?.exemplars.map(({ traceId }) => traceId)).toEqual([
				traceOf("paid"),
			]);
			expect(latest("shop.payment.duration", { outcome: "declined" })).toMatchObject({
				kind: "histogram",
				count: "1",
				exemplars: [{ traceId: traceOf("declined") }],
			});
			expect(latest("shop.carts.open", { tier: "gold" })?.asDouble).toBe(2);
			expect(latest("shop.carts.open", { tier: "other" })?.asDouble).toBe(5);
			expect(latest("shop.broken")).toBeUndefined();
			expect(latest("shop.hanging")).toBeUndefined();
			expect(latest("shop.queue.depth")?.asDouble).toBe(7);
		},
	);

	it("on both metrics pages, which strict readers take", async () => {
		const app = runApp("business.mjs", {
			otlp: capture.url,
			args: ["with prom-client"],
			env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" },
		});
		const url = await app.url();
		await (await fetch(`${url}/order?status=paid`)).text();
		const page = await app.said(/metrics on (\S+)/);
		const accept = "application/openmetrics-text; version=1.0.0";
		const text = await (await fetch(page, { headers: { accept } })).text();
		const families = new Map(parseOpenMetrics(text).map((family) => [family.name, family]));
		expect(families.get("shop_orders")?.type).toBe("counter");
		expect(families.get("shop_payment_duration_seconds")?.type).toBe("histogram");
		expect(text).toMatch(/shop_orders_total\{status="paid"\} 1 # \{trace_id="[0-9a-f]{32}"/);
		expect(text).toMatch(/shop_orders_total\{status="failed"\} 0\n/);
		expect(text).toContain('shop_carts_open{tier="gold"} 2');
		const own = await (await fetch(`${url}/metrics`)).text();
		expect(own).toContain('shop_orders_total{status="paid"} 1');
		expect(own).toContain("shop_queue_depth 7");
		expect(own).not.toMatch(/^shop_broken /m);
		expect(app.stderr).toContain("shop_broken could not be read: no luck");
	});

	it("that requires the package while its ESM copy was started: one decision, one page", async () => {
		const env = { ...METRICS, OTEL_TRACES_SAMPLER: "tail", OTEL_TRACES_SAMPLER_ARG: "slow=1000s" };
		const url = await runApp("business.cjs", { otlp: capture.url, env }).url();
		await (await fetch(`${url}/good`)).text();
		await (await fetch(`${url}/bad`)).text();
		const failed = await capture.until(
			() => capture.spans.find((span) => span.attributes["url.path"] === "/bad"),
			"it",
		);
		await capture.until(() => latest("shop.answers", { status: "500" })?.exemplars.length, "its exemplar");
		expect(latest("shop.answers", { status: "500" })?.exemplars[0]?.traceId).toBe(failed.traceId);
		expect(latest("shop.answers", { status: "200" })).toMatchObject({ asDouble: 1, exemplars: [] });
	});

	it("with the SDK disabled they count for nobody, and nothing breaks", async () => {
		const app = runApp("business.mjs", {
			otlp: capture.url,
			env: { ...METRICS, OTEL_SDK_DISABLED: "true" },
			args: ["without"],
		});
		expect((await fetch(`${await app.url()}/order?status=paid`)).status).toBe(200);
		await app.stop();
		expect(capture.points).toEqual([]);
	});
});

describe("a gauge", () => {
	const reading = (read: () => number | undefined | Promise<number>): Gauge =>
		new Gauge({
			name: "depth",
			unit: "{x}",
			help: "",
			read: async () => [{ labels: {}, value: (await read()) as number }],
		});

	it("is read once at a time, for all who ask", async () => {
		const release: ((value: number) => void)[] = [];
		const depth = reading(() => new Promise<number>((resolve) => release.push(resolve)));
		const asked = [depth.refresh(), depth.refresh()];
		expect(release).toHaveLength(1);
		release[0]!(3);
		await Promise.all(asked);
		expect(pointsOf(depth.family())).toEqual({ "": 3 });
	});

	it("that cannot be read any more has no value, rather than its last", async () => {
		let read = (): number => 1;
		const depth = reading(() => read());
		await depth.refresh();
		expect(pointsOf(depth.family())).toEqual({ "": 1 });
		read = () => {
			throw new Error("gone");
		};
		await depth.refresh();
		expect(depth.family().points).toEqual([]);
	});

	it.each([[Number.NaN], [undefined], ["7" as unknown as number]])("that reads %s has no value", async (value) => {
		const depth = reading(() => value);
		await depth.refresh();
		expect(depth.family().points).toEqual([]);
	});
});
