import { once } from "node:events";
import http from "node:http";
import { createServer } from "node:net";
import express from "express";
import fastify from "fastify";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import { captureFor } from "../testing/capture-for.ts";
import { type App, runApp } from "../testing/run-app.ts";
import { health } from "./health.ts";

interface Report {
	status: string;
	serviceId: string;
	score: number;
	circles?: string[];
	checks: Record<
		string,
		{ status: string; output?: string; observedValue?: number; weight: number; critical: boolean }[]
	>;
}

const capture = captureFor("one test");

const run = (args: string[], env: Record<string, string> = {}): App =>
	runApp("healthy.mjs", { otlp: capture.url, args, env });
async function deep(url: string): Promise<{ status: number; type: string | null; report: Report }> {
	const response = await fetch(`${url}/health?deep=true`);
	const report = (await response.json()) as Report;
	return { status: response.status, type: response.headers.get("content-type"), report };
}
const set = (url: string, check: string, to: string) => fetch(`${url}/state/${check}/${to}`, { method: "PUT" });

describe.each(["node:http", "express", "fastify", "koa"])("on %s", (framework) => {
	it("shallow says that the process answers; deep what its dependencies do", async () => {
		const url = await run(["shop", framework]).url();
		const shallow = await fetch(`${url}/health`);
		expect(shallow.status).toBe(200);
		expect(shallow.headers.get("cache-control")).toBe("no-store");
		expect(await shallow.json()).toMatchObject({ status: "pass", serviceId: "shop", version: "1.2.3" });

		const good = await deep(url);
		expect([good.status, good.type?.split(";")[0]]).toEqual([200, "application/health+json"]);
		expect(good.report).toMatchObject({ status: "pass", serviceId: "shop", score: 1 });
		expect(good.report.checks.postgres![0]).toMatchObject({ componentType: "datastore", status: "pass", weight: 0.5 });

		await set(url, "postgres", "bad");
		const first = await deep(url);
		expect([first.status, first.report.status, first.report.score]).toEqual([200, "warn", 1]);
		const second = await deep(url);
		expect([second.status, second.report.status, second.report.score]).toEqual([503, "fail", 0.5]);
		expect(second.report.checks.postgres![0]).toMatchObject({ status: "fail", output: "ECONNREFUSED" });
		expect(JSON.stringify(second.report)).not.toContain("10.0.0.7");
		expect((await fetch(`${url}/health`)).status).toBe(200);

		await set(url, "postgres", "ok");
		expect([(await deep(url)).status, (await deep(url)).status, (await deep(url)).status]).toEqual([503, 503, 200]);
	});
});

it("its handlers have the types the frameworks want", () => {
	const own = health();
	http.createServer(own.handler);
	express().get("/health", own.handler);
	fastify().get("/health", own.fastifyHandler);
	new Koa().use(own.koaHandler);
	own.stop();
});

describe("a deep answer", () => {
	it("does not wait longer than the timeout for what hangs", async () => {
		const url = await run(["shop", "node:http"], { TIMEOUT_MS: "50" }).url();
		await set(url, "redis", "hang");
		await deep(url);
		const { status, report } = await deep(url);
		expect([status, report.status, report.score]).toEqual([200, "warn", 0.7]);
		expect(report.checks.redis![0]).toMatchObject({ status: "fail", output: "no answer within 50 ms" });
	});

	it("is 503 when a critical one is failing, whatever the score", async () => {
		const url = await run(["shop", "node:http"], { CRITICAL: "payments" }).url();
		await set(url, "payments", "bad");
		await deep(url);
		expect(await deep(url)).toMatchObject({ status: 503, report: { status: "fail", score: 0.8 } });
	});

	it("HEAD is answered without a body", async () => {
		const url = await run(["shop", "node:http"]).url();
		const response = await fetch(`${url}/health?deep=true`, { method: "HEAD" });
		expect([response.status, await response.text()]).toEqual([200, ""]);
	});

	it("probes once for many who ask at once, and again only when the results are old", async () => {
		let probes = 0;
		const release: (() => void)[] = [];
		const checks = {
			slow: { probe: () => new Promise<void>((resolve) => release.push(resolve)).then(() => void probes++) },
		};
		const own = health({ checks, everyMs: 0, maxAgeMs: 60_000 });
		const asked = Array.from({ length: 50 }, () => own.answer("/health?deep=true"));
		expect(release).toHaveLength(1);
		release[0]!();
		await Promise.all(asked);
		await own.answer("/health?deep=true");
		expect(probes).toBe(1);
	});

	it.each([
		["/health", false],
		["/health?deep=false", false],
		["/health?deeper=true", false],
		["/health?deep=true", true],
		["/health?deep=1", true],
		["/health?deep", true],
		["/health?a=b&deep=true&c=d", true],
		[undefined, false],
	])("%s is deep: %s", async (url, isDeep) => {
		let probed = false;
		const own = health({
			everyMs: 0,
			checks: {
				x: {
					probe: () => {
						probed = true;
					},
				},
			},
		});
		await own.answer(url);
		expect(probed).toBe(isDeep);
	});
});

