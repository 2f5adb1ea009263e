import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { howToBuild, missingEngines } from "../../../engines/engines.ts";
import { callOf } from "../../conformance/scene.ts";
import { type HistogramSpec, histograms } from "../../conformance/telemetry.ts";
import { Engine } from "../engine.ts";
import { readStackSettings } from "../settings.ts";
import { PrometheusApi } from "./prometheus-api.ts";
import { PrometheusMetrics } from "./prometheus-metrics.ts";
import { escapeRegex, quote } from "./promql.ts";
import { startPrometheus, type TestingPrometheus } from "./testing-prometheus.ts";

const missing = missingEngines(["prometheus"]);
const title = missing.length > 0 ? `(${howToBuild(missing)})` : "with a real Prometheus";

const MINUTE = 60_000_000_000n;
/** A whole minute, ten minutes ago: `at(0)`. */
const base = (BigInt(Date.now()) / 60_000n - 10n) * MINUTE;
const at = (seconds: number): bigint => base + BigInt(Math.round(seconds * 1000)) * 1_000_000n;
const window = { fromUnixNano: at(0), toUnixNano: at(300) };
const BOUNDS = [0.05, 0.1, 0.25, 0.5];

/** A counter of requests of 50 to 100 ms, as read at these seconds. */
function series(
	service: string,
	readings: [second: number, calls: number][],
	more: Partial<HistogramSpec> = {},
): HistogramSpec {
	return {
		service,
		metric: "http.server.request.duration",
		bounds: BOUNDS,
		attributes: { "http.route": "/a", "http.response.status_code": 200 },
		points: readings.map(([second, calls]) => ({
			start: at(-3600),
			time: at(second),
			sum: calls,
			counts: [0, calls, 0, 0, 0],
		})),
		...more,
	};
}

/** From a minute before the window to a minute after it. */
function every(seconds: number, calls: number, phase = 0): [number, number][] {
	return Array.from({ length: Math.floor(420 / seconds) + 1 }, (_, i) => [-60 + phase + i * seconds, 1000 + i * calls]);
}

const failed = { attributes: { "http.route": "/a", "http.response.status_code": 500 } };
const odd = `it's "odd" \\ a|b (.*) {x} $1 \n\t 🛒 ü`;

