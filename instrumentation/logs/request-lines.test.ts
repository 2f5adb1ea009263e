import { request } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import type { CapturedRecord } from "../testing/capture.ts";
import { captureFor } from "../testing/capture-for.ts";
import { type App, runApp } from "../testing/run-app.ts";

const capture = captureFor("all tests");

const requestLines = (): CapturedRecord[] =>
	capture.records.filter(({ attributes }) => "duration_ms" in attributes && "http.request.method" in attributes);

describe("every finished request is one line in what is sent", () => {
	let app: App;
	let url: string;
	beforeAll(async () => {
		app = runApp("request-lines.mjs", { otlp: capture.url });
		url = await app.url();
	});

	const ask = async (path: string, init?: RequestInit): Promise<CapturedRecord> => {
		await (await fetch(`${url}${path}`, init)).text();
		return capture.until(() => requestLines()[0], "the request's line");
	};

	it("with its route, status as an integer, duration as a float, method and ids", async () => {
		const line = await ask("/users/7?token=abc", { headers: { "x-request-id": "req-1" } });
		const span = await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the span");
		expect(line).toMatchObject({
			body: "GET /users/:id 200",
			severityNumber: 9,
			severityText: "info",
			traceId: span.traceId,
			spanId: span.spanId,
			flags: 1,
		});
		expect(line.attributes).toEqual({
			"log.record.sequence": expect.any(Number),
			"http.request.method": "GET",
			"http.route": "/users/:id",
			"url.path": "/users/7",
			"http.status_code": 200,
			"http.request_id": "req-1",
			duration_ms: expect.any(Number),
		});
		// JSON.parse makes all of them numbers: the kind is in the body.
		expect(capture.bodies.join()).toMatch(/"key":"http.status_code","value":\{"intValue":"200"\}/);
		expect(capture.bodies.join()).toMatch(/"key":"duration_ms","value":\{"doubleValue":[\d.]+\}/);
		expect(line.attributes.duration_ms).toBeGreaterThan(0);
	});

	it.each([
		{ path: "/nowhere/3", body: "GET /nowhere/3 404", severityText: "info", error: undefined },
		{ path: "/broken", body: "GET /broken 500", severityText: "error", error: "500" },
	])("$path: $severityText", async ({ path, body, severityText, error }) => {
		const line = await ask(path);
		expect(line).toMatchObject({ body, severityText });
		expect(line.attributes["error.type"]).toBe(error);
	});

	it("a caller who leaves before the answer: a warning, and no status", async () => {
		const asking = request(`${url}/never`).on("error", () => {});
		asking.end();
		await app.said(/waiting/);
		asking.destroy();
		const line = await capture.until(() => requestLines()[0], "the request's line");
		expect(line).toMatchObject({ body: "GET /never client_disconnected", severityText: "warn" });
		expect(line.attributes).not.toHaveProperty("http.status_code");
	});

	it("a trace that is not sampled has them, too", async () => {
		const traceId = "0af7651916cd43dd8448eb211c80319c";
		const line = await ask("/users/8", { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-00` } });
		expect(line).toMatchObject({ traceId, flags: 0 });
	});

	it("health paths have none, whatever they answer", async () => {
		for (const path of ["/health", "/ready"]) {
			await (await fetch(`${url}${path}`)).text();
		}
		await ask("/users/9");
		expect(requestLines().map(({ body }) => body)).toEqual(["GET /users/:id 200"]);
	});

	it("and none is on the app's own stdout", () => {
		expect(app.stdout).toMatch(/^listening \d+\nwaiting\n$/);
	});
});

it.each<[string, string]>([
	["TRIVET_REQUEST_LINES", "off"],
	["OTEL_LOGS_EXPORTER", "none"],
])("%s=%s: none", async (name, value) => {
	const app = runApp("request-lines.mjs", { otlp: capture.url, env: { [name]: value } });
	await (await fetch(`${await app.url()}/users/7`)).text();
	await capture.until(() => capture.spans.length > 0, "the span");
	await app.stop();
	expect(capture.records).toEqual([]);
});
