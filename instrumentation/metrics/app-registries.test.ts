import { expect, it } from "vitest";
import type { Family } from "../../backends/embedded/scrape/exposition.ts";
import { metricPoints } from "../../backends/embedded/scrape/metric-points.ts";
import { parseOpenMetrics } from "../../backends/embedded/scrape/openmetrics.ts";
import { parsePrometheusText } from "../../backends/embedded/scrape/prometheus-text.ts";
import { captureFor } from "../testing/capture-for.ts";
import { runApp } from "../testing/run-app.ts";

const capture = captureFor("one test");

const OPENMETRICS = { headers: { accept: "application/openmetrics-text" } };

async function start(env: Record<string, string> = {}) {
	const app = runApp("prom.mjs", {
		otlp: capture.url,
		env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0", ...env },
	});
	const url = await app.url();
	const metricsUrl = await app.said(/metrics on (\S+)/);
	return {
		app,
		get: async (path: string) => (await fetch(url + path)).text(),
		page: async () => parseOpenMetrics(await (await fetch(metricsUrl, OPENMETRICS)).text()),
		text: async () => parsePrometheusText(await (await fetch(metricsUrl)).text()),
	};
}

const samplesOf = (page: readonly Family[], family: string) => page.find(({ name }) => name === family)?.samples ?? [];

/** One of each kind of saturation, as it is called on the OpenMetrics page. */
const SATURATION = [
	"nodejs_eventloop_delay_p99_seconds",
	"nodejs_eventloop_utilization_ratio",
	"nodejs_eventloop_time_seconds",
	"v8js_memory_heap_used_bytes",
	"v8js_memory_heap_size_limit_bytes",
	"process_cpu_time_seconds",
	"process_memory_usage_bytes",
];

it("saturation stands beside prom-client's default metrics, on our page and the app's", async () => {
	const { page, get } = await start();
	for (const families of [await page(), parseOpenMetrics(await get("/own"))]) {
		const names = families.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		expect(names).toEqual(
			expect.arrayContaining([...SATURATION, "nodejs_eventloop_lag_seconds", "process_cpu_seconds"]),
		);
		const spaces = samplesOf(families, "v8js_memory_heap_used_bytes").map(({ labels }) => labels[0]);
		expect(spaces).toContainEqual(["v8js_heap_space_name", "old_space"]);
	}
});

it("garbage collections are counted by kind", async () => {
	const { page } = await start({ NODE_OPTIONS: "--max-semi-space-size=1" });
	await expect
		.poll(async () => {
			const counts = samplesOf(await page(), "v8js_gc_duration_seconds").filter(({ name }) => name.endsWith("_count"));
			return counts.map(({ labels }) => labels[0]);
		})
		.toContainEqual(["v8js_gc_type", "minor"]);
});

it("reading does not take from the next reader", async () => {
	const { page } = await start();
	const longest = async () => samplesOf(await page(), "nodejs_eventloop_delay_max_seconds")[0]!.value;
	const first = await longest();
	expect(first).toBeGreaterThan(0);
	expect(await longest()).toBeGreaterThanOrEqual(first);
});

it("a registry of the app's own is shown with exemplars, and what the app calls its own wins", async () => {
	const { app, page, get } = await start();
	await get("/work");
	const span = await capture.until(() => capture.spans.find(({ name }) => name === "GET /work"), "the span");
	const families = await page();
	expect(samplesOf(families, "jobs")).toMatchObject([{ name: "jobs_total", value: 1 }]);
	expect(Object.fromEntries(samplesOf(families, "jobs")[0]!.exemplar!.labels).trace_id).toBe(span.traceId);
	expect(samplesOf(families, "process_uptime_seconds").map(({ value }) => value)).toEqual([-1]);
	expect(app.stderr).toContain("the app has its own process_uptime_seconds");
	expect(app.stderr).toContain("the metric broken could not be collected");
});

it("counters keep their names when the app prints OpenMetrics itself, which shortens them", async () => {
	const { text, get } = await start();
	await get("/users/1");
	const before = (await text()).map(({ name }) => name);
	const own = parseOpenMetrics(await get("/own"));
	expect(samplesOf(own, "many")[0]).toMatchObject({ name: "many_total", exemplar: { value: 1 } });
	expect(samplesOf(own, "http_request_errors")[0]).toMatchObject({ name: "http_request_errors_total" });
	const after = (await text()).map(({ name }) => name);
	expect(after).toEqual(before);
	expect(after).toContain("many_total");
});

it("no family grows without bounds: ours overflow into one series, the app's own are said", async () => {
	const { app, page, get } = await start({ TRIVET_SERIES_LIMIT: "3" });
	for (let i = 0; i < 5; i++) {
		await get(`/users/${i}`);
		await get(`/nowhere/${i}`);
	}
	for (const name of ["a", "b", "c", "d"]) {
		await get(`/fail/${name}`);
	}
	const families = await page();
	for (const [family, suffix] of [
		["http_server_request_duration_seconds", "_count"],
		["http_request_errors", "_total"],
	] as const) {
		const series = samplesOf(families, family).filter(({ name }) => name === family + suffix);
		expect(series, family).toHaveLength(4);
		expect(series.at(-1)!.labels).toEqual([["otel_metric_overflow", "true"]]);
		expect(app.stderr).toMatch(new RegExp(`${family}\\S* reached 3 series`));
	}
	expect(samplesOf(families, "many")).toHaveLength(5);
	expect(app.stderr).toContain("the app's metric many_total has more than 3 series");
	const labels = families.flatMap(({ samples }) => samples.map(({ labels }) => JSON.stringify(labels)));
	expect(labels.filter((text) => /nowhere|users\/\d/.test(text))).toEqual([]);
});

it("Trivet's own scraper knows the service by its name and its version", async () => {
	const { page, get } = await start();
	await get("/work");
	const points = metricPoints(await page(), { service: null, fallbackService: "127.0.0.1:1", timeUnixNano: 1n });
	const red = points.find(({ name }) => name === "http_server_request_duration_seconds")!;
	expect(red.service).toBe("app-under-test");
	expect(red.resource).toMatchObject({ "service.version": "1.2.3", "deployment.environment.name": "test" });
	expect(red.startUnixNano).toBeGreaterThan(1_700_000_000_000_000_000n);
	expect(points.find(({ name }) => name === "target_info")).toBeUndefined();
});
