import { beforeEach, describe, expect, it } from "vitest";
import { parseOpenMetrics } from "../../backends/embedded/scrape/openmetrics.ts";
import { parsePrometheusText } from "../../backends/embedded/scrape/prometheus-text.ts";
import { captureFor } from "../testing/capture-for.ts";
import { copyOf } from "../testing/older-package.ts";
import { type App, runApp } from "../testing/run-app.ts";

const OPENMETRICS = { headers: { accept: "application/openmetrics-text; version=1.0.0" } };

const capture = captureFor("one test");

describe.each([
	["prom-client 15, imported", "express.mjs", undefined],
	["prom-client 15, required", "express.cjs", undefined],
	["prom-client 14, imported", "express.mjs", "prom-client-14"],
	["prom-client 14, required", "express.cjs", "prom-client-14"],
])("/metrics of an app with %s", (_what, file, older) => {
	let app: App;
	let url: string;
	let metricsUrl: string;
	beforeEach(async () => {
		const path = older === undefined ? file : copyOf(older, "prom-client", [file, "express-routes.cjs"]);
		app = runApp(path, {
			otlp: capture.url,
			env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" },
		});
		url = await app.url();
		metricsUrl = await app.said(/metrics on (\S+)/);
	});

	const scrape = async () => parseOpenMetrics(await (await fetch(metricsUrl, OPENMETRICS)).text());

	it("the app's own histograms and counters have exemplars without a change to it, by every way to observe", async () => {
		await (await fetch(`${url}/users/1`)).text();
		const span = await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the span");
		const families = await scrape();
		const duration = families.find(({ name }) => name === "app_work_seconds")!;
		const withExemplar = duration.samples.filter(({ exemplar }) => exemplar !== null);
		expect(withExemplar.map(({ labels }) => Object.fromEntries(labels).kind).sort()).toEqual([
			"labels",
			"read",
			"timer",
		]);
		for (const { exemplar } of withExemplar) {
			expect(Object.fromEntries(exemplar!.labels)).toEqual({ trace_id: span.traceId, span_id: span.spanId });
		}
		const orders = families.find(({ name }) => name === "app_orders")!;
		expect(orders.samples.map(({ name, value, exemplar }) => [name, value, exemplar?.value])).toEqual([
			["app_orders_total", 1, 1],
			["app_orders_total", 2, 2],
		]);
		expect(duration.help).toBe('Work, in "seconds"\nand more');
	});

	it("the RED metrics carry route templates and their request's exemplar", async () => {
		await (await fetch(`${url}/users/1`)).text();
		await (await fetch(`${url}/users/2`)).text();
		await (await fetch(`${url}/boom`)).text();
		await (await fetch(`${url}/health`)).text();
		await (await fetch(`${url}/nope/${Math.random()}`)).text();
		const span = await capture.until(() => capture.spans.findLast(({ name }) => name === "GET /users/:id"), "the span");
		const red = (await scrape()).find(({ name }) => name === "http_server_request_duration_seconds")!;
		const counts = red.samples.filter(({ name }) => name.endsWith("_count"));
		expect(counts.map(({ labels, value }) => [Object.fromEntries(labels), value])).toEqual([
			[
				{ http_request_method: "GET", http_route: "/users/:id", http_response_status_code: "200", url_scheme: "http" },
				2,
			],
			[
				{
					http_request_method: "GET",
					http_route: "/boom",
					http_response_status_code: "500",
					url_scheme: "http",
					error_type: "500",
				},
				1,
			],
			[{ http_request_method: "GET", http_response_status_code: "404", url_scheme: "http" }, 1],
		]);
		const exemplars = red.samples.map(({ exemplar }) => exemplar && Object.fromEntries(exemplar.labels).span_id);
		expect(exemplars).toContain(span.spanId);
	});

	it("both formats in turn, and the app's own page, show the same names and numbers", async () => {
		await (await fetch(`${url}/users/1`)).text();
		const open = await scrape();
		const text = parsePrometheusText(await (await fetch(metricsUrl)).text());
		const own = await (await fetch(`${url}/metrics`)).text();
		await scrape();
		const again = parsePrometheusText(await (await fetch(metricsUrl)).text());
		expect(again.map(({ name }) => name)).toEqual(text.map(({ name }) => name));
		expect(open.map(({ name }) => name)).toEqual(text.map(({ name }) => name.replace(/_(total|info)$/, "")));
		expect(own).toContain(
			'http_server_request_duration_seconds_count{http_request_method="GET",http_route="/users/:id"',
		);
		expect(own).toContain("app_orders{");
		expect(own).not.toContain("# {");
	});

	it("a request that is not sampled is counted and leaves no exemplar", async () => {
		const headers = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00" };
		await (await fetch(`${url}/users/1`, { headers })).text();
		const page = await (await fetch(metricsUrl, OPENMETRICS)).text();
		expect(page).toContain('app_orders_total{state="new"} 1\n');
		expect(page).not.toContain("# {");
	});
});

it("a port in use is one line, and the app runs on", async () => {
	const first = runApp("express.mjs", {
		otlp: capture.url,
		env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" },
	});
	const port = new URL(await first.said(/metrics on (\S+)/)).port;
	const second = runApp("express.mjs", {
		otlp: capture.url,
		env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: port },
	});
	expect((await fetch(`${await second.url()}/users/1`)).status).toBe(200);
	await second.said(new RegExp(`127.0.0.1:${port} is in use`));
	expect(second.stderr.match(/in use/g)).toHaveLength(1);
});

it("pushes the same registry over OTLP: cumulative, with exemplars, under the conventions' names", async () => {
	const app = runApp("express.mjs", {
		otlp: capture.url,
		env: { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "100" },
	});
	await (await fetch(`${await app.url()}/users/1`)).text();
	const span = await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the span");
	const red = await capture.until(
		() => capture.points.find(({ metric, count }) => metric === "http.server.request.duration" && count === "1"),
		"the RED metric",
	);
	expect(red.attributes).toEqual({
		"http.request.method": "GET",
		"http.route": "/users/:id",
		"http.response.status_code": 200,
		"url.scheme": "http",
	});
	expect(red.exemplars).toMatchObject([{ traceId: span.traceId, spanId: span.spanId }]);
	expect(red.bucketCounts?.length).toBe(red.explicitBounds!.length + 1);
	expect(red.resource["service.name"]).toBe("app-under-test");
	const own = await capture.until(
		() => capture.points.find(({ metric }) => metric === "app_work_seconds"),
		"the app's",
	);
	expect(own).toMatchObject({ kind: "histogram", exemplars: [{ traceId: span.traceId }] });
	const counter = await capture.until(
		() => capture.points.find(({ metric }) => metric === "app_orders"),
		"the counter",
	);
	expect(counter).toMatchObject({ kind: "sum", asDouble: 1, attributes: { state: "new" } });
	const later = await capture.until(
		() =>
			capture.points.filter(({ metric }) => metric === "http.server.request.duration").length > 1 &&
			capture.points.at(-1),
		"a second push",
	);
	expect(later.startTimeUnixNano).toBe(red.startTimeUnixNano);
	expect(capture.requests.find(({ path }) => path === "/v1/metrics")?.headers["content-type"]).toBe("application/json");
});
