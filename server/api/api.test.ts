/** The API over HTTP, on a real embedded backend: what goes in over OTLP comes out of every endpoint, and bad requests are told why. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type EmbeddedBackend, openEmbedded } from "../../backends/embedded/backend.ts";
import { openStateFile, type StateFile } from "../../backends/state/state-file.ts";
import type { TrivetServer } from "../server.ts";
import { startTestingServer } from "../testing-server.ts";
import {
	exemplarsSchema,
	fieldsSchema,
	logsSchema,
	pivotSchema,
	redAnswerSchema,
	servicesSchema,
	skeletonSchema,
	sloSchema,
	spanVersionsSchema,
	statusSchema,
	topologySchema,
	traceSchema,
	tracesSchema,
} from "./schema.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const REQUEST = "req-7f3a";
const EVIL = "<script>alert(1)</script>";

const folder = mkdtempSync(join(tmpdir(), "trivet-api-"));
let backend: EmbeddedBackend;
let state: StateFile;
let server: TrivetServer;

function attribute(key: string, value: string) {
	return { key, value: { stringValue: value } };
}

/** web -> shop (POST /orders, fails) -> PostgreSQL, a second ago, with a log line of the failing service. */
function telemetry(nowMs: number) {
	const start = BigInt(nowMs - 1000) * 1_000_000n;
	const at = (ms: number): string => String(start + BigInt(ms) * 1_000_000n);
	const span = (
		spanId: string,
		parentSpanId: string,
		name: string,
		kind: number,
		from: number,
		to: number,
		more = {},
	) => ({
		traceId: TRACE,
		spanId,
		parentSpanId,
		name,
		kind,
		startTimeUnixNano: at(from),
		endTimeUnixNano: at(to),
		...more,
	});
	const resource = (service: string) => ({ attributes: [attribute("service.name", service)] });
	const traces = {
		resourceSpans: [
			{
				resource: resource("web"),
				scopeSpans: [
					{
						spans: [
							span("00f067aa0ba902b7", "", "POST /checkout", 2, 0, 100, {
								attributes: [
									attribute("http.route", "/checkout"),
									attribute("http.request_id", REQUEST),
									attribute("note", EVIL),
								],
							}),
							span("00f067aa0ba902b8", "00f067aa0ba902b7", "POST", 3, 10, 90),
						],
					},
				],
			},
			{
				resource: resource("shop"),
				scopeSpans: [
					{
						spans: [
							span("00f067aa0ba902b9", "00f067aa0ba902b8", "POST /orders", 2, 20, 80, {
								attributes: [attribute("http.route", "/orders")],
								status: { code: 2, message: "no stock" },
							}),
							span("00f067aa0ba902ba", "00f067aa0ba902b9", "INSERT orders", 3, 30, 70, {
								attributes: [
									attribute("db.system.name", "postgresql"),
									attribute("db.namespace", "orders"),
									attribute("server.address", "db.local"),
								],
							}),
						],
					},
				],
			},
		],
	};
	const logs = {
		resourceLogs: [
			{
				resource: resource("shop"),
				scopeLogs: [
					{
						logRecords: [
							{
								timeUnixNano: at(75),
								severityNumber: 17,
								severityText: "ERROR",
								body: { stringValue: "order refused: no stock" },
								traceId: TRACE,
								spanId: "00f067aa0ba902b9",
							},
						],
					},
				],
			},
		],
	};
	return { traces, logs };
}

async function send(path: string, body: unknown): Promise<void> {
	const response = await fetch(`http://127.0.0.1:${backend.otlpPort}${path}`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify(body),
	});
	expect(response.status).toBe(200);
}

function ask(path: string, init?: RequestInit): Promise<Response> {
	return fetch(`${server.url}${path}`, init);
}

async function answer(path: string): Promise<unknown> {
	const response = await ask(path);
	expect(response.status, await response.clone().text()).toBe(200);
	return response.json();
}

beforeAll(async () => {
	backend = await openEmbedded({ dataDir: join(folder, "data"), otlpPort: 0 });
	state = await openStateFile({ directory: join(folder, "state") });
	server = await startTestingServer({
		backend,
		state,
		otlpEndpoint: `http://localhost:${backend.otlpPort}`,
		grafanaUrl: "http://localhost:3001",
		version: "0.0.0-test",
	});
	const { traces, logs } = telemetry(Date.now());
	await send("/v1/traces", traces);
	await send("/v1/logs", logs);
	await vi.waitFor(
		async () => {
			expect((await ask(`/api/traces/${TRACE}`)).status).toBe(200);
			expect(logsSchema.parse(await answer(`/api/logs?traceId=${TRACE}`)).records).toHaveLength(1);
		},
		{ timeout: 20_000, interval: 50 },
	);
});

