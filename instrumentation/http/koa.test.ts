import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CapturedSpan } from "../testing/capture.ts";
import { captureFor } from "../testing/capture-for.ts";
import { copyOf } from "../testing/older-package.ts";
import { type App, killApps, runApp } from "../testing/run-app.ts";

const SERVER = 2;

const capture = captureFor("all tests");

const request = (name: string): Promise<CapturedSpan> =>
	capture.until(() => capture.spans.find((span) => span.kind === SERVER && span.name === name), `a span ${name}`);

describe.each([
	["koa 3, imported", "koa.mjs", undefined],
	["koa 3, required", "koa.cjs", undefined],
	["koa 2, imported", "koa.mjs", "koa-2"],
	["koa 2, required", "koa.cjs", "koa-2"],
])("%s", (_what, file, older) => {
	let app: App;
	let url: string;
	beforeAll(async () => {
		const path = older === undefined ? file : copyOf(older, "koa", [file, "koa-routes.cjs"]);
		app = runApp(path, {
			otlp: capture.url,
			env: { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "100" },
		});
		url = await app.url();
	});
	afterAll(killApps);

	it("the router's template is the route, of the span and of the duration", async () => {
		await (await fetch(`${url}/shop/items/9`)).text();
		const span = await request("GET /shop/items/:id");
		expect(span.attributes["http.route"]).toBe("/shop/items/:id");
		expect(app.lines().find(({ msg }) => msg === "item asked for")).toMatchObject({ trace_id: span.traceId });
		const point = await capture.until(
			() => capture.points.find(({ metric }) => metric === "http.server.request.duration"),
			"the duration",
		);
		expect(point.attributes["http.route"]).toBe("/shop/items/:id");
		expect(capture.spans).toHaveLength(1);
	});

	it("an exception is on the server's span", async () => {
		expect((await fetch(`${url}/shop/boom`)).status).toBe(500);
		const span = await request("GET /shop/boom");
		expect(span.status.code).toBe(2);
		expect(span.events).toMatchObject([
			{ attributes: { "exception.type": "RangeError", "exception.message": "out of stock" } },
		]);
	});

	it("an answer by ctx.throw is no exception", async () => {
		expect((await fetch(`${url}/shop/teapot`)).status).toBe(418);
		expect((await request("GET /shop/teapot")).events).toEqual([]);
	});

	it("a path no route took has none", async () => {
		expect((await fetch(`${url}/elsewhere/7`)).status).toBe(404);
		expect((await request("GET")).attributes).not.toHaveProperty("http.route");
	});

	it("a client that is gone before the handler is done leaves the route", async () => {
		const aborted = new AbortController();
		const never = fetch(`${url}/shop/never/1`, { signal: aborted.signal }).catch(() => undefined);
		await app.said(/listening/);
		setTimeout(() => aborted.abort(), 100);
		await never;
		expect((await request("GET /shop/never/:id")).attributes["error.type"]).toBe("client_disconnected");
	});
});
