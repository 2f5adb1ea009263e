import { describe, expect, it } from "vitest";
import type { Family as Parsed } from "../../../backends/embedded/scrape/exposition.ts";
import { parseOpenMetrics } from "../../../backends/embedded/scrape/openmetrics.ts";
import { captureFor } from "../../testing/capture-for.ts";
import { type App, runApp } from "../../testing/run-app.ts";
import { freePort } from "../../testing/servers/program.ts";

const OPENMETRICS = { headers: { accept: "application/openmetrics-text; version=1.0.0" } };

const capture = captureFor("one test");

function start(workers: number): App {
	return runApp("cluster.mjs", {
		otlp: capture.url,
		args: [String(workers)],
		env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" },
	});
}

const scrape = async (url: string) => parseOpenMetrics(await (await fetch(url, OPENMETRICS)).text());
const get = async (url: string) => (await fetch(url)).text();
const sampleOf = (page: readonly Parsed[], sample: string) =>
	page.flatMap(({ samples }) => samples).find(({ name }) => name === sample)?.value;

/** Asks until `done` workers have answered; how often each did. */
async function askAll(url: string, done: number): Promise<number> {
	const answered = new Set<string>();
	let asked = 0;
	while (answered.size < done) {
		answered.add(await get(url));
		asked++;
	}
	return asked;
}

describe("a cluster", () => {
	it("has one page, the sum of its workers, with the exemplars of the newest", async () => {
		const app = start(2);
		const url = await app.url();
		const asked = await askAll(url, 2);
		const spans = await capture.until(() => {
			const found = capture.spans.filter(({ kind }) => kind === 2);
			return found.length === asked && found;
		}, "a span each");
		const metricsUrl = await app.said(/metrics on (\S+)/);
		const page = await scrape(metricsUrl);
		expect(sampleOf(page, "orders_total")).toBe(asked);
		expect(sampleOf(page, "work_seconds_count")).toBe(asked);
		expect(sampleOf(page, "http_server_request_duration_seconds_count")).toBe(asked);
		expect(sampleOf(page, "share")).toBe(1.5);
		const ids = spans.map(({ traceId }) => traceId);
		for (const metric of ["orders", "work_seconds", "http_server_request_duration_seconds"]) {
			const exemplars = page
				.find(({ name }) => name === metric)!
				.samples.flatMap(({ exemplar }) => (exemplar === null ? [] : [Object.fromEntries(exemplar.labels).trace_id]));
			expect(exemplars.length, metric).toBeGreaterThan(0);
			expect(ids, metric).toEqual(expect.arrayContaining(exemplars));
		}
		expect(page.find(({ name }) => name === "target")?.samples).toHaveLength(1);
		expect(app.stderr.match(/metrics on/g)).toHaveLength(1);
		expect(await scrape(`${url}/all`)).toEqual(
			expect.arrayContaining(page.filter(({ name }) => name === "orders" || name === "work_seconds")),
		);
		expect(app.stdout).not.toContain("got");
	});

	it("keeps what a worker had counted when it ends", async () => {
		const app = start(3);
		const url = await app.url();
		const asked = await askAll(url, 3);
		const metricsUrl = await app.said(/metrics on (\S+)/);
		expect(sampleOf(await scrape(metricsUrl), "orders_total")).toBe(asked);
		const before = sampleOf(await scrape(metricsUrl), "process_memory_usage_bytes")!;
		const ended = await get(`${url}/end`);
		await app.said(new RegExp(`worker ${ended} ended`));
		const after = await scrape(metricsUrl);
		expect(sampleOf(after, "orders_total")).toBe(asked);
		expect(sampleOf(after, "process_memory_usage_bytes")).toBeLessThan(before);
		expect(sampleOf(after, "share")).toBe((1 + 2 + 3 - Number(ended)) / 2);
	});

	it("shows the last numbers of a worker that is too busy to answer", async () => {
		const app = start(2);
		const url = await app.url();
		const asked = await askAll(url, 2);
		const metricsUrl = await app.said(/metrics on (\S+)/);
		expect(sampleOf(await scrape(metricsUrl), "orders_total")).toBe(asked);
		const busy = await get(`${url}/block`);
		expect(sampleOf(await scrape(metricsUrl), "orders_total")).toBe(asked);
		await app.said(new RegExp(`worker ${busy} did not say`));
	});

	it("is one page too when its primary is started after the workers", async () => {
		const app = runApp("cluster.mjs", {
			otlp: capture.url,
			load: "none",
			args: ["2", "primary-late"],
			env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" },
		});
		const asked = await askAll(await app.url(), 2);
		const metricsUrl = await app.said(/metrics on (\S+)/);
		await expect.poll(async () => sampleOf(await scrape(metricsUrl), "orders_total"), { timeout: 5_000 }).toBe(asked);
	});

	it("whose primary is not instrumented has one worker that says it serves only itself", async () => {
		const app = runApp("cluster.mjs", {
			otlp: capture.url,
			load: "none",
			args: ["2", "in-workers"],
			env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()) },
		});
		const url = await app.url();
		await askAll(url, 2);
		const port = await app.said(/127\.0\.0\.1:(\d+) is in use/);
		expect(app.stderr).toContain("the primary of this cluster does not run @trivet/instrumentation");
		const share = sampleOf(await scrape(`http://127.0.0.1:${port}/metrics`), "share")!;
		expect([1, 2]).toContain(share);
		expect(sampleOf(await scrape(`http://127.0.0.1:${port}/metrics`), "share")).toBe(share);
		expect(app.stdout).not.toContain("got");
	});
});