afterAll(async () => {
	await server?.close();
	await backend?.close();
	await state?.close();
	rmSync(folder, { recursive: true, force: true });
});

describe("the pivot", () => {
	test.each([
		["a trace ID", TRACE, "trace id"],
		["upper case", TRACE.toUpperCase(), "trace id"],
		["a trace ID without its leading zero", TRACE.slice(1), "trace id"],
		["a traceparent", `00-${TRACE}-00f067aa0ba902b7-01`, "traceparent"],
		["a request ID", REQUEST, "request id"],
	])("finds everything from %s", async (_, id, resolvedAs) => {
		const pivot = pivotSchema.parse(await answer(`/api/pivot?id=${encodeURIComponent(id)}`));
		expect(pivot).toMatchObject({ traceId: TRACE, resolvedAs });
		expect(pivot.trace.facts).toMatchObject({ spanCount: 4, errorCount: 1, orphans: 0, partial: false });
		expect(pivot.trace.facts?.root).toMatchObject({ service: "web", name: "POST /checkout" });
		expect(pivot.trace.spans?.map(({ name }) => name)).toEqual([
			"POST /checkout",
			"POST",
			"POST /orders",
			"INSERT orders",
		]);
		expect(pivot.logs.records.map(({ body }) => body)).toEqual(["order refused: no stock"]);
		expect(pivot.red.services.map(({ service }) => service).sort()).toEqual(["shop", "web"]);
	});

	test("as skeleton has the same tree in columns", async () => {
		const pivot = pivotSchema.parse(await answer(`/api/pivot?id=${TRACE}&detail=skeleton`));
		expect(pivot.trace.spans).toBeUndefined();
		const columns = pivot.trace.skeleton?.columns;
		expect(columns?.parent).toEqual([-1, 0, 1, 2]);
		expect(columns?.subtree).toEqual([4, 3, 2, 1]);
		expect(columns?.error).toEqual([0, 0, 1, 0]);
	});

	test("of an ID nobody knows is a 404 that says what it may be", async () => {
		const response = await ask("/api/pivot?id=ffffffffffffffffffffffffffffffff");
		expect(response.status).toBe(404);
		expect(response.headers.get("content-type")).toBe("application/problem+json");
		const { hints } = (await response.json()) as { hints: string[] };
		expect(hints.join(" ")).toMatch(/Still arriving.*Sampled out/s);
	});
});

test("every endpoint answers in the shape of its schema", async () => {
	const traces = tracesSchema.parse(await answer("/api/traces?service=shop&status=error"));
	expect(traces.traces.map(({ traceId }) => traceId)).toEqual([TRACE]);
	const trace = traceSchema.parse(await answer(`/api/traces/${TRACE}`));
	expect(trace.criticalPath.at(-1)?.endNs).toBe(trace.durationNs);
	expect(skeletonSchema.parse(await answer(`/api/traces/${TRACE}/skeleton`)).spanCount).toBe(4);
	const { spans } = spanVersionsSchema.parse(await answer(`/api/traces/${TRACE}/spans/00f067aa0ba902b9`));
	expect(spans).toMatchObject([{ name: "POST /orders", statusMessage: "no stock", startNs: 20e6, selfNs: 20e6 }]);
	const services = servicesSchema.parse(await answer("/api/services")).services;
	expect(services.find(({ service }) => service === "shop")).toMatchObject({
		red: { calls: 1, errors: 1 },
		errorLogCount: 1,
	});
	const red = redAnswerSchema.parse(await answer("/api/red?service=web&byRoute=true"));
	expect(red.series.map(({ route }) => route)).toEqual(["/checkout"]);
	expect(logsSchema.parse(await answer("/api/logs?level=error&q=stock")).records).toHaveLength(1);
	exemplarsSchema.parse(await answer("/api/exemplars"));
	const budgets = sloSchema.parse(await answer("/api/slo?service=shop"));
	expect([budgets.status, budgets.reason]).toEqual(["not configured", expect.stringContaining("npm run stack")]);
	const fields = fieldsSchema.parse(await answer("/api/fields?field=service"));
	expect(fields.values.map(({ value }) => value).sort()).toEqual(["shop", "web"]);
	// Minutes are added up a moment after their spans arrive.
	const topology = await vi.waitFor(
		async () => {
			const found = topologySchema.parse(await answer("/api/topology"));
			expect(found.status).toBe("ok");
			expect(found.edges).toHaveLength(2);
			return found;
		},
		{ timeout: 20_000, interval: 50 },
	);
	expect(topology.edges.map(({ caller, callee }) => `${caller} ${callee}`).sort()).toEqual([
		"service:shop database:postgresql/orders@db.local",
		"service:web service:shop",
	]);
	const status = statusSchema.parse(await answer("/api/status"));
	expect(status.grafanaUrl).toBe("http://localhost:3001");
	expect(status.ingest).toMatchObject({ traces: { accepted: 4 }, logs: { accepted: 1 } });
	expect((await ask("/api/health")).status).toBe(200);
});

