import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CapturedSpan } from "../testing/capture.ts";
import { captureFor } from "../testing/capture-for.ts";
import { type App, killApps, runApp } from "../testing/run-app.ts";

const SERVER = 2;
const CLIENT = 3;

const capture = captureFor("all tests");

const server = (name: string): Promise<CapturedSpan> =>
	capture.until(() => capture.spans.find((span) => span.kind === SERVER && span.name === name), `the span ${name}`);
const client = (): Promise<CapturedSpan> =>
	capture.until(() => capture.spans.find((span) => span.kind === CLIENT), "a client span");

describe.each([
	{ app: "express.mjs", load: "import" },
	{ app: "express.mjs", load: "NODE_OPTIONS" },
	{ app: "express.cjs", load: "import" },
	{ app: "express.cjs", load: "require" },
] as const)("$app loaded by $load", ({ app: file, load }) => {
	let app: App;
	let url: string;
	beforeAll(async () => {
		app = runApp(file, { load, otlp: capture.url });
		url = await app.url();
	});
	afterAll(killApps);

	it("says in one line what it does", () => {
		expect(app.stderr.trim().split("\n")).toEqual([
			expect.stringMatching(
				/^\[trivet\] app-under-test: http, express.*traces http:\/\/127.0.0.1:\d+\/v1\/traces, logs http.*metrics off; sampler parentbased_always_on; ESM hooks: /,
			),
		]);
	});

	it("a request is one span with its route, request id and the stable names", async () => {
		const response = await fetch(`${url}/users/42?verbose=1&token=abc`, { headers: { "x-request-id": "req-1" } });
		expect(response.headers.get("x-request-id")).toBe("req-1");
		const span = await server("GET /users/:id");
		expect(span.attributes).toMatchObject({
			"http.request.method": "GET",
			"http.route": "/users/:id",
			"http.response.status_code": 200,
			"url.path": "/users/42",
			"url.query": "verbose=1&token=REDACTED",
			"url.scheme": "http",
			"server.address": "127.0.0.1",
			"server.port": Number(new URL(url).port),
			"http.request_id": "req-1",
			"network.protocol.version": "1.1",
		});
		expect(span.resource).toMatchObject({
			"service.name": "app-under-test",
			"service.version": "1.2.3",
			"deployment.environment.name": "test",
			"process.pid": app.child.pid,
		});
		expect(span.status.code ?? 0).toBe(0);
		expect(capture.spans).toHaveLength(1);
	});

	it("http.get: server and client are one trace, and the context comes back in its callbacks", async () => {
		await (await fetch(`${url}/chain`, { headers: { "x-request-id": "req-2" } })).text();
		const [outer, inner, call] = [await server("GET /chain"), await server("GET /users/:id"), await client()];
		expect(call).toMatchObject({ traceId: outer.traceId, parentSpanId: outer.spanId, name: "GET" });
		expect(inner).toMatchObject({ traceId: outer.traceId, parentSpanId: call.spanId });
		expect(call.attributes).toMatchObject({
			"http.request.method": "GET",
			"http.response.status_code": 200,
			"server.address": "127.0.0.1",
			"server.port": Number(new URL(url).port),
			"url.full": `${url}/users/7?token=REDACTED&page=2`,
		});
		expect(inner.attributes["http.request_id"]).toBe("req-2");
		const line = app.lines().find(({ msg, request_id }) => msg === "inner request ended" && request_id === "req-2");
		expect(line).toMatchObject({ trace_id: outer.traceId, span_id: outer.spanId });
		for (const [parent, child] of [
			[outer, call],
			[call, inner],
		] as const) {
			expect(BigInt(child.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(parent.startTimeUnixNano));
			expect(BigInt(child.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(parent.endTimeUnixNano) + 2_000_000n);
		}
	});

	it("fetch: server and client are one trace", async () => {
		await (await fetch(`${url}/fetch`)).text();
		const [outer, inner, call] = [await server("GET /fetch"), await server("GET /users/:id"), await client()];
		expect(call).toMatchObject({ traceId: outer.traceId, parentSpanId: outer.spanId });
		expect(inner).toMatchObject({ traceId: outer.traceId, parentSpanId: call.spanId });
		expect(inner.attributes["http.request_id"]).toBe(outer.attributes["http.request_id"]);
	});

	it("the context lives through a body parser and through plain request events", async () => {
		const body = JSON.stringify({ big: "x".repeat(50_000) });
		const headers = { "content-type": "application/json" };
		await (await fetch(`${url}/echo`, { method: "POST", headers, body })).text();
		const echo = await server("POST /echo");
		await (await fetch(`${url}/raw-end`)).text();
		const raw = await server("GET /raw-end");
		const traceOf = (message: string) =>
			capture.until(() => app.lines().find(({ msg }) => msg === message)?.trace_id, `the line ${message}`);
		expect(await traceOf("body read")).toBe(echo.traceId);
		expect(await traceOf("request ended")).toBe(raw.traceId);
	});

	it("an exception is on the server's span, with its stack", async () => {
		expect((await fetch(`${url}/boom`)).status).toBe(500);
		const span = await server("GET /boom");
		expect(span.status.code).toBe(2);
		expect(span.attributes).toMatchObject({ "http.response.status_code": 500, "error.type": "500" });
		expect(span.events[0]).toMatchObject({
			name: "exception",
			attributes: { "exception.type": "RangeError", "exception.message": "out of stock" },
		});
	});

	it("health checks are not traced, and neither are their lines; an unknown path has no route", async () => {
		await (await fetch(`${url}/health`)).text();
		await (await fetch(`${url}/health?deep=true`)).text();
		await (await fetch(`${url}/nope/123`)).text();
		const span = await server("GET");
		expect(span.attributes).not.toHaveProperty("http.route");
		expect(capture.spans).toHaveLength(1);
		expect(app.lines().filter(({ msg, trace_id }) => msg === "probed" && trace_id !== undefined)).toEqual([]);
	});

	it("a client that hangs up: an error before the answer began, none after", async () => {
		const aborted = new AbortController();
		const never = fetch(`${url}/never`, { signal: aborted.signal }).catch(() => undefined);
		const stream = await fetch(`${url}/stream`, { signal: aborted.signal });
		await stream.body!.getReader().read();
		aborted.abort();
		await never;
		const [unserved, streamed] = [await server("GET /never"), await server("GET /stream")];
		expect(unserved).toMatchObject({ status: { code: 2 }, attributes: { "error.type": "client_disconnected" } });
		expect(streamed.status.code ?? 0).toBe(0);
		expect(streamed.attributes["http.response.status_code"]).toBe(200);
	});
});

describe("a caller's headers", () => {
	let url: string;
	beforeAll(async () => {
		url = await runApp("express.mjs", { otlp: capture.url }).url();
	});
	afterAll(killApps);

	it.each([
		["a plain id", "abc-123", true],
		["a UUID", "0b0e6f3c-3c8f-4f0e-9d8a-7a3f8f9d0c11", true],
		["128 characters", "a".repeat(128), true],
		["129 characters", "a".repeat(129), false],
		["a space", "a b", false],
		["a quote", 'a"b', false],
		["markup", "<script>", false],
		["JSON", '{"a":1}', false],
	])("X-Request-ID with %s is %s: accepted %s", async (_what, id, accepted) => {
		const response = await fetch(`${url}/users/1`, { headers: { "x-request-id": id } });
		const answered = response.headers.get("x-request-id");
		if (accepted) {
			expect(answered).toBe(id);
		} else {
			expect(answered).toMatch(/^[0-9a-f-]{36}$/);
		}
	});

	it("the trace's id is returned as X-Trace-ID, and is the caller's when that can be one", async () => {
		const traceId = "0af7651916cd43dd8448eb211c80319c";
		const made = await fetch(`${url}/users/1`);
		const own = made.headers.get("x-trace-id");
		await capture.until(() => capture.spans.find((span) => span.traceId === own), "its span");
		const accepted = await fetch(`${url}/users/2`, { headers: { "x-trace-id": traceId } });
		expect(accepted.headers.get("x-trace-id")).toBe(traceId);
		const span = await capture.until(() => capture.spans.find((of) => of.traceId === traceId), "its span");
		expect(span.parentSpanId ?? "").toBe("");
		await capture.until(() => capture.records.find((record) => record.traceId === traceId), "the line's record");
		const refused = await fetch(`${url}/users/3`, { headers: { "x-trace-id": "<script>" } });
		expect(refused.headers.get("x-trace-id")).toMatch(/^[0-9a-f]{32}$/);
	});

	it("a traceparent wins over X-Trace-ID", async () => {
		const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
		const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, "x-trace-id": "a".repeat(32) };
		const response = await fetch(`${url}/users/1`, { headers });
		expect(response.headers.get("x-trace-id")).toBe(traceId);
	});

	it("an unsampled parent stays unsampled: no span is sent, the line says 00", async () => {
		const traceId = "0af7651916cd43dd8448eb211c80319c";
		const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-00` };
		await (await fetch(`${url}/users/1`, { headers })).text();
		await (await fetch(`${url}/users/2`)).text();
		const record = await capture.until(
			() => capture.records.find((record) => record.traceId === traceId),
			"the record",
		);
		expect(record.flags).toBe(0);
		await server("GET /users/:id");
		expect(capture.spans.some((span) => span.traceId === traceId)).toBe(false);
	});
});

describe("health checks that fail", () => {
	let url: string;
	beforeAll(async () => {
		const env = { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "100" };
		url = await runApp("express.mjs", { otlp: capture.url, env }).url();
	});
	afterAll(killApps);

	it("are traced and counted, with the caller's id", async () => {
		for (const [path, status] of [
			["/ready", 503],
			["/live", 404],
		] as const) {
			const response = await fetch(`${url}${path}`, { headers: { "x-request-id": `probe${path}` } });
			expect(response.status).toBe(status);
		}
		const [ready, live] = [await server("GET /ready"), await server("GET")];
		expect(ready).toMatchObject({
			status: { code: 2 },
			attributes: {
				"http.route": "/ready",
				"http.response.status_code": 503,
				"error.type": "503",
				"http.request_id": "probe/ready",
			},
		});
		expect(live).toMatchObject({ attributes: { "http.response.status_code": 404, "url.path": "/live" } });
		expect(live.status.code ?? 0).toBe(0);
		expect(BigInt(ready.endTimeUnixNano)).toBeGreaterThan(BigInt(ready.startTimeUnixNano));
		const point = await capture.until(
			() => capture.points.find(({ attributes }) => attributes["http.response.status_code"] === 503),
			"the duration",
		);
		expect(point.exemplars).toMatchObject([{ traceId: ready.traceId }]);
	});

	it("and those that do not fail stay silent", async () => {
		expect((await fetch(`${url}/health`)).status).toBe(200);
		await (await fetch(`${url}/users/1`)).text();
		await server("GET /users/:id");
		expect(capture.spans).toHaveLength(1);
	});
});

describe("samplers", () => {
	afterAll(killApps);

	it.each([
		["always_off", undefined, 0],
		["parentbased_always_off", undefined, 0],
		["always_on", undefined, 20],
		["traceidratio", "0", 0],
		["parentbased_traceidratio", "1", 20],
	])("%s %s sends %i of 20", async (sampler, argument, expected) => {
		const app = runApp("express.mjs", {
			otlp: capture.url,
			env: { OTEL_TRACES_SAMPLER: sampler, ...(argument === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: argument }) },
		});
		const url = await app.url();
		for (let i = 0; i < 20; i++) {
			await (await fetch(`${url}/users/${i}`)).text();
		}
		await app.stop();
		expect(capture.spans.filter(({ kind }) => kind === SERVER)).toHaveLength(expected);
		expect(app.lines().every(({ trace_id }) => typeof trace_id === "string")).toBe(true);
	});
});

describe("fastify", () => {
	afterAll(killApps);

	it("gives the route, its logger's lines the ids, and errors to the span", async () => {
		const app = runApp("fastify.mjs", { otlp: capture.url });
		const url = await app.url();
		await (await fetch(`${url}/items/9`)).text();
		const span = await server("GET /items/:id");
		expect(app.lines().find(({ msg }) => msg === "item asked for")).toMatchObject({ trace_id: span.traceId });
		expect((await fetch(`${url}/boom`)).status).toBe(500);
		const failed = await server("GET /boom");
		expect(failed.events[0]?.attributes).toMatchObject({
			"exception.type": "TypeError",
			"exception.message": "no such shelf",
		});
	});
});