describe.skipIf(missing.length > 0)(`metrics ${title}`, () => {
	let prometheus: TestingPrometheus;
	beforeAll(async () => {
		prometheus = await startPrometheus();
		await prometheus.send(
			histograms(
				series("steady", every(15, 10)),
				series(
					"steady",
					[
						[90, 1],
						[105, 1],
						[300, 1],
						[315, 1],
					],
					failed,
				),
				series("slow-exporter", every(60, 40, 37)),
				series(
					"slowest-exporter",
					[-420, -300, -180, -60, 60, 180, 300].map((second, i) => [second, 80 * i]),
				),
				series("seldom", every(15, 10)),
				series(
					"seldom",
					[
						[-60, 500],
						[110, 503],
						[290, 509],
					],
					failed,
				),
				series("between", every(15, 10, 7)),
				series(odd, every(15, 10)),
				{
					...series("spans-of", every(15, 10)),
					metric: "traces_spanmetrics_latency",
					unit: "",
					attributes: { span_name: "GET /a", span_kind: "SPAN_KIND_SERVER", status_code: "STATUS_CODE_ERROR" },
				},
				{
					...series("spans-of", every(15, 99)),
					metric: "traces_spanmetrics_latency",
					unit: "",
					attributes: { span_name: "call", span_kind: "SPAN_KIND_CLIENT", status_code: "STATUS_CODE_UNSET" },
				},
			).body,
		);
		await prometheus.send(exponential("finely-measured"));
	});
	afterAll(() => prometheus?.stop());

	const red = async (service: string, more = {}) => {
		const asked = { services: [service], byRoute: false, window, stepNs: MINUTE, ...more };
		const { data } = await prometheus.metrics.red(asked, callOf());
		expect(data.map((one) => one.service)).toEqual([service]);
		return data[0]!;
	};

	it("count the first error of a route, whose series began with it", async () => {
		const { summary, points } = await red("steady");
		expect(summary).toMatchObject({ calls: 201, errors: 1 });
		expect(points.map((point) => [point.calls, point.errors])).toEqual([
			[40, 0],
			[41, 1],
			[40, 0],
			[40, 0],
			[40, 0],
		]);
	});

	it("have no gaps where a point is as long as the exporter's interval", async () => {
		const { summary, points } = await red("slow-exporter");
		expect(points.map((point) => point.calls)).toEqual([40, 40, 40, 40, 40]);
		expect(summary.p50Ms).toBeCloseTo(75);
		for (const point of points) expect(point.p50Ms).toBeCloseTo(75);
	});

	it("are spread evenly where the exporter is slower than that", async () => {
		const { points } = await red("slowest-exporter");
		for (const point of points) {
			expect(point.calls).toBeCloseTo(40);
			expect(point.p50Ms).toBeCloseTo(75);
		}
	});

	it("lose no calls of a series that is read seldom", async () => {
		expect((await red("seldom")).summary).toMatchObject({ calls: 209, errors: 9 });
	});

	it("add up, with a last point that is shorter", async () => {
		const { summary, points } = await red("between", { window: { fromUnixNano: at(1.5), toUnixNano: at(265.25) } });
		expect(points.map((point) => point.timeUnixNano)).toEqual([1.5, 61.5, 121.5, 181.5, 241.5].map(at));
		expect(points.map((point) => point.calls)).toEqual([40, 40, 40, 40, 20]);
		expect(summary.calls).toBe(180);
		expect(points[4]!.rate).toBeCloseTo(20 / 23.75);
	});

	it("are there in windows shorter than a step", async () => {
		const { points, summary } = await red("steady", { window: { fromUnixNano: at(30), toUnixNano: at(60) } });
		expect([points.length, summary.calls]).toEqual([1, 20]);
	});

	it("have finer quantiles from native histograms", async () => {
		const { summary } = await red("finely-measured");
		expect(summary.calls).toBeCloseTo(200);
		expect(summary.p50Ms! / 100).toBeCloseTo(1, 1);
		expect(summary.p99Ms! / 1000).toBeCloseTo(1, 1);
	});

	it("count only what enters a service, where they come from spans", async () => {
		const { summary, source } = await red("spans-of");
		expect(source).toBe("traces_spanmetrics_latency");
		expect(summary).toMatchObject({ calls: 200, errors: 200, errorRate: 1 });
	});

	it("are found under any name a service may have", async () => {
		expect((await red(odd)).summary.calls).toBe(200);
		const series = await prometheus.metrics.series(
			{ metric: "http.server.request.duration", service: odd, window, stepNs: MINUTE },
			callOf(),
		);
		expect(series.data.map((one) => [one.service, one.type, one.unit, one.points.length])).toEqual([
			[odd, "histogram", "s", 5],
		]);
	});

	it("of any service are read at once, and none is there in an empty window", async () => {
		const whole = { byRoute: false, window, stepNs: MINUTE };
		const { data } = await prometheus.metrics.red(whole, callOf());
		expect(data).toHaveLength(8);
		const before = { fromUnixNano: at(-1800), toUnixNano: at(-1500) };
		const empty = await prometheus.metrics.red({ ...whole, window: before }, callOf());
		expect([empty.status, empty.data, empty.reasons.length]).toEqual(["empty", [], 1]);
		expect((await prometheus.metrics.services(before, callOf())).size).toBe(0);
	});

	it("offer the names of services, metrics and labels with their values", async () => {
		const values = async (field?: string, prefix?: string) => {
			const asked = { window, ...(field ? { field } : {}), ...(prefix ? { prefix } : {}) };
			return (await prometheus.metrics.fields(asked, callOf())).data.map(({ value }) => value);
		};
		expect(await values()).toEqual(expect.arrayContaining(["service", "metric", "http_route"]));
		expect(await values("service", "s")).toEqual(["seldom", "slow-exporter", "slowest-exporter", "spans-of", "steady"]);
		expect(await values("metric")).toContain("http_server_request_duration_seconds_bucket");
		expect(await values("http_response_status_code")).toEqual(["200", "500"]);
		expect(await values("not.a {label}")).toEqual([]);
	});

	it("cannot be reached into by what is asked: any text stays a value", async () => {
		const api = new PrometheusApi(
			new Engine("Prometheus", { url: prometheus.url, headers: {}, tenant: null, tls: {} }),
		);
		const value = (text: string) => quote(text.replaceAll("$", "$$$$"));
		const ask = fc.oneof(
			fc.string({ unit: "binary", minLength: 1 }),
			fc.string({ unit: "grapheme", minLength: 1 }),
			fc.stringMatching(/^[\\"'`{}()|.*+?^$[\]\n]+$/),
		);
		await fc.assert(
			fc.asyncProperty(ask, ask, async (text, other) => {
				// One series with the text as its label, which the pattern alone may match.
				const named = `label_replace(vector(1), "text", ${value(text)}, "", "")`;
				const matched = (pattern: string) =>
					`label_replace(${named}, "hit", "yes", "text", ${quote(escapeRegex(pattern))})`;
				const { rows } = await api.query(matched(text), at(0), callOf());
				expect(rows.map((row) => row.metric)).toEqual([{ text, hit: "yes" }]);
				const missed = await api.query(matched(other), at(0), callOf());
				expect(missed.rows[0]?.metric.hit).toBe(other === text ? "yes" : undefined);
			}),
			{ numRuns: 150 },
		);
	});

	describe("behind a gateway that demands a prefix, a tenant and a password", () => {
		let gateway: Server;
		let port = 0;
		beforeAll(async () => {
			gateway = createServer((asked, answer) => {
				const { authorization, "x-scope-orgid": tenant } = asked.headers;
				const allowed = authorization === `Basic ${Buffer.from("ann:s/cret").toString("base64")}` && tenant === "shop";
				const path = asked.url!.startsWith("/prometheus/api/") ? asked.url!.slice("/prometheus".length) : null;
				if (!allowed || path === null) {
					answer.writeHead(allowed ? 404 : 401).end("no");
					return;
				}
				const onward = request(
					new URL(path, prometheus.url),
					{ method: asked.method!, headers: asked.headers },
					(found) => {
						answer.writeHead(found.statusCode!, found.headers);
						found.pipe(answer);
					},
				);
				asked.pipe(onward);
			});
			await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
			port = (gateway.address() as AddressInfo).port;
		});
		afterAll(() => gateway?.close());

		it("are all there, and so is the engine's health", async () => {
			const mimir = setTo(`http://ann:s%2Fcret@127.0.0.1:${port}/prometheus`, "shop");
			const { data } = await mimir.red({ services: ["steady"], byRoute: true, window, stepNs: MINUTE }, callOf());
			expect(data[0]!.summary.calls).toBe(201);
			expect((await mimir.exemplars({ window }, callOf())).status).toBe("empty");
			expect((await mimir.fields({ field: "metric", window }, callOf())).status).toBe("ok");
			expect(await mimir.health()).toMatchObject({ state: "ok", reason: null });
		});

		it("say which setting is missing", async () => {
			const nobody = setTo(`http://127.0.0.1:${port}/prometheus`);
			expect(await nobody.health()).toMatchObject({
				state: "down",
				reason: expect.stringContaining("PROMETHEUS_TENANT"),
			});
			const astray = setTo(`http://ann:s%2Fcret@127.0.0.1:${port}`, "shop");
			expect(await astray.health()).toMatchObject({
				state: "degraded",
				reason: expect.stringContaining("is the URL right?"),
			});
			await expect(astray.red({ byRoute: false, window, stepNs: MINUTE }, callOf())).rejects.toThrow(/with its prefix/);
		});
	});
});

/** As the console is told by its environment. */
function setTo(PROMETHEUS_URL: string, PROMETHEUS_TENANT?: string): PrometheusMetrics {
	return new PrometheusMetrics(
		new Engine("Prometheus", readStackSettings({ PROMETHEUS_URL, PROMETHEUS_TENANT })!.prometheus!),
	);
}

/** An exponential histogram: nine of ten requests take about 100 ms, the tenth about a second. */
function exponential(service: string): string {
	const scale = 3;
	const bucket = (value: number) => Math.ceil(Math.log2(value) * 2 ** scale) - 1;
	const first = bucket(0.1);
	const dataPoints = every(15, 10).map(([second, calls]) => {
		const bucketCounts = new Array<string>(bucket(1) - first + 1).fill("0");
		bucketCounts[0] = String(calls * 0.9);
		bucketCounts[bucketCounts.length - 1] = String(calls * 0.1);
		return {
			attributes: [{ key: "http.route", value: { stringValue: "/a" } }],
			startTimeUnixNano: String(at(-3600)),
			timeUnixNano: String(at(second)),
			count: String(calls),
			sum: calls,
			scale,
			zeroCount: "0",
			positive: { offset: first, bucketCounts },
		};
	});
	const metric = {
		name: "http.server.request.duration",
		unit: "s",
		exponentialHistogram: { aggregationTemporality: 2, dataPoints },
	};
	const resource = { attributes: [{ key: "service.name", value: { stringValue: service } }] };
	return JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] });
}
