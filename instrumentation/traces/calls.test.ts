import { randomBytes } from "node:crypto";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CapturedSpan } from "../testing/capture.ts";
import { captureFor } from "../testing/capture-for.ts";
import { killApps, runApp } from "../testing/run-app.ts";
import { findPostgres } from "../testing/servers/postgres.ts";
import { freePort } from "../testing/servers/program.ts";

const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5];
const METRICS = { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "100" };

const capture = captureFor("all tests");

const spanOf = (kind: number, name: string | RegExp): Promise<CapturedSpan> =>
	capture.until(
		() =>
			capture.spans.find(
				(span) => span.kind === kind && (typeof name === "string" ? span.name === name : name.test(span.name)),
			),
		`a span ${name} of kind ${kind}`,
	);

interface Database {
	port: number;
	stop(): Promise<void>;
}

async function startPglite(): Promise<Database> {
	const port = await freePort();
	const database = await PGlite.create();
	const socket = new PGLiteSocketServer({ db: database, port, host: "127.0.0.1" });
	await socket.start();
	return {
		port,
		async stop() {
			await socket.stop();
			await database.close();
		},
	};
}

const postgres = await findPostgres();
if ("missing" in postgres) {
	console.log(`PostgreSQL: only as PGlite, ${postgres.missing}`);
}

async function startPostgres(): Promise<Database> {
	if ("missing" in postgres) {
		throw new Error(postgres.missing);
	}
	const server = await postgres.found();
	const client = new pg.Client({ host: "127.0.0.1", port: server.port, user: "postgres", database: "postgres" });
	await client.connect();
	await client.query("CREATE DATABASE shop");
	await client.end();
	return server;
}

describe.each([
	["PGlite", startPglite],
	...("found" in postgres ? ([["PostgreSQL", startPostgres]] as const) : []),
] as const)("PostgreSQL over its wire protocol, %s", (_what, startDatabase: () => Promise<Database>) => {
	let database: Database;
	let port: number;
	let url: string;
	beforeAll(async () => {
		database = await startDatabase();
		({ port } = database);
		url = await runApp("pg.mjs", { otlp: capture.url, args: [String(port)], env: METRICS }).url();
	});
	afterAll(async () => {
		await killApps();
		await database.stop();
	});

	it("a query is a client span under the request, and is counted", async () => {
		expect(await (await fetch(`${url}/good`)).json()).toEqual([{ one: 1 }]);
		const [request, query] = [await spanOf(SERVER, "GET"), await spanOf(CLIENT, "SELECT shop")];
		expect(query).toMatchObject({ traceId: request.traceId, parentSpanId: request.spanId });
		expect(query.attributes).toMatchObject({
			"db.system.name": "postgresql",
			"db.namespace": "shop",
			"db.operation.name": "SELECT",
			"db.query.text": "SELECT $1::int AS one",
			"server.address": "127.0.0.1",
			"server.port": port,
		});
		const point = await capture.until(
			() => capture.points.find(({ metric }) => metric === "db.client.operation.duration"),
			"the duration",
		);
		expect(point.attributes).toMatchObject({ "db.system.name": "postgresql", "db.operation.name": "SELECT" });
		expect(point.exemplars).toMatchObject([{ traceId: query.traceId, spanId: query.spanId }]);
	});

	it("a free connection from the pool is no span", async () => {
		const names = (): string[] => capture.spans.map(({ name }) => name);
		for (let asked = 1; asked <= 10; asked++) {
			await (await fetch(`${url}/good`)).text();
			await capture.until(() => names().filter((name) => name === "GET").length === asked, "the request");
		}
		// Where it took a millisecond after all, on a busy machine, it is worth one.
		expect(names().filter((name) => name.startsWith("pg-pool")).length).toBeLessThan(10);
		expect(new Set(names().filter((name) => !name.startsWith("pg")))).toEqual(new Set(["GET", "SELECT shop"]));
	});

	it("a failing query is an error with its SQLSTATE", async () => {
		expect((await fetch(`${url}/bad`)).status).toBe(500);
		const query = await spanOf(CLIENT, "SELECT shop");
		expect(query.status.code).toBe(2);
		expect(query.attributes["error.type"]).toBe("42703");
	});
});

