import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { captureFor } from "./testing/capture-for.ts";
import { runApp } from "./testing/run-app.ts";
import { freePort } from "./testing/servers/program.ts";

const capture = captureFor("one test");

it.each([
	["1.9", "@opentelemetry/api"],
	["1.10", "opentelemetry-api-latest"],
])("an app that uses API %s itself gets real spans, inside the request's", async (_version, module) => {
	const app = runApp("api-user.mjs", { otlp: capture.url, args: [module] });
	await (await fetch(await app.url())).text();
	const own = await capture.until(() => capture.spans.find(({ name }) => name === "own work"), "the app's span");
	const request = await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the request's");
	expect(own).toMatchObject({ traceId: request.traceId, parentSpanId: request.spanId });
});

describe("what it says", () => {
	const OF = {
		otlp: "http://127.0.0.1:9",
		env: { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" },
	};

	it("is one line: the libraries, where data goes and the sampling", async () => {
		const app = runApp("express.mjs", OF);
		await app.url();
		expect(app.stderr.trim().split("\n")).toEqual([
			expect.stringMatching(
				/^\[trivet\] app-under-test: http, express, .*pino, prom-client; traces http:\/\/127.0.0.1:9\/v1\/traces, logs http:\S+\/v1\/logs, metrics off; sampler .*0\.25.*; ESM hooks: /,
			),
		]);
	});

	it("is more by OTEL_LOG_LEVEL, with the versions that were hooked and without what is secret", async () => {
		const app = runApp("express.mjs", {
			...OF,
			env: { ...OF.env, OTEL_LOG_LEVEL: "debug", OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20hidden" },
		});
		await app.url();
		for (const said of [
			/hooked pino \d+\.\d+/,
			/hooked prom-client 15\./,
			/settings \{"spanQueue"/,
			/"service\.instance\.id"/,
		]) {
			expect(app.stderr).toMatch(said);
		}
		expect(app.stderr).not.toContain("hidden");
	});
});

describe("threads and clusters", () => {
	it("a worker thread is left alone, and each worker of a cluster reports for itself", async () => {
		const app = runApp("threads.mjs", { otlp: capture.url });
		const url = await app.url();
		const pids = new Set<number>();
		while (pids.size < 2) {
			pids.add(Number(await (await fetch(url, { headers: { connection: "close" } })).text()));
		}
		expect(await app.said(/thread ended (\d)/)).toBe("0");
		const seen = await capture.until(() => {
			const resources = new Map(
				capture.spans.map(({ resource }) => [resource["process.pid"], resource["service.instance.id"]]),
			);
			return resources.size === 2 && resources;
		}, "spans of both workers");
		expect(new Set(seen.keys())).toEqual(pids);
		expect(new Set(seen.values()).size).toBe(2);
		expect(app.stderr.match(/\[trivet\] app-under-test: /g)).toHaveLength(3);
		expect((await app.stop()).code).toBe(0);
	});

	it("threads that log and call do so as ever, and one line says that they are left alone", async () => {
		const app = runApp("threads-log.mjs", { otlp: capture.url });
		await app.url();
		await expect.poll(() => app.lines()).toHaveLength(4);
		const lines = app.lines();
		expect(lines.map(({ msg, code }) => [msg, code]).sort()).toEqual([
			["thread ended", 0],
			["thread ended", 0],
			["thread got an answer", undefined],
			["thread got an answer", undefined],
		]);
		expect(lines.filter(({ service }) => service === "app-under-test").map(({ msg }) => msg)).toEqual([
			"thread ended",
			"thread ended",
		]);
		expect(await app.said(/worker threads are left alone/)).toBeDefined();
		await app.stop();
		expect(app.stderr.match(/worker threads are left alone/g)).toHaveLength(1);
		expect(app.stderr.match(/\[trivet\] app-under-test: /g)).toHaveLength(1);
		expect(capture.spans.map(({ kind }) => kind)).toEqual([2, 2]);
	});

	it("a transport of pino is no thread to speak of", async () => {
		const app = runApp("threads-log.mjs", { otlp: capture.url, args: ["transport"] });
		await app.url();
		await app.said(/through a transport/);
		expect(await app.stop()).toEqual({ code: null, signal: "SIGTERM" });
		expect(app.stderr).not.toContain("worker threads");
	});

	it.each(["express.cjs", "express.mjs"])(
		"under PM2's cluster mode each worker of %s reports for itself by the app's name, and one serves the page",
		async (file) => {
			const script = fileURLToPath(new URL(`testing/apps/${file}`, import.meta.url));
			const port = await freePort();
			const app = runApp("pm2-daemon.cjs", {
				otlp: capture.url,
				load: "none",
				args: [script, String(port)],
				env: {
					OTEL_SERVICE_NAME: "",
					OTEL_RESOURCE_ATTRIBUTES: "",
					OTEL_METRICS_EXPORTER: "prometheus",
					OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
				},
			});
			const url = await app.url();
			const ids = new Map<unknown, unknown>();
			await expect
				.poll(async () => {
					await (await fetch(`${url}/users/7`, { headers: { connection: "close" } })).text();
					for (const { resource } of [...capture.spans, ...capture.records]) {
						ids.set(resource["process.pid"], resource["service.instance.id"]);
						expect(ids.get(resource["process.pid"])).toBe(resource["service.instance.id"]);
					}
					return ids.size;
				})
				.toBe(2);
			expect(new Set(ids.values()).size).toBe(2);
			expect(new Set(capture.spans.map(({ resource }) => resource["service.name"]))).toEqual(
				new Set(["@trivet/instrumentation"]),
			);
			expect(app.lines()[0]).toMatchObject({ trace_id: expect.any(String), service: "@trivet/instrumentation" });
			await app.said(/one worker serves its own metrics only/);
			await app.said(/is in use, so \/metrics is not served/);
			expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain("app_work_seconds_count");
			expect(await app.stop()).toEqual({ code: 0, signal: null });
			expect(app.stdout.match(/ended null SIGINT/g)).toHaveLength(2);
		},
	);
});
