/** RED asked again and again, of counters that are not steady: the same numbers, with fewer questions. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Call, RedQuery, RedSeries } from "../../../core/ports.ts";
import { howToBuild, missingEngines } from "../../../engines/engines.ts";
import { callOf } from "../../conformance/scene.ts";
import { type HistogramSpec, histograms } from "../../conformance/telemetry.ts";
import { Engine, type EngineRequest } from "../engine.ts";
import { PrometheusMetrics } from "./prometheus-metrics.ts";
import { startPrometheus, type TestingPrometheus } from "./testing-prometheus.ts";

const missing = missingEngines(["prometheus"]);
const title = missing.length > 0 ? `(${howToBuild(missing)})` : "in a real Prometheus";

const MINUTE = 60_000_000_000n;
/** Six minutes after a half hour that is over, so that windows near share what is remembered: `at(0)`. */
const base = (BigInt(Date.now()) / 1_800_000n - 1n) * 30n * MINUTE + 6n * MINUTE;
const at = (seconds: number): bigint => base + BigInt(Math.round(seconds * 1000)) * 1_000_000n;
const window = { fromUnixNano: at(0), toUnixNano: at(900.4) };

/** Ten requests of 50 to 100 ms every 15 seconds between these two moments, from a count of so many on. */
function counting(service: string, from: number, to: number, more: Partial<HistogramSpec> = {}, calls = 1000) {
	const points = Array.from({ length: Math.floor((to - from) / 15) + 1 }, (_, i) => ({
		start: at(from),
		time: at(from + i * 15),
		sum: i,
		counts: [0, calls + i * 10, 0],
	}));
	const attributes = { "http.route": "/a", "http.response.status_code": 200 };
	return { service, metric: "http.server.request.duration", bounds: [0.05, 0.1], attributes, points, ...more };
}

const instance = (id: string) => ({ resource: { "service.instance.id": id } });
const failed = { attributes: { "http.route": "/a", "http.response.status_code": 500 } };
const ALWAYS = [-120, 1020] as const;

class Counted extends Engine {
	asked = 0;
	override bytes(asked: EngineRequest, call: Call): Promise<Buffer | null> {
		this.asked++;
		return super.bytes(asked, call);
	}
}

describe.skipIf(missing.length > 0)(`RED ${title}`, () => {
	let prometheus: TestingPrometheus;
	let engine: Counted;
	let metrics: PrometheusMetrics;
	beforeAll(async () => {
		prometheus = await startPrometheus();
		engine = new Counted("Prometheus", { url: prometheus.url, headers: {}, tenant: null, tls: {} });
		metrics = new PrometheusMetrics(engine);
		const specs = [
			counting("steady", ...ALWAYS),
			counting("other", ...ALWAYS),
			counting("failing", ...ALWAYS),
			counting("failing", 400, 1020, failed, 10),
			counting("restarted", -120, 405),
			counting("restarted", 420, 1020, {}, 10),
			counting("newcomer", 410, 1020, {}, 0),
			counting("leaver", -120, 300),
			counting("replaced", -120, 405, instance("one")),
			counting("replaced", 420, 1020, instance("two"), 10),
			counting("many", ...ALWAYS, instance("one")),
			counting("many", ...ALWAYS, instance("two")),
		];
		await prometheus.send(histograms(...specs).body);
	});
	afterAll(async () => {
		await engine?.close();
		await prometheus?.stop();
	});

	const ask = async (services: string[], more: Partial<RedQuery> = {}): Promise<RedSeries[]> =>
		(await metrics.red({ services, byRoute: false, window, stepNs: MINUTE, ...more }, callOf())).data;
	const calls = ([series]: RedSeries[]) => series!.points.map((point) => Math.round(point.calls));

	it("costs two questions when the same services were asked about of late, in a window near", async () => {
		const first = await ask(["steady", "many"]);
		const before = engine.asked;
		expect(await ask(["steady", "many"])).toEqual(first);
		expect(engine.asked - before).toBe(2);
		const earlier = { fromUnixNano: at(-20), toUnixNano: at(700) };
		const [many, steady] = await ask(["steady", "many"], { window: earlier });
		expect(engine.asked - before).toBe(4);
		expect([many!.summary.calls, steady!.summary.calls]).toEqual([960, 480]);
	});

	it("is asked about only for services not heard of before", async () => {
		await ask(["steady"]);
		const [other, steady] = await ask(["steady", "other"]);
		expect([other!.points.length, other!.summary]).toEqual([16, steady!.summary]);
	});

	it("is each service's own, whoever is asked about with it", async () => {
		const names = ["steady", "failing", "restarted", "newcomer", "leaver", "replaced", "many"];
		const together = await ask(names);
		expect(together.map(({ service }) => service)).toEqual([...names].sort());
		for (const one of together) expect(await ask([one.service])).toEqual([one]);
	});

	it("counts the errors of a route whose first one came in the window, without asking again", async () => {
		await ask(["failing"]);
		const before = engine.asked;
		const [series] = await ask(["failing"]);
		expect(engine.asked - before).toBe(2);
		// From zero to 10 at 400, then ten at each of 33 readings up to 895.
		expect(series!.points.slice(0, 15).reduce((sum, point) => sum + point.errors, 0)).toBe(340);
	});

	it("goes on over a restart", async () => {
		const counted = calls(await ask(["restarted"]));
		expect(counted.slice(0, 6)).toEqual([40, 40, 40, 40, 40, 40]);
		expect(counted.slice(8, 15)).toEqual([40, 40, 40, 40, 40, 40, 40]);
		for (const slot of counted.slice(6, 8)) expect(Math.abs(slot - 40)).toBeLessThanOrEqual(10);
	});

	it("begins where a service begins, and does not take its count until then for growth", async () => {
		const counted = calls(await ask(["newcomer"]));
		expect(counted.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
		expect(counted[6]).toBeLessThanOrEqual(20);
		expect(counted.slice(7, 15)).toEqual([40, 40, 40, 40, 40, 40, 40, 40]);
	});

	it("ends where a service ends", async () => {
		expect(calls(await ask(["leaver"]))).toEqual([40, 40, 40, 40, 40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
	});

	it("neither loses calls nor makes them up where one instance takes over from another", async () => {
		const counted = calls(await ask(["replaced"]));
		expect(counted.slice(0, 6)).toEqual([40, 40, 40, 40, 40, 40]);
		for (const slot of counted.slice(6, 8)) expect(Math.abs(slot - 40)).toBeLessThanOrEqual(15);
		expect(counted.slice(8, 15)).toEqual([40, 40, 40, 40, 40, 40, 40]);
	});

	it("is there for a service that comes in a way that nothing came in before", async () => {
		expect(await ask(["steady", "late"])).toHaveLength(1);
		const attributes = { span_name: "GET /a", span_kind: "SPAN_KIND_SERVER", status_code: "STATUS_CODE_UNSET" };
		const metric = { metric: "traces_spanmetrics_latency", unit: "", attributes };
		await prometheus.send(histograms(counting("late", ...ALWAYS, metric)).body);
		await expect.poll(async () => (await ask(["steady", "late"])).length, { timeout: 10_000 }).toBe(2);
	});
});
