/** RED from metrics and from spans, exemplars, series, services: every number right within tolerance, and named by its source. */
import { expect } from "vitest";
import type { RedSeries, RedSummary } from "../../core/ports.ts";
import { type Case, MS, S, type Scene, type Stage } from "./scene.ts";
import { gauges, type HistogramSpec, histograms, logs, type SpanSpec, spans } from "./telemetry.ts";

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** `calls` requests, nine of ten between 50 and 100 ms, the tenth between 250 and 500 ms: p50 77.8 ms, p95 375 ms, p99 475 ms. */
function buckets(calls: number): number[] {
	const counts = new Array<number>(BOUNDS.length + 1).fill(0);
	counts[4] = calls * 0.9;
	counts[6] = calls * 0.1;
	return counts;
}

/** A cumulative counter read every 15 s from -60 to 360 s; it starts anew at each of `restarts`. */
function cumulative(scene: Scene, perTick: number, restarts: number[] = []): HistogramSpec["points"] {
	let start = -60;
	let calls = 0;
	return Array.from({ length: 29 }, (_, i) => {
		const now = -60 + i * 15;
		if (restarts.includes(now)) {
			start = now - 15;
			calls = 0;
		}
		if (now > start) calls += perTick;
		return { start: scene.at(start), time: scene.at(now), sum: calls * 0.1, counts: buckets(calls) };
	});
}

const delta = (scene: Scene, perTick: number): HistogramSpec["points"] =>
	Array.from({ length: 28 }, (_, i) => ({
		start: scene.at(-60 + i * 15),
		time: scene.at(-45 + i * 15),
		sum: perTick * 0.1,
		counts: buckets(perTick),
	}));

const httpServer = (scene: Scene, more: Partial<HistogramSpec>): HistogramSpec => ({
	service: scene.service("api"),
	metric: "http.server.request.duration",
	bounds: BOUNDS,
	points: cumulative(scene, 30),
	...more,
});
const route = (path: string, status: number) => ({
	"http.request.method": "GET",
	"http.route": path,
	"http.response.status_code": status,
});

/** Five minutes in which every series above has a point before and after. */
const fiveMinutes = (scene: Scene) => ({ fromUnixNano: scene.at(0), toUnixNano: scene.at(300) });

async function red(stage: Stage, more: { byRoute?: boolean; route?: string; service?: string } = {}) {
	const answer = await stage.backend.metrics.red(
		{
			services: [more.service ?? stage.service("api")],
			byRoute: more.byRoute ?? false,
			route: more.route,
			window: fiveMinutes(stage),
			stepNs: 60n * BigInt(S),
		},
		stage.call(),
	);
	return answer.data;
}

function near(actual: number | null | undefined, expected: number, tolerance: number, what: string): void {
	expect(actual, what).toBeTypeOf("number");
	expect(Math.abs(actual! - expected), `${what}: ${actual} for ${expected}`).toBeLessThanOrEqual(
		tolerance * Math.max(Math.abs(expected), 1e-9),
	);
}

function agrees(stage: Stage, summary: RedSummary | undefined, expected: Partial<RedSummary>): void {
	expect(summary).toBeDefined();
	for (const [key, value] of Object.entries(expected)) {
		near(summary![key as keyof RedSummary], value as number, stage.tolerance, key);
	}
}

const serverSpans = (scene: Scene): SpanSpec[] =>
	Array.from({ length: 100 }, (_, i) => ({
		traceId: scene.traceId(i + 1),
		spanId: scene.spanId(i + 1),
		service: scene.service("web"),
		name: i % 2 ? "GET /odd" : "GET /even",
		kind: "server" as const,
		start: scene.at(i * 3),
		durationNs: (i + 1) * MS,
		status: i % 10 === 1 ? ("error" as const) : undefined,
		attributes: { "http.route": i % 2 ? "/odd" : "/even" },
	}));

