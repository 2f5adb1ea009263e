import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Capture, type CapturedSpan } from "../../testing/capture.ts";
import { copyOf } from "../../testing/older-package.ts";
import { type App, killApps, runApp } from "../../testing/run-app.ts";
import { findRedis } from "../../testing/servers/redis.ts";

const [SERVER, CLIENT] = [2, 3];
const METRICS = { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "100" };
const server = await findRedis();
if ("missing" in server) {
	console.log(`redis: skipped, ${server.missing}`);
}
const missing = "missing" in server;
let port = 0;
let stop = async (): Promise<void> => {};

let capture: Capture;
beforeAll(async () => {
	capture = await Capture.start();
	if (!missing) {
		({ port, stop } = await server.found());
	}
});
afterEach(() => capture.clear());
afterAll(async () => {
	await killApps();
	await capture.close();
	await stop();
});

const call = (name: string): Promise<CapturedSpan> =>
	capture.until(() => capture.spans.find((span) => span.kind === CLIENT && span.name === name), `a call ${name}`);
const request = (): Promise<CapturedSpan> =>
	capture.until(() => capture.spans.find(({ kind }) => kind === SERVER), "the request");
const calls = (): string[] => capture.spans.filter(({ kind }) => kind === CLIENT).map(({ name }) => name);

describe.skipIf(missing).each([
	["node-redis 6, imported", "redis.mjs", 3, undefined],
	["node-redis 6, required", "redis.cjs", 3, undefined],
	["ioredis 6, imported", "ioredis.mjs", 2, undefined],
	["ioredis 6, required", "ioredis.cjs", 2, undefined],
	["ioredis 4, imported", "ioredis.mjs", 2, "ioredis-4"],
	["ioredis 4, required", "ioredis.cjs", 2, "ioredis-4"],
	["node-redis 4, which has no channels, imported", "redis.mjs", undefined, "redis-4"],
	["node-redis 4, which has no channels, required", "redis.cjs", undefined, "redis-4"],
])("%s", (_what, file, database, older) => {
	const library = file.split(".")[0]!;
	const key = library === "redis" ? "cart:7" : "cart:8";
	let app: App;
	let url: string;
	beforeAll(async () => {
		const path = older === undefined ? file : copyOf(older, library, [file, `${library}-routes.cjs`, "serve.cjs"]);
		app = runApp(path, { otlp: capture.url, args: [String(port)], env: METRICS });
		url = await app.url();
		capture.clear();
	});
	afterAll(killApps);

	it("a command is a client span under the request, with its key and without its value, and is counted", async () => {
		expect(await (await fetch(`${url}/set`)).json()).toBe("OK");
		const [outer, set] = [await request(), await call("SET")];
		expect(set).toMatchObject({
			traceId: outer.traceId,
			parentSpanId: outer.spanId,
			attributes: {
				"db.system.name": "redis",
				"db.operation.name": "SET",
				"db.query.text": `SET ${key} ?`,
				"server.address": "127.0.0.1",
				"server.port": port,
				...(database === undefined ? {} : { "db.namespace": String(database) }),
			},
		});
		expect(JSON.stringify(capture.spans)).not.toContain("secret-value");
		const point = await capture.until(
			() =>
				capture.points.find(
					({ metric, attributes }) =>
						metric === "db.client.operation.duration" && attributes["db.operation.name"] === "SET",
				),
			"the duration",
		);
		expect(point.attributes).toMatchObject({ "db.system.name": "redis", "server.port": port });
		expect(point.exemplars).toMatchObject([{ traceId: set.traceId, spanId: set.spanId }]);
		capture.clear();
		expect(await (await fetch(`${url}/get`)).json()).toBe("secret-value");
		await request();
		expect(calls()).toEqual(["GET"]);
	});

	it("a command that fails has the error's first word as its type", async () => {
		expect((await fetch(`${url}/bad`)).status).toBe(500);
		const push = await call("LPUSH");
		expect(push).toMatchObject({
			status: { code: 2 },
			attributes: { "error.type": "WRONGTYPE", "db.response.status_code": "WRONGTYPE" },
		});
	});

	it.runIf(older !== "redis-4")("a transaction is one call, whatever is in it", async () => {
		await (await fetch(`${url}/multi`)).text();
		await request();
		expect(calls()).toEqual(["MULTI"]);
		expect((await call("MULTI")).attributes["db.operation.batch.size"]).toBe(2);
	});

	it.runIf(older !== "redis-4")("a pipeline is one call", async () => {
		await (await fetch(`${url}/pipeline`)).text();
		await request();
		expect(calls()).toEqual(["PIPELINE"]);
		expect((await call("PIPELINE")).attributes["db.operation.batch.size"]).toBe(2);
	});

	it("a server that is not there shows as a failed call under the request", async () => {
		expect((await fetch(`${url}/down`)).status).toBe(500);
		const outer = await request();
		const failed = await capture.until(() => capture.spans.find(({ kind }) => kind === CLIENT), "the failed call");
		expect(failed).toMatchObject({ parentSpanId: outer.spanId, status: { code: 2 } });
		expect(failed.attributes["error.type"]).toMatch(library === "redis" ? /ECONNREFUSED/ : /./);
	});

	it.runIf(library === "redis")("a command that can carry a secret shows only its name", async () => {
		await (await fetch(`${url}/auth`)).text();
		expect((await call("CONFIG")).attributes["db.query.text"]).toBe("CONFIG ? ? ?");
	});

	it.runIf(library === "ioredis")(
		"a command before there is a connection belongs to the request that asked for it",
		async () => {
			await (await fetch(`${url}/early`)).text();
			const [outer, get] = [await request(), await call("GET")];
			expect(get.parentSpanId).toBe(outer.spanId);
			expect(calls()).toEqual(["GET"]);
		},
	);

	it.runIf(library === "ioredis")("callbacks are left as they are, and so are unhandled rejections", async () => {
		expect(await (await fetch(`${url}/callback`)).json()).toBe("secret-value");
		await (await fetch(`${url}/unhandled`)).text();
		await app.said(/unhandled: WRONGTYPE/);
	});
});

describe.skipIf(missing).each([
	["redis", "redis.mjs", undefined],
	["redis", "redis.mjs", "redis-4"],
	["ioredis", "ioredis.mjs", undefined],
] as const)("%s is left alone when it is disabled (%s, %s)", (library, file, older) => {
	afterAll(killApps);

	it("no call, and it is not among what is patched", async () => {
		const path = older === undefined ? file : copyOf(older, library, [file, `${library}-routes.cjs`, "serve.cjs"]);
		const env = { OTEL_NODE_DISABLED_INSTRUMENTATIONS: library };
		const app = runApp(path, { otlp: capture.url, args: [String(port)], env });
		await (await fetch(`${await app.url()}/get`)).text();
		await request();
		expect(calls()).toEqual([]);
		expect(app.stderr).not.toMatch(new RegExp(`[ ,]${library},`));
	});
});
