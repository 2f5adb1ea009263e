/** More traces than can be read, in the real Tempo, with the service graph's metrics in the real Prometheus. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { TopologyFold } from "../../../core/topology.ts";
import { howToBuild, missingEngines, type RunningEngines, startEngines } from "../../../engines/engines.ts";
import { callOf } from "../../conformance/scene.ts";
import { type SpanSpec, spans } from "../../conformance/telemetry.ts";
import { Engine } from "../engine.ts";
import { PrometheusApi } from "../prometheus/prometheus-api.ts";
import { readServices } from "../services.ts";
import { redFromSpans } from "../span-red.ts";
import { TempoTraces } from "../tempo/tempo-traces.ts";
import { readDurations } from "./durations.ts";
import { SpanSearcher } from "./search-spans.ts";
import { readTopology } from "./topology.ts";
import { WindowReader } from "./window-spans.ts";

const ENGINES = ["tempo", "prometheus"] as const;
const missing = missingEngines(ENGINES);
const TRACES = 5000;
const MINUTE = 60_000_000_000n;
const to = ((BigInt(Date.now()) * 1_000_000n) / MINUTE) * MINUTE;
const window = { fromUnixNano: to - 10n * MINUTE, toUnixNano: to };
const settings = (url: string) => ({ url: new URL(url).origin, headers: {}, tenant: null, tls: {} });

/** web calls cart, every tenth call fails; cart asks its database. */
function trace(i: number): SpanSpec[] {
	const traceId = randomBytes(16).toString("hex");
	const start = window.fromUnixNano + (10n * MINUTE * BigInt(i)) / BigInt(TRACES);
	const route = { "http.route": "/cart" };
	const span = (id: number, service: string, more: Partial<SpanSpec>): SpanSpec => ({
		...{ traceId, spanId: `000000000000000${id}`, service, name: "call", start, durationNs: 5_000_000 },
		...more,
	});
	return [
		span(1, "web", { kind: "client" }),
		span(2, "cart", {
			...{ kind: "server", parent: "0000000000000001", attributes: route },
			status: i % 10 === 0 ? "error" : undefined,
		}),
		span(3, "cart", {
			...{ kind: "client", parent: "0000000000000002" },
			attributes: { "db.system": "postgresql", "db.namespace": "shop", "server.address": "db1" },
		}),
	];
}

/** What a generator would have counted, every 15 s: of the first half nearly nothing. */
function graphMetrics(): string {
	const edges = [
		{ client: "web", server: "cart", connection_type: "", calls: 90_000, failed: 9_000 },
		{ client: "cart", server: "db1", connection_type: "database", calls: 90_000, failed: 0 },
		{ client: "cart", server: "rare", connection_type: "", calls: 12, failed: 0 },
		{ client: "user", server: "web", connection_type: "virtual_node", calls: 90_000, failed: 0 },
	];
	const points = (value: "calls" | "failed") =>
		edges.flatMap(({ client, server, connection_type, ...counts }) =>
			Array.from({ length: 41 }, (_, i) => ({
				attributes: Object.entries({ client, server, connection_type }).map(([key, stringValue]) => ({
					...{ key, value: { stringValue } },
				})),
				timeUnixNano: String(window.fromUnixNano + BigInt(i) * (MINUTE / 4n)),
				asDouble: counts[value] * (i <= 20 ? i / 20_000 : (i - 20) / 20),
			})),
		);
	const sum = (name: string, dataPoints: object[]) => ({
		...{ name, sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } },
	});
	const metrics = [
		sum("traces_service_graph_request_total", points("calls")),
		sum("traces_service_graph_request_failed_total", points("failed")),
	];
	const resource = { attributes: [{ key: "service.name", value: { stringValue: "generator" } }] };
	return JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
}

function edgeOf({ edges }: TopologyFold, from: string, into: RegExp) {
	return edges.find(({ caller, callee }) => caller === `service:${from}` && into.test(callee));
}

const near = (value: number | undefined, expected: number, share: number) => {
	expect(value).toBeGreaterThan(expected * (1 - share));
	expect(value).toBeLessThan(expected * (1 + share));
};

