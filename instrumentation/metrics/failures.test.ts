import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseOpenMetrics } from "../../backends/embedded/scrape/openmetrics.ts";
import { Capture } from "../testing/capture.ts";
import { type App, killApps, runApp } from "../testing/run-app.ts";
import { freePort } from "../testing/servers/program.ts";

let capture: Capture;
let database: PGlite;
let socket: PGLiteSocketServer;
let port: number;
let app: App;
let url: string;
beforeAll(async () => {
	capture = await Capture.start();
	port = await freePort();
	database = await PGlite.create();
	socket = new PGLiteSocketServer({ db: database, port, host: "127.0.0.1" });
	await socket.start();
	app = runApp("failing.mjs", {
		otlp: capture.url,
		args: [String(port), String(await freePort())],
		env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" },
	});
	url = await app.url();
});
afterAll(async () => {
	await killApps();
	await socket.stop();
	await database.close();
	await capture.close();
});

async function samples(metric: string) {
	const page = await fetch(await app.said(/metrics on (\S+)/), { headers: { accept: "application/openmetrics-text" } });
	const family = parseOpenMetrics(await page.text()).find(({ name }) => name === metric);
	return (family?.samples ?? []).map(({ labels, value, exemplar }) => ({
		labels: Object.fromEntries(labels),
		value,
		trace: exemplar === null ? undefined : Object.fromEntries(exemplar.labels).trace_id,
	}));
}

const errorsOf = async (route: string) =>
	(await samples("http_request_errors")).filter(({ labels }) => labels.http_route === route);

it.each([
	["/db", "/db", "db", 500],
	["/refused", "/refused", "external", 502],
	["/upstream", "/upstream", "external", 502],
	["/slow", "/slow", "timeout", 502],
	["/gateway", "/gateway", "timeout", 504],
	["/invalid/7", "/invalid/:id", "validation", 422],
	["/own", "/own", "unknown", 500],
])("%s counts as a failed request of %s whose cause is %s", async (path, route, cause, status) => {
	const before = (await errorsOf(route))[0]?.value ?? 0;
	const response = await fetch(url + path);
	expect(response.status).toBe(status);
	const trace = response.headers.get("x-trace-id");
	await expect
		.poll(() => errorsOf(route))
		.toEqual([{ labels: { cause, http_request_method: "GET", http_route: route }, value: before + 1, trace }]);
});

it.each(["/recovered", "/missing"])("%s is no failed request", async (route) => {
	await (await fetch(url + route)).text();
	expect(await errorsOf(route)).toEqual([]);
});

it("a pool tells how much of it is in use and who waits; waiting for too long is a timeout", async () => {
	const name = `127.0.0.1:${port}/shop`;
	const pool = async () => ({
		connections: (await samples("db_client_connection_count")).map(({ labels, value }) => [
			labels.db_client_connection_pool_name,
			labels.db_client_connection_state,
			value,
		]),
		pending: (await samples("db_client_connection_pending_requests")).map(({ value }) => value),
		limit: (await samples("db_client_connection_limit")).map(({ value }) => value),
	});
	await (await fetch(`${url}/hold`)).text();
	const waiting = [fetch(`${url}/waiting`), fetch(`${url}/waiting`)];
	await expect.poll(pool).toEqual({
		connections: [
			[name, "used", 1],
			[name, "idle", 0],
		],
		pending: [2],
		limit: [1],
	});
	expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([503, 503]);
	await expect.poll(() => errorsOf("/waiting")).toMatchObject([{ labels: { cause: "timeout" }, value: 2 }]);
	await (await fetch(`${url}/release`)).text();
	expect(await pool()).toEqual({
		connections: [
			[name, "used", 0],
			[name, "idle", 1],
		],
		pending: [0],
		limit: [1],
	});
});