it.each([
	[{ weight: -1, probe: () => true }, /weight of the health check "x"/],
	[{ weight: Number.NaN, probe: () => true }, /weight of the health check "x"/],
	[{ url: "file:///etc/passwd" }, /http or https/],
	[{ url: "not a url" }, /Invalid URL/],
])("%j is refused", (check, message) => {
	expect(() => health({ checks: { x: check } })).toThrow(message);
});

it("the gauges of the last probes are in the push, the probes run in the background, and leave no spans", async () => {
	const app = run(["shop", "node:http"], {
		EVERY_MS: "30",
		OTEL_METRICS_EXPORTER: "otlp",
		OTEL_METRIC_EXPORT_INTERVAL: "50",
	});
	const url = await app.url();
	await set(url, "redis", "bad");
	const latest = (metric: string, check?: string) =>
		capture.points.findLast(
			(point) => point.metric === metric && (check === undefined || point.attributes["health.check"] === check),
		);
	await capture.until(() => latest("health.score")?.asDouble === 0.7, "the score");
	expect(latest("health.check.healthy", "redis")?.asDouble).toBe(0);
	expect(latest("health.check.healthy", "postgres")?.asDouble).toBe(1);
	expect(latest("health.check.duration", "postgres")?.asDouble).toBeGreaterThanOrEqual(0);
	await app.stop();
	expect(capture.spans.map((span) => span.attributes["url.path"])).toEqual(["/state/redis/bad"]);
});

describe("services that ask each other", () => {
	async function freePorts(count: number): Promise<number[]> {
		const servers = await Promise.all(
			Array.from({ length: count }, async () => {
				const server = createServer().listen(0, "127.0.0.1");
				await once(server, "listening");
				return server;
			}),
		);
		return servers.map((server) => {
			const { port } = server.address() as { port: number };
			server.close();
			return port;
		});
	}

	it("a circle of three is answered at once, healthy, and named", async () => {
		const ports = await freePorts(3);
		const names = ["orders", "payment", "fraud"];
		const frameworks = ["node:http", "express", "fastify"];
		const apps = names.map((name, index) => {
			const next = (index + 1) % 3;
			return run([name, frameworks[index]!, `${names[next]}=http://127.0.0.1:${ports[next]}`], {
				PORT: String(ports[index]),
				// A circle that waits for itself would end here, and the answer would be 503.
				TIMEOUT_MS: "20000",
			});
		});
		const urls = await Promise.all(apps.map((app) => app.url()));
		const { status, report } = await deep(urls[0]!);
		expect([status, report.status, report.score]).toEqual([200, "pass", 1]);
		expect(report.circles).toEqual(["orders > payment > fraud > orders"]);
		await apps[0]!.said(/health checks ask each other in a circle: orders > payment > fraud > orders/);

		// All at once, from outside: nobody waits for a run that waits for him.
		const answers = await Promise.all([...urls, ...urls, ...urls].map((url) => deep(url)));
		expect(answers.map(({ status, report }) => [status, report.status])).toEqual(answers.map(() => [200, "pass"]));
	});

	it("a failing service makes those that ask it fail, through the chain", async () => {
		const bottom = await run(["inventory", "node:http"]).url();
		const middle = await run(["orders", "koa", `inventory=${bottom}`]).url();
		const top = await run(["storefront", "node:http", `orders=${middle}`]).url();
		expect((await deep(top)).status).toBe(200);
		await set(bottom, "postgres", "bad");
		// Each level waits for two failures of the one below.
		for (let i = 0; i < 5; i++) {
			await deep(top);
		}
		const { status, report } = await deep(top);
		expect(status).toBe(503);
		expect(report.checks.orders![0]).toMatchObject({ status: "fail", output: "answered 503" });
		expect(report.circles).toBeUndefined();
	});
});