if (missing.length > 0) describe.skip(`topology of many traces (${howToBuild(missing)})`);
else
	describe("topology of many traces", () => {
		let dir: string;
		let engines: RunningEngines<(typeof ENGINES)[number]>;
		let tempo: Engine;
		let prometheus: Engine;
		let reader: WindowReader;
		let api: PrometheusApi;

		beforeAll(async () => {
			dir = await mkdtemp(join(tmpdir(), "trivet-topology-"));
			engines = await startEngines(ENGINES, { dir, anyAge: true });
			tempo = new Engine("Tempo", settings(engines.tempo.url));
			prometheus = new Engine("Prometheus", settings(engines.prometheus.url));
			reader = new WindowReader(tempo, new TempoTraces(tempo));
			api = new PrometheusApi(prometheus);
			const send = async (url: string, body: string) => {
				const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
				expect(response.status, await response.text()).toBeLessThan(300);
			};
			for (let from = 0; from < TRACES; from += 500) {
				const specs = Array.from({ length: 500 }, (_, i) => trace(from + i)).flat();
				await send(`${engines.tempo.otlpUrl}/v1/traces`, spans(...specs).body);
			}
			await send(engines.prometheus.otlpUrl, graphMetrics());
			const searcher = new SpanSearcher(tempo);
			const all = { condition: "", window, limit: TRACES * 2, spansPerTrace: 1, select: "nothing" } as const;
			await vi.waitFor(async () => expect((await searcher.search(all, callOf())).traces).toHaveLength(TRACES), {
				timeout: 60_000,
				interval: 500,
			});
		});
		afterAll(async () => {
			await Promise.all([tempo?.close(), prometheus?.close()]);
			await engines?.stop();
			await rm(dir, { recursive: true, force: true });
		});

		it("without metrics calls are estimated from a sample, which the answer says", async () => {
			const answer = await readTopology(reader, null, window, callOf());
			expect(answer.status).toBe("partial");
			expect(answer.reasons.join(" ")).toMatch(/sample of \d+ traces.*estimated/);
			near(edgeOf(answer.data, "web", /cart/)?.calls, TRACES, 0.3);
			near(edgeOf(answer.data, "cart", /^database:postgresql\/shop@db1/)?.calls, TRACES, 0.3);
		});

		it("with the service graph's metrics calls are theirs, and edges no sampled trace shows are there", async () => {
			const answer = await readTopology(reader, api, window, callOf());
			expect(answer.status).toBe("partial");
			expect(answer.source).toMatch(/spans.*traces_service_graph_request_total/);
			const called = edgeOf(answer.data, "web", /cart/);
			near(called?.calls, 90_000, 0.02);
			near(called?.errors, 9_000, 0.02);
			expect(called?.sampleTraceIds).toHaveLength(5);
			expect(called?.latency.max).toBe(5_000_000);
			near(edgeOf(answer.data, "cart", /^database:postgresql\/shop@db1/)?.calls, 90_000, 0.02);
			expect(edgeOf(answer.data, "cart", /^service:rare$/)).toMatchObject({ sampleTraceIds: [] });
			expect(answer.data.nodes.map(({ id }) => id)).not.toContain("service:user");
		});

		it("metrics that saw little of the window's traffic are not believed", async () => {
			const half = { fromUnixNano: window.fromUnixNano, toUnixNano: window.fromUnixNano + 5n * MINUTE };
			const answer = await readTopology(reader, api, half, callOf());
			expect(answer.source).toBe("spans");
			expect(answer.reasons.join(" ")).toMatch(/estimated.*has only \d % of them/);
			near(edgeOf(answer.data, "web", /cart/)?.calls, TRACES / 2, 0.3);
		});

		it("metrics alone are a topology without traces", async () => {
			const answer = await readTopology(null, api, window, callOf());
			expect(answer.status).toBe("partial");
			near(edgeOf(answer.data, "web", /cart/)?.calls, 90_000, 0.02);
		});

		it("metrics that cannot be had are told, and the spans still answer", async () => {
			const nobody = new Engine("Prometheus", settings("http://127.0.0.1:9"));
			const answer = await readTopology(reader, new PrometheusApi(nobody), window, callOf());
			expect(edgeOf(answer.data, "web", /cart/)).toBeDefined();
			expect(answer.reasons.join(" ")).toMatch(/Prometheus cannot be reached/);
			await nobody.close();
		});

		it("services and RED from spans are estimated, by service alone or all", async () => {
			const query = { byRoute: true, window, stepNs: 10n * MINUTE };
			const named = await redFromSpans(reader, { ...query, services: ["cart"] }, callOf());
			expect(named.data.map(({ service, route }) => [service, route])).toEqual([["cart", "/cart"]]);
			near(named.data[0]?.summary.calls, TRACES, 0.3);
			expect(named.data[0]?.summary.p50Ms).toBeCloseTo(5, 0);
			const red = (asked: typeof query & { byRoute: boolean }) => redFromSpans(reader, asked, callOf());
			const services = await readServices({ spans: reader, logs: null, red }, window, callOf());
			expect(services.status).toBe("partial");
			expect(services.data.map(({ service }) => service)).toEqual(["cart", "web"]);
			near(services.data[0]?.spanCount, 2 * TRACES, 0.3);
		});

		it("durations of a route are those of a bounded number of traces", async () => {
			const answer = await readDurations(
				new SpanSearcher(tempo),
				{ service: "cart", route: "/cart", window },
				callOf(),
			);
			expect(answer.status).toBe("partial");
			expect(answer.data.count).toBeGreaterThanOrEqual(100);
			expect(answer.data.max).toBe(5_000_000);
		});

		it("a short window is read whole", async () => {
			const minute = { fromUnixNano: window.fromUnixNano + MINUTE, toUnixNano: window.fromUnixNano + 2n * MINUTE };
			const answer = await readTopology(reader, api, minute, callOf());
			expect([answer.status, answer.source]).toEqual(["ok", "spans"]);
			expect(edgeOf(answer.data, "web", /cart/)).toMatchObject({ calls: TRACES / 10, errors: TRACES / 100 });
		});
	});
