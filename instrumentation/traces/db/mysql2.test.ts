import { createConnection } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Capture, type CapturedSpan } from "../../testing/capture.ts";
import { copyOf } from "../../testing/older-package.ts";
import { killApps, runApp } from "../../testing/run-app.ts";
import { findMariadb } from "../../testing/servers/mariadb.ts";

const CLIENT = 3;
const server = await findMariadb();
if ("missing" in server) {
	console.log(`mysql2: skipped, ${server.missing}`);
}
const missing = "missing" in server;
let port = 0;
let stop = async (): Promise<void> => {};

let capture: Capture;
beforeAll(async () => {
	capture = await Capture.start();
	if (!missing) {
		({ port, stop } = await server.found());
		const connection = await createConnection({ host: "127.0.0.1", port, user: "root" });
		for (const statement of [
			"CREATE DATABASE shop",
			"CREATE TABLE shop.people (name VARCHAR(50), age INT)",
			`INSERT INTO shop.people VALUES ("bob o'hara", 42)`,
		]) {
			await connection.query(statement);
		}
		await connection.end();
	}
});
afterEach(() => capture.clear());
afterAll(async () => {
	await killApps();
	await capture.close();
	await stop();
});

const call = (): Promise<CapturedSpan> =>
	capture.until(() => capture.spans.find(({ kind }) => kind === CLIENT), "a client span");
const request = (): Promise<CapturedSpan> =>
	capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the request");

describe.skipIf(missing).each([
	["imported", "3.24", "mysql2.mjs", undefined],
	["required", "3.24", "mysql2.cjs", undefined],
	["imported", "3.14, which has no channels", "mysql2.mjs", "mysql2-3.14"],
	["required", "3.14, which has no channels", "mysql2.cjs", "mysql2-3.14"],
])("mysql2, %s, %s", (_how, version, file, older) => {
	const current = version === "3.24";
	let url: string;
	let lines: () => Record<string, unknown>[];
	beforeAll(async () => {
		const app = runApp(older === undefined ? file : copyOf(older, "mysql2", [file, "mysql2-routes.cjs", "serve.cjs"]), {
			otlp: capture.url,
			args: [String(port)],
			env: { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "100" },
		});
		lines = () => app.lines();
		url = await app.url();
		expect(app.stderr).toContain("mysql2");
	});
	afterAll(killApps);

	it("a query is a client span under the request, without its values, and is counted", async () => {
		expect(await (await fetch(`${url}/query`)).json()).toEqual([{ name: "bob o'hara" }]);
		const [outer, query] = [await request(), await call()];
		expect(query).toMatchObject({
			traceId: outer.traceId,
			parentSpanId: outer.spanId,
			name: "SELECT shop",
			attributes: {
				"db.system.name": "mysql",
				"db.namespace": "shop",
				"db.operation.name": "SELECT",
				"db.query.text": "SELECT name FROM people WHERE name = ? AND age > ?",
				"server.address": "127.0.0.1",
				"server.port": port,
			},
		});
		expect(query.status.code ?? 0).toBe(0);
		const point = await capture.until(
			() => capture.points.find(({ metric }) => metric === "db.client.operation.duration"),
			"the duration",
		);
		expect(point.attributes).toMatchObject({ "db.system.name": "mysql", "db.operation.name": "SELECT" });
		expect(point.exemplars).toMatchObject([{ traceId: query.traceId, spanId: query.spanId }]);
	});

	it("its pool is counted, in use and idle", async () => {
		await (await fetch(`${url}/query`)).text();
		const pool = { "db.client.connection.pool.name": `127.0.0.1:${port}/shop` };
		const reported = (metric: string, attributes: object, value: number) =>
			capture.until(
				() =>
					capture.points.some(
						(point) =>
							point.metric === metric &&
							point.asDouble === value &&
							JSON.stringify(point.attributes) === JSON.stringify(attributes),
					),
				`${metric} of ${value}`,
			);
		await reported("db.client.connection.count", { ...pool, "db.client.connection.state": "idle" }, 1);
		await reported("db.client.connection.count", { ...pool, "db.client.connection.state": "used" }, 0);
		await reported("db.client.connection.pending_requests", pool, 0);
		await reported("db.client.connection.limit", pool, 1);
		await Promise.all([call(), request()]);
	});

	it("a prepared statement keeps its placeholders", async () => {
		expect(await (await fetch(`${url}/execute`)).json()).toEqual([{ age: 42 }]);
		expect((await call()).attributes["db.query.text"]).toBe("SELECT age FROM people WHERE name = ?");
	});

	it("a failing query is an error", async () => {
		expect((await fetch(`${url}/bad`)).status).toBe(500);
		const query = await call();
		expect(query.status).toMatchObject({ code: 2, message: expect.stringContaining("Unknown column") });
		expect(query.attributes["error.type"]).toBeDefined();
		if (current) {
			expect(query.attributes).toMatchObject({
				"error.type": "ER_BAD_FIELD_ERROR",
				"db.response.status_code": "1054",
			});
		}
	});

	it("rows that are streamed are one span", async () => {
		expect(await (await fetch(`${url}/stream`)).json()).toBe(2);
		await request();
		expect(capture.spans.filter(({ kind }) => kind === CLIENT)).toHaveLength(1);
	});

	it.runIf(current)(
		"a callback runs in the context of its request, not of the one that opened the connection",
		async () => {
			await (await fetch(`${url}/query`)).text();
			await (await fetch(`${url}/query`)).text();
			await capture.until(() => capture.spans.filter(({ kind }) => kind === 2).length === 2, "both requests");
			const traces = capture.spans.filter(({ kind }) => kind === 2).map(({ traceId }) => traceId);
			expect(
				lines()
					.slice(-2)
					.map(({ trace_id }) => trace_id),
			).toEqual(traces);
		},
	);

	it.runIf(current)("a server that is not there shows as a failed call under the request", async () => {
		expect((await fetch(`${url}/down`)).status).toBe(500);
		const [outer, connect] = [await request(), await call()];
		expect(connect).toMatchObject({
			parentSpanId: outer.spanId,
			name: "CONNECT shop",
			status: { code: 2 },
			attributes: { "error.type": "ECONNREFUSED", "server.port": 1 },
		});
	});
});
