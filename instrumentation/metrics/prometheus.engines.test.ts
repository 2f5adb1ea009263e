/** What Prometheus itself makes of the page: values, exemplars, names, and the common names that recording rules add. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { binaryOf } from "../../engines/build.ts";
import { howToBuild, missingEngines, startEngines } from "../../engines/engines.ts";
import { Capture } from "../testing/capture.ts";
import { type App, killApps, runApp } from "../testing/run-app.ts";

const missing = missingEngines(["prometheus"]);
const skipped = missing.length > 0 ? ` (${howToBuild(missing)})` : "";
const run = promisify(execFile);
const repo = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

interface Answer<T> {
	status: string;
	data: T;
}
type Vector = { result: { metric: Record<string, string>; value: [number, string] }[] };
type Exemplars = {
	seriesLabels: Record<string, string>;
	exemplars: { labels: Record<string, string>; value: string }[];
}[];

describe.skipIf(missing.length > 0)(`a real Prometheus${skipped}`, () => {
	let dir: string;
	let prometheus: Awaited<ReturnType<typeof startEngines<"prometheus">>>;
	let capture: Capture;
	beforeAll(async () => {
		dir = mkdtempSync(join(tmpdir(), "trivet-scraped-"));
		capture = await Capture.start();
		prometheus = await startEngines(["prometheus"], { dir });
	}, 120_000);
	afterEach(async () => {
		await killApps();
		capture.clear();
	});
	afterAll(async () => {
		await prometheus?.stop();
		await capture?.close();
		rmSync(dir, { recursive: true, force: true });
	});

	async function ask<T>(path: string, parameters: Record<string, string>): Promise<T> {
		const response = await fetch(`${prometheus.prometheus.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
		const answer = (await response.json()) as Answer<T>;
		expect(answer.status, JSON.stringify(answer)).toBe("success");
		return answer.data;
	}
	const query = async (text: string) => (await ask<Vector>("query", { query: text })).result;

	async function until<T>(find: () => Promise<T | undefined | false>, what: string): Promise<T> {
		const deadline = Date.now() + 45_000;
		for (;;) {
			const found = await find();
			if (found !== undefined && found !== false) {
				return found;
			}
			if (Date.now() > deadline) {
				const targets = await ask<object>("targets", {});
				throw new Error(`waited for ${what}; ${JSON.stringify(targets)}\n${prometheus.prometheus.output()}`);
			}
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}

	/** Let Prometheus scrape this app every second. */
	async function scrape(app: App, job: string): Promise<void> {
		const { host } = new URL(await app.said(/metrics on (\S+)/));
		const folder = join(dir, "prometheus/prometheus-targets");
		mkdirSync(folder, { recursive: true });
		writeFileSync(
			join(folder, `scrape-${job}.yml`),
			JSON.stringify([{ targets: [host], labels: { job, __scrape_interval__: "1s", __scrape_timeout__: "1s" } }]),
		);
	}

	function start(file: string, ...args: string[]): App {
		return runApp(file, {
			otlp: capture.url,
			args,
			env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" },
		});
	}

	it("takes the whole page, gives our exemplars back, and knows the service by its name", async () => {
		const app = start("express.mjs");
		const url = await app.url();
		await (await fetch(`${url}/users/1`)).text();
		await (await fetch(`${url}/boom`)).text();
		const span = await capture.until(() => capture.spans.find(({ name }) => name === "GET /users/:id"), "the span");
		const failed = await capture.until(() => capture.spans.find(({ name }) => name === "GET /boom"), "the failed span");
		await scrape(app, "shop");

		const now = Date.now() / 1000;
		const exemplarsOf = async (text: string) => {
			const found = await ask<Exemplars>("query_exemplars", {
				query: text,
				start: String(now - 60),
				end: String(now + 120),
			});
			const ids = found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels));
			return ids.length > 0 && ids;
		};
		for (const [metric, of] of [
			['http_server_request_duration_seconds_bucket{http_route="/users/:id"}', span],
			['http_request_errors_total{cause="unknown",http_route="/boom"}', failed],
			["app_work_seconds_bucket", span],
			["app_orders_total", span],
		] as const) {
			const ids = await until(() => exemplarsOf(metric), `exemplars of ${metric}`);
			for (const labels of ids) {
				expect(labels, metric).toEqual({ trace_id: of.traceId, span_id: of.spanId });
			}
		}
		expect(await query('up{job="shop"}')).toMatchObject([{ value: [expect.any(Number), "1"] }]);
		expect(
			await query(
				'http_server_request_duration_seconds_count{http_route="/users/:id"} * on (job, instance) group_left (service_name) target_info',
			),
		).toMatchObject([
			{
				metric: { service_name: "app-under-test", http_route: "/users/:id" },
				value: [expect.any(Number), "1"],
			},
		]);
		const types = await ask<Record<string, { type: string }[]>>("metadata", { metric: "http_request_errors" });
		expect(Object.values(types).flat()).toMatchObject([{ type: "counter" }]);

		const copies = await until(async () => {
			const found = await query('http_request_total{route="/users/:id"}');
			return found.length > 0 && found;
		}, "the recorded copies");
		expect(copies).toMatchObject([
			{ metric: { job: "shop", method: "GET", status_code: "200" }, value: [expect.any(Number), "1"] },
		]);
		expect(
			await query('histogram_quantile(0.9, sum by (le, route) (http_request_duration_seconds_bucket{route="/boom"}))'),
		).toHaveLength(1);
	}, 120_000);

	it("reads a cluster as one target, over the end of a worker", async () => {
		const app = start("cluster.mjs", "2");
		const url = await app.url();
		const answered = new Set<string>();
		let asked = 0;
		while (answered.size < 2) {
			answered.add(await (await fetch(url)).text());
			asked++;
		}
		await scrape(app, "cluster");
		const orders = async () => (await query('orders_total{job="cluster"}'))[0]?.value[1];
		await until(async () => (await orders()) === String(asked), "the sum of both workers");
		const ended = await (await fetch(`${url}/end`)).text();
		await app.said(new RegExp(`worker ${ended} ended`));
		await (await fetch(url)).text();
		await until(async () => (await orders()) === String(asked + 1), "the sum with what the ended one had counted");
		expect(await query('resets(orders_total{job="cluster"}[5m])')).toMatchObject([
			{ value: [expect.any(Number), "0"] },
		]);
	}, 120_000);

	it("takes the rules, and leaves a service that has the common names itself alone", async () => {
		const rules = repo("collector-config/prometheus-rules/aliases.yml");
		const promtool = binaryOf("promtool");
		await run(promtool, ["check", "rules", "--lint-fatal", rules]);
		const series = (name: string, job: string, labels = "") => ({
			series: `${name}{job="${job}",instance="${job}:1"${labels}}`,
			values: "1 2",
		});
		const conventions = ',http_request_method="GET",http_route="/a",http_response_status_code="200"';
		const test = join(dir, "aliases.test.json");
		const copied = `job="new",instance="new:1",http_request_method="GET",http_route="/a",http_response_status_code="200",method="GET",route="/a",status_code="200",recorded_from="http_server_request_duration_seconds"`;
		writeFileSync(
			test,
			JSON.stringify({
				rule_files: [rules],
				evaluation_interval: "15s",
				tests: [
					{
						interval: "15s",
						input_series: [
							series("http_server_request_duration_seconds_count", "new", conventions),
							series("http_server_request_duration_seconds_bucket", "new", `${conventions},le="1.0"`),
							series("http_server_request_duration_seconds_count", "both", conventions),
							series("http_server_request_duration_seconds_bucket", "both", `${conventions},le="1.0"`),
							series("http_request_total", "both"),
							series("http_requests_total", "both"),
							series("http_request_duration_seconds_count", "both"),
							series("http_request_duration_seconds_bucket", "both", ',le="1"'),
						],
						promql_expr_test: [
							"http_request_total",
							"http_requests_total",
							"http_request_duration_seconds_count",
							"http_request_duration_seconds_bucket",
						].map((name) => ({
							expr: name,
							eval_time: "15s",
							exp_samples: [
								{
									labels: `${name}{job="both",instance="both:1"${name.endsWith("bucket") ? ',le="1"' : ""}}`,
									value: 2,
								},
								{ labels: `${name}{${copied}${name.endsWith("bucket") ? ',le="1.0"' : ""}}`, value: 2 },
							],
						})),
					},
				],
			}),
		);
		await run(promtool, ["test", "rules", test]);
	});
});