describe("gRPC", () => {
	let url: string;
	let lines: () => Record<string, unknown>[];
	beforeAll(async () => {
		const app = runApp("grpc.mjs", { otlp: capture.url, env: METRICS });
		lines = () => app.lines();
		url = await app.url();
	});
	afterAll(killApps);

	it("a call is one client and one server span in the caller's trace, with the conventions' names, and is counted", async () => {
		expect(await (await fetch(`${url}/apple`)).json()).toEqual({ count: 3 });
		const request = await spanOf(SERVER, "GET");
		const [client, server] = [await spanOf(CLIENT, "shop.Stock/Check"), await spanOf(SERVER, "shop.Stock/Check")];
		expect(client).toMatchObject({ traceId: request.traceId, parentSpanId: request.spanId });
		expect(server).toMatchObject({ traceId: request.traceId, parentSpanId: client.spanId });
		for (const { attributes, status } of [client, server]) {
			expect(attributes).toMatchObject({
				"rpc.system": "grpc",
				"rpc.service": "shop.Stock",
				"rpc.response.status_code": "OK",
			});
			expect(status.code ?? 0).toBe(0);
		}
		expect(lines().find(({ sku }) => sku === "apple")).toMatchObject({
			trace_id: server.traceId,
			span_id: server.spanId,
		});
		for (const metric of ["rpc.server.call.duration", "rpc.client.call.duration"]) {
			const point = await capture.until(() => capture.points.find((candidate) => candidate.metric === metric), metric);
			expect(point.attributes).toMatchObject({ "rpc.method": "shop.Stock/Check", "rpc.response.status_code": "OK" });
			expect(point.exemplars).toMatchObject([{ traceId: request.traceId }]);
		}
	});

	it("the caller's baggage and tracestate travel along", async () => {
		const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
		const headers = {
			baggage: "tenant=acme",
			traceparent: `00-${traceId}-b7ad6b7169203331-01`,
			tracestate: "shop=t61rcWkgMzE",
		};
		await (await fetch(`${url}/pear`, { headers })).text();
		const server = await spanOf(SERVER, "shop.Stock/Check");
		expect(server).toMatchObject({ traceId, traceState: "shop=t61rcWkgMzE" });
		expect(lines().find(({ sku }) => sku === "pear")).toMatchObject({ trace_id: traceId, tenant: "acme" });
	});

	it.each([
		["missing", "NOT_FOUND", { client: 2, server: 0 }],
		["broken", "INTERNAL", { client: 2, server: 2 }],
	])("%s ends as %s: whose error it is", async (sku, code, status) => {
		// Its own trace: spans of the request before may still be on their way.
		const traceId = randomBytes(16).toString("hex");
		await (await fetch(`${url}/${sku}`, { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } })).text();
		const mine = (kind: number) =>
			capture.until(
				() => capture.spans.find((span) => span.traceId === traceId && span.kind === kind && span.name !== "GET"),
				`a span of kind ${kind} in ${traceId}`,
			);
		const [client, server] = [await mine(CLIENT), await mine(SERVER)];
		expect([client.attributes["rpc.response.status_code"], server.attributes["rpc.response.status_code"]]).toEqual([
			code,
			code,
		]);
		expect([client.status.code ?? 0, server.status.code ?? 0]).toEqual([status.client, status.server]);
	});
});

describe("any queue, by the helpers", () => {
	let url: string;
	let lines: () => Record<string, unknown>[];
	beforeAll(async () => {
		const app = runApp("queue.mjs", { otlp: capture.url, env: METRICS });
		lines = () => app.lines();
		url = await app.url();
	});
	afterAll(killApps);

	it("the consumer continues the producer's trace, and both are counted", async () => {
		await (await fetch(`${url}/?body=fine`)).text();
		const request = await spanOf(SERVER, "GET");
		const [producer, consumer] = [
			await spanOf(PRODUCER, "publish orders/paid"),
			await spanOf(CONSUMER, "process orders/paid"),
		];
		expect(producer).toMatchObject({ traceId: request.traceId, parentSpanId: request.spanId });
		expect(consumer).toMatchObject({ traceId: request.traceId, parentSpanId: producer.spanId, links: [] });
		expect(consumer.attributes).toMatchObject({
			"messaging.system": "mqtt",
			"messaging.destination.name": "orders/paid",
			"messaging.operation.type": "process",
		});
		expect(lines().at(-1)).toMatchObject({ trace_id: consumer.traceId, span_id: consumer.spanId });
		for (const metric of ["messaging.client.operation.duration", "messaging.process.duration"]) {
			const point = await capture.until(() => capture.points.find((candidate) => candidate.metric === metric), metric);
			expect(point.attributes["messaging.destination.name"]).toBe("orders/paid");
		}
	});

	it("relation link starts a trace of its own that points back", async () => {
		await (await fetch(`${url}/?body=fine&relation=link`)).text();
		const [producer, consumer] = [
			await spanOf(PRODUCER, "publish orders/paid"),
			await spanOf(CONSUMER, "process orders/paid"),
		];
		expect(consumer.traceId).not.toBe(producer.traceId);
		expect(consumer.links).toMatchObject([{ traceId: producer.traceId, spanId: producer.spanId }]);
	});

	it("a batch links to every producer", async () => {
		await Promise.all([1, 2, 3].map(() => fetch(`${url}/?body=fine`)));
		capture.clear();
		await (await fetch(`${url}/batch?body=fine`)).text();
		const batch = await capture.until(() => capture.spans.find(({ links }) => links.length > 1), "the batch");
		expect(batch.links.length).toBeGreaterThanOrEqual(4);
	});

	it("a handler that throws is an error on the consumer", async () => {
		await (await fetch(`${url}/?body=bad`)).text();
		const consumer = await spanOf(CONSUMER, "process orders/paid");
		expect(consumer).toMatchObject({
			status: { code: 2, message: "cannot ship" },
			attributes: { "error.type": "TypeError" },
		});
	});
});
