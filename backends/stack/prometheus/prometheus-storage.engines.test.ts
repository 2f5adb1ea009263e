/** However someone's Prometheus stores OTLP, or scrapes, the numbers are the same and the services have their own names. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RedQuery } from "../../../core/ports.ts";
import { howToBuild, missingEngines } from "../../../engines/engines.ts";
import { callOf } from "../../conformance/scene.ts";
import { type HistogramSpec, histograms } from "../../conformance/telemetry.ts";
import { startPrometheus, type TestingPrometheus } from "./testing-prometheus.ts";

const missing = missingEngines(["prometheus"]);
const title = missing.length > 0 ? `(${howToBuild(missing)})` : "in a real Prometheus";

const MINUTE = 60_000_000_000n;
/** A whole minute, ten minutes ago: `at(0)`. */
const base = (BigInt(Date.now()) / 60_000n - 10n) * MINUTE;
const at = (seconds: number): bigint => base + BigInt(Math.round(seconds * 1000)) * 1_000_000n;
const window = { fromUnixNano: at(0), toUnixNano: at(300) };
const query: RedQuery = { byRoute: false, window, stepNs: MINUTE };
const BOUNDS = [0.05, 0.1, 0.25, 0.5];
const TRACE = "00000000000000000000000000c0ffee";

/** 10 calls a reading: nine of 50 to 100 ms, one of 250 to 500 ms. */
const counts = (calls: number): number[] => [0, calls * 0.9, 0, calls * 0.1, 0];

function service(name: string, status: number, resource: Record<string, string>): HistogramSpec {
	return {
		service: name,
		metric: "http.server.request.duration",
		bounds: BOUNDS,
		resource: { "service.instance.id": "i1", "service.version": "1.2", ...resource },
		attributes: { "http.route": "/a", "http.response.status_code": status },
		points: Array.from({ length: 29 }, (_, i) => ({
			start: at(-75),
			time: at(-60 + i * 15),
			sum: i,
			counts: counts(i * 10),
			exemplars: i === 10 ? [{ time: at(89), value: 0.07, traceId: TRACE, spanId: "00000000000000ab" }] : [],
		})),
	};
}

const otlp = histograms(
	service("cart", 200, { "service.namespace": "shop", "deployment.environment.name": "prod" }),
	service("cart", 503, { "service.namespace": "shop", "deployment.environment.name": "prod" }),
	service("toy", 200, { "deployment.environment.name": "demo" }),
).body;

/** The same as a scrape of three processes that describe themselves, all of one job. */
function scraped(): string {
	const lines: string[] = [];
	for (const [name, environment, statuses] of [
		["cart", "prod", [200, 503]],
		["toy", "demo", [200]],
	] as const) {
		const target = `job="apps",instance="${name}:9464"`;
		for (let i = 0; i < 29; i++) {
			const time = Number(at(-60 + i * 15) / 1_000_000n) / 1000;
			lines.push(
				`target_info{${target},service_name="${name}",deployment_environment_name="${environment}",service_version="1.2"} 1 ${time}`,
			);
			for (const status of statuses) {
				let below = 0;
				for (const [b, count] of counts(i * 10).entries()) {
					below += count;
					const labels = `${target},http_route="/a",http_response_status_code="${status}",le="${BOUNDS[b] ?? "+Inf"}"`;
					lines.push(`http_server_request_duration_seconds_bucket{${labels}} ${below} ${time}`);
				}
			}
		}
	}
	return lines.join("\n");
}

const PROMOTED = "promote_resource_attributes: [service.name, deployment.environment.name, service.version]";

const storages = [
	{ name: "with promoted attributes", otlp: [PROMOTED], exemplars: true },
	{ name: "with nothing promoted: job and target_info alone", otlp: [], exemplars: true },
	{
		name: "untranslated, with dots and without units",
		otlp: ["translation_strategy: NoTranslation", PROMOTED],
		exemplars: true,
	},
	{
		name: "untranslated, with nothing promoted",
		otlp: ["translation_strategy: NoUTF8EscapingWithSuffixes"],
		exemplars: true,
	},
	{
		name: "translated without suffixes",
		otlp: ["translation_strategy: UnderscoreEscapingWithoutSuffixes"],
		exemplars: true,
	},
	{ name: "as native histograms with custom buckets", otlp: ["convert_histograms_to_nhcb: true"], exemplars: true },
	{ name: "scraped, several services in one job", stored: scraped(), exemplars: false },
];

describe.skipIf(missing.length > 0).each(storages)(
	`metrics stored $name ${title}`,
	({ otlp: section, stored, exemplars }) => {
		let prometheus: TestingPrometheus;
		beforeAll(async () => {
			prometheus = await startPrometheus({ ...(section ? { otlp: section } : {}), ...(stored ? { stored } : {}) });
			if (!stored) await prometheus.send(otlp);
		});
		afterAll(() => prometheus?.stop());

		it("give every service its RED under its own name", async () => {
			const { data, status } = await prometheus.metrics.red(query, callOf());
			expect(status).toBe("ok");
			expect(data.map((one) => [one.service, one.source])).toEqual([
				["cart", "http_server_request_duration_seconds"],
				["toy", "http_server_request_duration_seconds"],
			]);
			const [cart, toy] = data;
			expect(cart!.summary.calls).toBeCloseTo(400);
			expect(cart!.summary.errors).toBeCloseTo(200);
			expect(cart!.summary.p50Ms).toBeCloseTo(77.8, 0);
			expect(cart!.summary.p95Ms).toBeCloseTo(375, 0);
			expect(toy!.summary.calls).toBeCloseTo(200);
			expect(toy!.summary.errors).toBe(0);
			expect(cart!.points.map((point) => Math.round(point.calls))).toEqual([80, 80, 80, 80, 80]);
		});

		it("are found by the service's name and split by route", async () => {
			const { data } = await prometheus.metrics.red(
				{ ...query, services: ["cart", "nobody"], byRoute: true },
				callOf(),
			);
			expect(data.map((one) => [one.service, one.route, Math.round(one.summary.calls)])).toEqual([["cart", "/a", 400]]);
			const other = { ...query, services: ["cart"], byRoute: true, route: "/b" };
			expect((await prometheus.metrics.red(other, callOf())).data).toEqual([]);
		});

		it("stay out when their environment is left out", async () => {
			const call = callOf({ excludeEnvironments: ["demo"] });
			expect((await prometheus.metrics.red(query, call)).data.map((one) => one.service)).toEqual(["cart"]);
			expect([...(await prometheus.metrics.services(window, call)).keys()]).toEqual(["cart"]);
		});

		it("say who was there, when, where and in which version", async () => {
			const services = await prometheus.metrics.services(window, callOf());
			expect([...services.keys()].sort()).toEqual(["cart", "toy"]);
			expect(services.get("cart")).toEqual({ lastSeenUnixNano: at(300), environments: ["prod"], version: "1.2" });
		});

		it.runIf(exemplars)("lead to the trace by service, by metric and by trace", async () => {
			const expected = { service: "toy", traceId: TRACE, spanId: "00000000000000ab", route: "/a", value: 0.07 };
			const metric = "http_server_request_duration_seconds";
			const found = await prometheus.metrics.exemplars({ service: "toy", metric, window }, callOf());
			expect(found.data).toEqual([expect.objectContaining(expected)]);
			const around = { fromUnixNano: at(80), toUnixNano: at(90) };
			const byTrace = await prometheus.metrics.exemplars({ traceId: TRACE, window: null }, callOf(), around);
			expect(byTrace.data.map((item) => item.service).sort()).toEqual(["cart", "toy"]);
		});
	},
);
