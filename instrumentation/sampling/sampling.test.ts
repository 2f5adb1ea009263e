import { describe, expect, it } from "vitest";
import { weightOf } from "../../core/sampling.ts";
import { captureFor } from "../testing/capture-for.ts";
import { type App, runApp } from "../testing/run-app.ts";

const METRICS = { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "50" };

const capture = captureFor("one test");

const run = (sampler: string, argument = "", env: Record<string, string> = {}): App =>
	runApp("sampled.mjs", {
		otlp: capture.url,
		env: { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument, ...METRICS, ...env },
	});
const get = async (url: string, path: string): Promise<string> => (await fetch(url + path)).text();
const paths = (): unknown[] =>
	capture.spans.filter(({ kind }) => kind === 2).map((span) => span.attributes["url.path"]);
const latest = (metric: string, attributes: Record<string, string>) =>
	capture.points.findLast(
		(point) =>
			point.metric === metric && Object.entries(attributes).every(([key, value]) => point.attributes[key] === value),
	);
const counted = (metric: string, attributes: Record<string, string>, value: number) =>
	capture.until(
		() => latest(metric, attributes)?.asDouble === value,
		`${metric} ${JSON.stringify(attributes)} = ${value}`,
	);

describe("the tail buffer in an app", () => {
	it("keeps what failed and what was slow, counts the rest, and no exemplar points at a trace that was dropped", async () => {
		const app = run("tail", "slow=2s");
		const url = await app.url();
		expect(app.stderr).not.toMatch(/invalid|is not one of/);
		expect(app.stderr).toContain("sampler tail (errors, from 2000 ms on) over parentbased_traceidratio 0");
		await get(url, "/warm-up");
		for (const path of ["/good", "/bad", "/slow", "/good"]) {
			await get(url, path);
		}
		await capture.until(() => paths().length >= 2 && paths(), "kept spans");
		await counted("trivet_tail_traces_total", { outcome: "kept_error" }, 1);
		await counted("trivet_traces_begun_total", { decision: "dropped" }, 5);
		expect(paths()).toContain("/bad");
		expect(paths()).toContain("/slow");
		const kept = new Set(capture.spans.map(({ traceId }) => traceId));
		const marks = capture.spans.map(({ attributes }) => attributes["trivet.sampling.local_only"]);
		expect(new Set(marks)).toEqual(new Set([true]));
		const exemplars = capture.points.flatMap((point) => point.exemplars.map(({ traceId }) => traceId));
		expect(exemplars.length).toBeGreaterThan(0);
		expect(exemplars.every((traceId) => kept.has(traceId!))).toBe(true);
		for (const metric of ["app_seen_seconds", "app_counted", "http.server.request.duration"]) {
			const of = (path: string) =>
				latest(metric, metric.startsWith("app") ? { path } : { "http.route": `/${path}` })?.exemplars.length;
			expect([metric, of("good"), of("bad"), of("slow")]).toEqual([metric, 0, 1, 1]);
		}
	});

	it("tells the services it calls what the head decided", async () => {
		const url = await run("tail", "0; slow=1000s").url();
		const { traceparent } = JSON.parse(await get(url, "/call")) as { traceparent: string };
		expect(traceparent).toMatch(/-00$/);
	});

	it("what is undecided when the process is told to end is counted in its last push", async () => {
		const app = run("tail", "slow=1000s", { OTEL_METRIC_EXPORT_INTERVAL: "60000" });
		const url = await app.url();
		const call = get(url, "/never").catch(() => "cut");
		await app.said(/waiting/);
		await app.stop("SIGTERM");
		expect(await call).toBe("cut");
		expect(latest("trivet_tail_traces_total", { outcome: "dropped_exit" })?.asDouble).toBe(1);
	});
});

describe("the tail buffer at process.exit()", () => {
	it("says what was not over, and changes no exit code", async () => {
		const app = run("tail", "slow=1000s");
		const call = get(await app.url(), "/exit").catch(() => "cut");
		expect(await app.exited).toEqual({ code: 4, signal: null });
		expect(await call).toBe("cut");
		expect(app.stderr).toMatch(/1 traces were not over at the end; their [12] spans are lost/);
	});
});

describe("samplers by the environment", () => {
	it("a probability stands in the trace state, and says what a span stands for", async () => {
		const url = await run("parentbased_traceidratio", "0.5").url();
		let sampled: { traceparent: string; tracestate: string | null } | undefined;
		for (let i = 0; i < 60; i++) {
			const told = JSON.parse(await get(url, "/call")) as { traceparent: string; tracestate: string | null };
			if (told.traceparent.endsWith("01")) {
				sampled = told;
				expect(told.tracestate).toBe("ot=th:8");
			} else {
				expect(told.tracestate).toBeNull();
			}
		}
		expect(sampled).toBeDefined();
		const spans = await capture.until(() => capture.spans, "spans");
		const states = spans.map((span) => (span as unknown as { traceState?: string }).traceState ?? "");
		expect(new Set(states.map(weightOf))).toEqual(new Set([2]));
	});

	it("a rate holds whatever comes", async () => {
		const url = await run("parentbased_ratelimiting", "0.001").url();
		for (let i = 0; i < 20; i++) {
			await get(url, "/good");
		}
		await counted("trivet_traces_begun_total", { decision: "dropped" }, 19);
		await capture.until(() => capture.spans.length === 1, "the one trace");
		// Told by the caller to record, it does.
		const headers = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01" };
		await (await fetch(`${url}/good`, { headers })).text();
		await capture.until(() => capture.spans.length === 2, "the caller's trace");
	});

	it("rules by route", async () => {
		const app = run("parentbased_rules", "GET /good=0; /bad=1");
		const url = await app.url();
		await get(url, "/good");
		await get(url, "/bad");
		await get(url, "/slow");
		await capture.until(() => paths().length === 2, "two traces");
		expect(paths().sort()).toEqual(["/bad", "/slow"]);
		expect(app.stderr).toContain("sampler parentbased_rules GET /good=0; /bad=1");
	});

	it("one that nobody knows is named, and everything is kept", async () => {
		const app = run("xray");
		await get(await app.url(), "/good");
		await capture.until(() => paths().length === 1, "the trace");
		expect(app.stderr).toMatch(/OTEL_TRACES_SAMPLER=xray is not one of .*using parentbased_always_on/);
	});
});

it("a sampler by code", async () => {
	const app = runApp("sampled.mjs", {
		otlp: capture.url,
		load: "none",
		env: { ...METRICS, NODE_OPTIONS: "--import ./start-sampled.mjs" },
	});
	const url = await app.url();
	await get(url, "/good");
	await get(url, "/bad");
	await capture.until(() => paths().length === 1, "one trace");
	expect(paths()).toEqual(["/bad"]);
});