export const metricCases: Case[] = [
	...(
		[
			{ name: "cumulative histograms", points: (s: Scene) => cumulative(s, 30), temporality: "cumulative" },
			{ name: "delta histograms", points: (s: Scene) => delta(s, 30), temporality: "delta" },
		] as const
	).map(
		({ name, points, temporality }): Case => ({
			name: `RED of a service comes from its ${name}, instances and routes added up`,
			exports: (scene) => [
				histograms(
					...["pod-1", "pod-2"].flatMap((pod) => [
						httpServer(scene, {
							points: points(scene),
							temporality,
							resource: { "service.instance.id": pod },
							attributes: route("/a", 200),
						}),
						httpServer(scene, {
							points: points(scene).map((p) => ({ ...p, counts: p.counts.map((c) => c / 3), sum: p.sum / 3 })),
							temporality,
							resource: { "service.instance.id": pod },
							attributes: route("/b", 503),
						}),
					]),
				),
			],
			async check(stage) {
				const [series, ...more] = await red(stage);
				expect(more).toEqual([]);
				expect(series!.source).toMatch(/http.server.request.duration/);
				agrees(stage, series!.summary, {
					calls: 1600,
					errors: 400,
					rate: 16 / 3,
					errorRate: 0.25,
					p50Ms: 77.8,
					p95Ms: 375,
					p99Ms: 475,
				});
				expect(series!.points).toHaveLength(5);
				for (const point of series!.points) agrees(stage, point, { rate: 16 / 3, errorRate: 0.25, p95Ms: 375 });
			},
		}),
	),
	{
		name: "RED by route gives each route its own numbers, and one route when asked for one",
		exports: (scene) => [
			histograms(
				httpServer(scene, { attributes: route("/a", 200) }),
				httpServer(scene, { attributes: route("/b", 500), points: cumulative(scene, 10) }),
				httpServer(scene, { attributes: route("/b", 200), points: cumulative(scene, 10) }),
			),
		],
		async check(stage) {
			const series = new Map((await red(stage, { byRoute: true })).map((s) => [s.route, s]));
			agrees(stage, series.get("/a")?.summary, { calls: 600, errorRate: 0 });
			agrees(stage, series.get("/b")?.summary, { calls: 400, errorRate: 0.5 });
			const one = await red(stage, { byRoute: true, route: "/b" });
			expect(one.map((s) => s.route)).toEqual(["/b"]);
		},
	},
	{
		name: "a counter that restarts loses no calls and makes none up",
		tolerance: 0.12,
		exports: (scene) => [
			histograms(httpServer(scene, { attributes: route("/a", 200), points: cumulative(scene, 30, [120, 210]) })),
		],
		async check(stage) {
			const [series] = await red(stage);
			agrees(stage, series?.summary, { calls: 600, rate: 2, p50Ms: 77.8 });
		},
	},
	{
		name: "where there are no metrics RED comes from the entry spans and says so",
		exports: (scene) => [
			spans(
				...serverSpans(scene),
				...serverSpans(scene).map((s, i) => ({
					...s,
					spanId: scene.spanId(1000 + i),
					parent: s.spanId,
					kind: "client" as const,
					name: "call out",
				})),
				...serverSpans(scene).map((s, i) => ({
					...s,
					spanId: scene.spanId(2000 + i),
					parent: s.spanId,
					kind: "internal" as const,
					name: "work",
				})),
			),
		],
		async check(stage) {
			const [series] = await red(stage, { service: stage.service("web") });
			expect(series!.source).toBe("spans");
			agrees(stage, series!.summary, {
				calls: 100,
				errors: 10,
				rate: 1 / 3,
				errorRate: 0.1,
				p50Ms: 50,
				p95Ms: 95,
				p99Ms: 99,
			});
			expect(series!.points.reduce((sum, p) => sum + p.calls, 0)).toBeCloseTo(100);
			const routes = await red(stage, { service: stage.service("web"), byRoute: true });
			expect(routes.map((s) => s.route).sort()).toEqual(["/even", "/odd"]);
			agrees(stage, routes.find((s) => s.route === "/odd")?.summary, { calls: 50, errorRate: 0.2 });
		},
	},
	{
		name: "metrics and spans of one service are never added up, and tell the same story",
		exports: (scene) => [
			spans(...serverSpans(scene).map((s) => ({ ...s, service: scene.service("api") }))),
			histograms(
				httpServer(scene, {
					attributes: route("/odd", 200),
					// Ten calls at every other reading: counts are whole numbers in OTLP.
					points: cumulative(scene, 10).map((p, i, all) => {
						const { counts, sum } = all[Math.floor(i / 2)]!;
						return { ...p, counts, sum };
					}),
				}),
			),
		],
		async check(stage) {
			const [series, ...more] = await red(stage);
			expect(more).toEqual([]);
			expect(series!.source).not.toBe("spans");
			agrees(stage, series!.summary, { calls: 100 });
		},
	},
	{
		name: "RED of a service that nobody knows is empty, with likely reasons",
		async check(stage) {
			const answer = await stage.backend.metrics.red(
				{ services: [stage.service("nobody")], byRoute: false, window: fiveMinutes(stage), stepNs: 60n * BigInt(S) },
				stage.call(),
			);
			expect([answer.status, answer.data]).toEqual(["empty", [] as RedSeries[]]);
			expect(answer.reasons.length).toBeGreaterThan(0);
		},
	},
	{
		name: "exemplars lead from a service's metric to the trace, by service and by trace",
		exports: (scene) => [
			histograms(
				httpServer(scene, {
					attributes: route("/a", 200),
					points: cumulative(scene, 30).map((p, i) => ({
						...p,
						exemplars:
							i === 10 ? [{ time: p.time - 1n, value: 0.07, traceId: scene.traceId(), spanId: scene.spanId() }] : [],
					})),
				}),
			),
		],
		async check(stage) {
			const expected = {
				traceId: stage.traceId(),
				spanId: stage.spanId(),
				value: 0.07,
				service: stage.service("api"),
				route: "/a",
			};
			const byService = await stage.backend.metrics.exemplars(
				{ service: stage.service("api"), window: fiveMinutes(stage) },
				stage.call(),
			);
			expect(byService.data).toHaveLength(1);
			expect(byService.data[0]).toMatchObject(expected);
			expect(byService.data[0]!.metric).toMatch(/http.server.request.duration/);
			const byMetric = async (metric: string) =>
				(
					await stage.backend.metrics.exemplars(
						{ service: stage.service("api"), metric, window: fiveMinutes(stage) },
						stage.call(),
					)
				).data.length;
			expect(await byMetric("http_server_request_duration_seconds")).toBe(byService.data.length);
			expect(await byMetric("another_metric")).toBe(0);
			const byTrace = await stage.backend.metrics.exemplars({ traceId: stage.traceId(), window: null }, stage.call());
			expect(byTrace.data).toHaveLength(1);
			expect(byTrace.data[0]).toMatchObject(expected);
			const other = await stage.backend.metrics.exemplars({ traceId: stage.traceId(2), window: null }, stage.call());
			expect([other.status, other.data]).toEqual(["empty", []]);
		},
	},
	{
		name: "any metric can be read as series over time",
		exports: (scene) => [
			gauges({
				service: scene.service("api"),
				metric: "queue_depth",
				attributes: { queue: "orders" },
				points: Array.from({ length: 20 }, (_, i) => ({ time: scene.at(i * 15), value: i })),
			}),
		],
		async check(stage) {
			const answer = await stage.backend.metrics.series(
				{ metric: "queue_depth", service: stage.service("api"), window: fiveMinutes(stage), stepNs: 60n * BigInt(S) },
				stage.call(),
			);
			expect(answer.data).toHaveLength(1);
			expect(answer.data[0]!.labels.queue).toBe("orders");
			expect(answer.data[0]!.points).toHaveLength(5);
			for (const [i, point] of answer.data[0]!.points.entries()) {
				expect(point.value).toBeGreaterThanOrEqual(i * 4);
				expect(point.value).toBeLessThanOrEqual(i * 4 + 3);
			}
		},
	},
	{
		name: "every service is listed, whichever signal it sends, with the source of its numbers",
		exports: (scene) => [
			histograms(httpServer(scene, { service: scene.service("metrics-only"), attributes: route("/a", 200) })),
			logs(
				{ service: scene.service("logs-only"), time: scene.at(5), body: "hello", severityNumber: 9 },
				{ service: scene.service("logs-only"), time: scene.at(6), body: "oh no", severityNumber: 17 },
			),
			spans(
				...serverSpans(scene).map((s) => ({
					...s,
					resource: { "service.version": "4.5", "deployment.environment.name": "blue" },
				})),
			),
		],
		async check(stage) {
			const answer = await stage.backend.traces.services(fiveMinutes(stage), stage.call());
			const of = (name: string) => answer.data.find((s) => s.service === stage.service(name));
			expect(of("web")).toMatchObject({ redSource: "spans", version: "4.5", environments: ["blue"], spanCount: 100 });
			agrees(stage, of("web")!.red, { calls: 100, errorRate: 0.1, p50Ms: 50 });
			expect(of("web")!.lastSeenUnixNano).toBeGreaterThanOrEqual(stage.at(240));
			expect(of("metrics-only")!.redSource).toMatch(/http.server.request.duration/);
			agrees(stage, of("metrics-only")!.red, { rate: 2 });
			expect(of("logs-only")).toMatchObject({ logCount: 2, errorLogCount: 1, spanCount: 0 });
		},
	},
	{
		name: "the durations of a route rank a trace among its peers",
		exports: (scene) => [spans(...serverSpans(scene))],
		async check(stage) {
			const answer = await stage.backend.traces.durations(
				{ service: stage.service("web"), route: "/even", window: fiveMinutes(stage) },
				stage.call(),
			);
			expect(answer.data.count).toBeCloseTo(50);
			near(answer.data.max, 99 * MS, stage.tolerance, "max");
		},
	},
	{
		name: "services of an environment that is left out are not listed, nor is their RED",
		exports: (scene) => [
			spans(
				...serverSpans(scene).map((s) => ({ ...s, resource: { "deployment.environment.name": "demo-of-the-kit" } })),
			),
		],
		async check(stage) {
			const call = stage.call({ excludeEnvironments: ["demo-of-the-kit"] });
			const services = await stage.backend.traces.services(fiveMinutes(stage), call);
			expect(services.data.some((s) => s.service === stage.service("web"))).toBe(false);
			const answer = await stage.backend.metrics.red(
				{ services: [stage.service("web")], byRoute: false, window: fiveMinutes(stage), stepNs: 60n * BigInt(S) },
				call,
			);
			expect(answer.data).toEqual([]);
		},
	},
	{
		name: "known services, names and attribute keys are offered with their values",
		exports: (scene) => [
			spans(...serverSpans(scene)),
			logs({ service: scene.service("logger"), time: scene.at(1), body: "x", attributes: { "kit.key": "v" } }),
		],
		async check(stage) {
			const ask = async (signal: "traces" | "logs", field?: string, prefix?: string) =>
				(
					await stage.backend.traces.fields({ signal, field, prefix, window: fiveMinutes(stage) }, stage.call())
				).data.map((v) => v.value);
			expect(await ask("traces", "service", stage.service("web").slice(0, 6))).toContain(stage.service("web"));
			expect(await ask("traces", "name")).toEqual(expect.arrayContaining(["GET /odd", "GET /even"]));
			expect(await ask("traces", "http.route")).toEqual(expect.arrayContaining(["/odd", "/even"]));
			expect(await ask("traces", "http.route", "/o")).not.toContain("/even");
			expect(await ask("traces")).toEqual(expect.arrayContaining(["service", "name", "http.route"]));
			expect(await ask("logs", "service", stage.service("logger"))).toEqual([stage.service("logger")]);
		},
	},
	{
		name: "an attribute key of log lines is offered as it was sent",
		exports: (scene) => [
			logs({ service: scene.service("logger"), time: scene.at(1), body: "x", attributes: { "kit.key": "v" } }),
		],
		async check(stage) {
			const { data } = await stage.backend.traces.fields({ signal: "logs", window: fiveMinutes(stage) }, stage.call());
			expect(data.map(({ value }) => value)).toContain("kit.key");
		},
	},
];
