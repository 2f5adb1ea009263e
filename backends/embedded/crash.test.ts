/** What was answered with 200, or with OK over gRPC, is there after `kill -9`, and nothing is there twice. */
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { type EmbeddedBackend, openEmbedded } from "./backend.ts";
import { encodeOtlp } from "./receive/otlp-encoder.ts";
import { Store } from "./store/store.ts";
import { grpcCall, grpcClient, METHODS } from "./testing-grpc-call.ts";

const ROUNDS = Number(process.env.TRIVET_CRASH_ROUNDS ?? 20);
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const resource = { attributes: [{ key: "service.name", value: { stringValue: "crash" } }] };

/** An export request of items with these numbers, by path. */
const REQUESTS: Record<string, (numbers: number[]) => object> = {
	"/v1/traces": (numbers) => ({
		resourceSpans: [
			{
				resource,
				scopeSpans: [
					{
						spans: numbers.map((n) => ({
							traceId: TRACE,
							spanId: n.toString(16).padStart(16, "0"),
							name: "x",
							startTimeUnixNano: String(n),
							endTimeUnixNano: String(n + 1),
						})),
					},
				],
			},
		],
	}),
	"/v1/logs": (numbers) => ({
		resourceLogs: [
			{
				resource,
				scopeLogs: [
					{ logRecords: numbers.map((n) => ({ timeUnixNano: String(n), body: { stringValue: String(n) } })) },
				],
			},
		],
	}),
	"/v1/metrics": (numbers) => ({
		resourceMetrics: [
			{
				resource,
				scopeMetrics: [
					{
						metrics: [
							{ name: "m", gauge: { dataPoints: numbers.map((n) => ({ timeUnixNano: String(n), asInt: String(n) })) } },
						],
					},
				],
			},
		],
	}),
};

/** True when it was answered with 200. */
function post(port: number, path: string, body: string): Promise<boolean> {
	return new Promise((resolve) => {
		const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
		const sent = request({ host: "127.0.0.1", port, path, method: "POST", headers, timeout: 5_000 }, (response) => {
			response.on("error", () => resolve(false));
			response.on("close", () => resolve(response.statusCode === 200));
			response.resume();
		});
		sent.on("timeout", () => sent.destroy());
		sent.on("error", () => resolve(false));
		sent.end(body);
	});
}

const GRPC = {
	"/v1/traces": ["TracesRequest", METHODS.traces],
	"/v1/logs": ["LogsRequest", METHODS.logs],
	"/v1/metrics": ["MetricsRequest", METHODS.metrics],
} as const;

const healthy = async (backend: EmbeddedBackend) => (await backend.status()).stores[0]!.state === "ok";

test(`${ROUNDS} kills at random moments lose nothing that was acknowledged and double nothing`, async () => {
	const directory = mkdtempSync(join(tmpdir(), "trivet-crash-"));
	const backend = await openEmbedded({ dataDir: directory, otlpPort: 0, otlpGrpcPort: 0 });
	const client = grpcClient(backend.otlpGrpcPort!, {
		"grpc.initial_reconnect_backoff_ms": 20,
		"grpc.min_reconnect_backoff_ms": 20,
		"grpc.max_reconnect_backoff_ms": 100,
	});
	/** True when it was answered with OK. */
	const overHttp = (path: string, request: object) => post(backend.otlpPort, path, JSON.stringify(request));
	const overGrpc = async (path: string, request: object) => {
		const [message, method] = GRPC[path as keyof typeof GRPC];
		return (await grpcCall(client, method, encodeOtlp(message, request))).code === 0;
	};
	const acknowledged: Record<string, Set<number>> = {};
	let next = 1;
	let stop = false;
	const sender = async (path: string, send: typeof overHttp) => {
		acknowledged[path] ??= new Set();
		let answered = 0;
		while (!stop) {
			const numbers = Array.from({ length: 1 + Math.floor(Math.random() * 30) }, () => next++);
			if (await send(path, REQUESTS[path]!(numbers))) {
				answered++;
				for (const n of numbers) acknowledged[path]!.add(n);
			} else await new Promise((resolve) => setTimeout(resolve, 20));
		}
		return answered;
	};
	const senders = Object.keys(REQUESTS).flatMap((path) => [sender(path, overHttp), sender(path, overGrpc)]);
	try {
		for (let round = 0; round < ROUNDS; round++) {
			const before = acknowledged["/v1/traces"]!.size;
			await vi.waitFor(() => expect(acknowledged["/v1/traces"]!.size).toBeGreaterThan(before), {
				timeout: 30_000,
				interval: 5,
			});
			// Anywhere between the first request after the start and the middle of a load.
			await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
			const { pid } = backend;
			if (pid !== null) process.kill(pid, "SIGKILL");
			await vi.waitFor(async () => expect(backend.pid !== pid && (await healthy(backend))).toBe(true), {
				timeout: 30_000,
				interval: 20,
			});
		}
	} finally {
		stop = true;
		await Promise.all(senders);
		client.close();
		await backend.close();
	}
	for (const answered of await Promise.all(senders)) expect(answered).toBeGreaterThan(ROUNDS);

	const store = await Store.open({
		file: join(directory, "store.duckdb"),
		memoryMb: 256,
		threads: 2,
		readers: 1,
		retention: null,
	});
	const found: Record<string, string> = {
		"/v1/traces": `select span_id::bigint as n, count(*) as times from ${store.from("spans", null)} group by 1`,
		"/v1/logs": `select body::bigint as n, count(*) as times from ${store.from("logs", null)} group by 1`,
		"/v1/metrics": `select value::bigint as n, count(*) as times from ${store.from("points", null)} group by 1`,
	};
	for (const [path, sql] of Object.entries(found)) {
		const rows = await store.all<{ n: bigint; times: bigint }>(sql);
		const times = new Map(rows.map(({ n, times }) => [Number(n), Number(times)]));
		const lost = [...acknowledged[path]!].filter((n) => !times.has(n));
		const doubled = [...times].filter(([, count]) => count > 1);
		expect({ path, lost, doubled }).toEqual({ path, lost: [], doubled: [] });
		expect(acknowledged[path]!.size).toBeGreaterThan(ROUNDS);
	}
	const arrivals = await store.all<{ doubled: bigint }>(
		`select count(*) - count(distinct arrival) as doubled from ${store.from("spans", null)}`,
	);
	expect(arrivals).toEqual([{ doubled: 0n }]);
	await store.close();
	rmSync(directory, { recursive: true, force: true });
}, 300_000);