test("an exported trace can be imported as it is", async () => {
	const exported = JSON.stringify(await answer(`/api/traces/${TRACE}/otlp`));
	const response = await ask("/api/import?name=again", {
		method: "POST",
		headers: { "content-type": "application/x-ndjson" },
		body: `${exported}\nnot json\n`,
	});
	expect(await response.json()).toMatchObject({ state: "done", accepted: { traces: 4 }, rejected: 1, lines: 2 });
	expect(traceSchema.parse(await answer(`/api/traces/${TRACE}`)).spanCount).toBe(4);
});

test("what looks like HTML stays text", async () => {
	const pivot = pivotSchema.parse(await answer(`/api/pivot?id=${TRACE}`));
	expect(pivot.trace.spans?.[0]?.attributes.note).toBe(EVIL);
	const response = await ask(`/api/pivot?id=${encodeURIComponent(EVIL)}`);
	expect(response.headers.get("content-type")).toMatch(/json/);
	expect(response.headers.get("x-content-type-options")).toBe("nosniff");
});

test.each([
	["/api/traces?from=tomorrow", 400, /tomorrow/],
	["/api/traces?from=now&to=now-5m", 400, /not before/],
	["/api/traces?limit=0", 400, /limit/],
	["/api/traces?minDurationMs=fast", 400, /minDurationMs/],
	["/api/traces?q=%22unclosed", 400, /position|quote|unclosed/i],
	["/api/traces?cursor=rubbish", 400, /cursor/],
	["/api/traces/not-a-trace", 400, /not-a-trace/],
	["/api/logs?spanId=xyz&traceId=1", 400, /xyz/],
	["/api/red?stepMs=1000&from=now-7d", 400, /step/],
	["/api/traces?traceql={}", 501, /TraceQL/],
	["/api/logs?logql={}", 501, /LogQL/],
	["/api/nothing", 404, /nothing/],
	["/api/import/unknown", 404, /unknown/],
])("%s is refused with %i and the value that is wrong", async (path, status, detail) => {
	const response = await ask(path);
	expect(response.status).toBe(status);
	expect(response.headers.get("content-type")).toBe("application/problem+json");
	expect(((await response.json()) as { detail: string }).detail).toMatch(detail);
});

test("the OpenAPI document names every path", async () => {
	const { paths } = (await answer("/api/openapi.json")) as { paths: Record<string, unknown> };
	expect(Object.keys(paths)).toEqual(
		expect.arrayContaining([
			"/api/pivot",
			"/api/traces/{traceId}/spans/{spanId}",
			"/api/import",
			"/api/topology",
			"/api/demo/faults/{id}",
		]),
	);
});

test("its own metrics count requests by route, not by id", async () => {
	const text = await (await ask("/metrics")).text();
	expect(text).toMatch(/http_server_request_duration_seconds_count\{[^}]*http_route="\/api\/traces\/:traceId"/);
	expect(text).not.toContain(TRACE);
	expect(text).toMatch(/trivet_ingest_items_total\{signal="traces",outcome="accepted"\} \d+/);
});

test("large answers are compressed for those who ask", async () => {
	const response = await ask(`/api/pivot?id=${TRACE}`, { headers: { "accept-encoding": "gzip" } });
	expect(response.headers.get("content-encoding")).toBe("gzip");
});
