import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Call } from "../../core/ports.ts";
import { type EmbeddedBackend, openEmbedded } from "./backend.ts";
import { builtFile } from "./built-file.ts";
import { encodeOtlp } from "./receive/otlp-encoder.ts";

const call: Call = { tenant: "default", deadlineMs: 10_000, limit: 10_000, excludeEnvironments: [] };
const MIB = 1024 * 1024;
const PROTOBUF = "application/x-protobuf";

let directory: string;
const temporary = () => mkdtempSync(join(tmpdir(), "trivet-embedded-"));
const remove = (path: string) => rmSync(path, { recursive: true, force: true });

interface Reply {
	status: number;
	headers: IncomingHttpHeaders;
	body: Buffer;
}

function send(
	port: number,
	options: { method?: string; path?: string; headers?: Record<string, string>; body?: Uint8Array | string },
): Promise<Reply> {
	return new Promise((resolve, reject) => {
		const { method = "POST", path = "/v1/traces", headers = {}, body = "" } = options;
		const sent = httpRequest(
			{ host: "127.0.0.1", port, method, path, headers: { "content-type": PROTOBUF, ...headers } },
			(response) => {
				const chunks: Buffer[] = [];
				response.on("data", (chunk: Buffer) => chunks.push(chunk));
				response.on("end", () =>
					resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
				);
			},
		);
		// A refused upload may be cut off after the answer came.
		sent.on("error", reject);
		sent.end(body);
	});
}

let nextId = 1;
const span = (more: object = {}) => ({
	traceId: (nextId++).toString(16).padStart(32, "0"),
	spanId: (nextId++).toString(16).padStart(16, "0"),
	name: "GET /x",
	kind: 2,
	startTimeUnixNano: `${Date.now()}000000`,
	endTimeUnixNano: `${Date.now() + 5}000000`,
	...more,
});
const traces = (spans: object[], service = "cart", environment = "test") => ({
	resourceSpans: [
		{
			resource: {
				attributes: [
					{ key: "service.name", value: { stringValue: service } },
					{ key: "deployment.environment.name", value: { stringValue: environment } },
				],
			},
			scopeSpans: [{ spans }],
		},
	],
});
const protobuf = (message: object) => encodeOtlp("TracesRequest", message);
const stored = async (backend: EmbeddedBackend) => (await backend.status()).ingest!.traces.stored;

describe("the receiver", () => {
	let backend: EmbeddedBackend;
	beforeAll(async () => {
		directory = temporary();
		backend = await openEmbedded({ dataDir: directory, otlpPort: 0 });
	});
	afterAll(async () => {
		await backend.close();
		remove(directory);
	});
	const post = (options: Parameters<typeof send>[1]) => send(backend.otlpPort, options);

	test.each([
		["protobuf", PROTOBUF, (body: object) => protobuf(body)],
		["JSON", "application/json; charset=utf-8", (body: object) => JSON.stringify(body)],
	] as const)("takes %s and answers in kind", async (_, type, encode) => {
		const one = span();
		const reply = await post({ headers: { "content-type": type }, body: encode(traces([one])) });
		expect([reply.status, reply.headers["content-type"]]).toEqual([200, type.split(";")[0]]);
		expect(reply.body.toString()).toBe(type === PROTOBUF ? "" : "{}");
		await vi.waitFor(async () => {
			const { data } = await backend.traces.skeleton(one.traceId, call);
			expect(data.map(({ spanId, service }) => [spanId, service])).toEqual([[one.spanId, "cart"]]);
		}, 5_000);
	});

	test("takes gzip and deflate", async () => {
		const body = gzipSync(protobuf(traces([span()])));
		expect((await post({ headers: { "content-encoding": "gzip" }, body })).status).toBe(200);
		const deflated = deflateSync(protobuf(traces([span()])));
		expect((await post({ headers: { "content-encoding": "deflate" }, body: deflated })).status).toBe(200);
	});

	test("keeps the good spans beside bad ones, counts those and names the first", async () => {
		const good = span();
		const bad = [
			span({ traceId: "00000000000000000000000000000000" }),
			span({ endTimeUnixNano: "1" }),
			span({ spanId: "" }),
		];
		const reply = await post({
			headers: { "content-type": "application/json" },
			body: JSON.stringify(traces([good, ...bad])),
		});
		expect(reply.status).toBe(200);
		expect(JSON.parse(reply.body.toString())).toEqual({
			partialSuccess: { rejectedSpans: "3", errorMessage: expect.stringMatching(/spans\[1\]: traceId/) },
		});
		const same = await post({ body: protobuf(traces([span(), ...bad])) });
		expect(same.body[0]).toBe(0x0a);
		expect(same.body.toString()).toMatch(/spans\[1\]: traceId is all zeros/);
	});

	test.each([
		["broken protobuf", 400, { body: Uint8Array.from([0x0a, 0x7f, 1, 2]) }, /at byte 1/],
		[
			"broken JSON",
			400,
			{ headers: { "content-type": "application/json" }, body: '{"resourceSpans": [}' },
			/position 19/,
		],
		[
			"JSON of another kind",
			400,
			{ headers: { "content-type": "application/json" }, body: '{"resourceSpans": 7}' },
			/resourceSpans is 7, not a list/,
		],
		["broken gzip", 400, { headers: { "content-encoding": "gzip" }, body: "not gzip" }, /gzip body is broken/],
		["another content type", 415, { headers: { "content-type": "text/plain" }, body: "x" }, /text\/plain/],
		["another encoding", 415, { headers: { "content-encoding": "br" }, body: "x" }, /"br"/],
		["another path", 404, { path: "/v1/spans", body: "x" }, /\/v1\/traces/],
		["another method", 405, { method: "PUT", body: "x" }, /POST only/],
		["a foreign Host", 403, { headers: { host: "evil.example:4318" }, body: "" }, /Host "evil\.example:4318"/],
		["a Host that only begins like ours", 403, { headers: { host: "localhost.evil.example" }, body: "" }, /Host/],
		[
			"a foreign Origin",
			403,
			{ headers: { origin: "https://evil.example" }, body: "" },
			/Origin "https:\/\/evil\.example"/,
		],
		["an opaque Origin", 403, { headers: { origin: "null" }, body: "" }, /Origin "null"/],
	] as const)("refuses %s with %i and says why", async (_, status, options, message) => {
		const reply = await post(options);
		expect(reply.status).toBe(status);
		expect(reply.body.toString()).toMatch(message);
	});

	test("lets a local page send, preflight included", async () => {
		const origin = "http://localhost:5173";
		const preflight = await post({ method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
		expect([preflight.status, preflight.headers["access-control-allow-origin"]]).toEqual([204, origin]);
		expect((await post({ headers: { origin }, body: protobuf(traces([span()])) })).status).toBe(200);
	});

	test("says what it is to a browser", async () => {
		const reply = await post({ method: "GET", path: "/", headers: {} });
		expect(reply.status).toBe(200);
		expect(reply.body.toString()).toMatch(/OTEL_EXPORTER_OTLP_ENDPOINT/);
	});

	test("refuses a body that says it is too large before it is sent", async () => {
		const status = await new Promise<string>((resolve, reject) => {
			const socket = connect(backend.otlpPort, "127.0.0.1");
			let answer = "";
			socket.on("data", (chunk) => {
				answer += chunk.toString("latin1");
			});
			socket.on("close", () => resolve(answer));
			socket.on("error", reject);
			socket.write(
				`POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${PROTOBUF}\r\ncontent-length: 99999999\r\n\r\n`,
			);
		});
		expect(status).toMatch(/^HTTP\/1\.1 413 /);
		expect(status).toMatch(/99999999 bytes/);
	});

	test("refuses a gzip bomb while it inflates, and lives", async () => {
		const bomb = gzipSync(Buffer.alloc(200 * MIB));
		const reply = await post({ headers: { "content-encoding": "gzip" }, body: bomb });
		expect(reply.status).toBe(413);
		expect((await post({ body: protobuf(traces([span()])) })).status).toBe(200);
	});

	test("an empty request is a request", async () => {
		expect((await post({ body: "" })).status).toBe(200);
	});

	test("counts what it accepted and rejected", async () => {
		const before = (await backend.status()).ingest!.traces;
		await post({ body: protobuf(traces([span(), span(), span({ spanId: "" })])) });
		const after = (await backend.status()).ingest!.traces;
		expect([after.accepted - before.accepted, after.rejected - before.rejected]).toEqual([2, 1]);
	});

	test("script tags stay text", async () => {
		const evil = "<script>alert(1)</script>";
		const one = span({ name: evil, attributes: [{ key: evil, value: { stringValue: evil } }] });
		await post({ body: protobuf(traces([one])) });
		await vi.waitFor(async () => {
			const { data } = await backend.traces.trace(one.traceId, call);
			expect(data.map((s) => [s.name, s.attributes])).toEqual([[evil, { [evil]: evil }]]);
		}, 5_000);
	});
});

describe("the backend", () => {
	beforeEach(() => {
		directory = temporary();
	});
	afterEach(() => remove(directory));

	test("keeps its data and its counters over a restart, and leaves no journal and no lock behind", async () => {
		const one = span();
		const first = await openEmbedded({ dataDir: directory, otlpPort: 0 });
		await first.ingest("traces", JSON.stringify(traces([one])), { keep: false });
		await first.close();
		expect(readdirSync(directory)).toEqual(["journal", "store.duckdb"]);
		expect(readdirSync(join(directory, "journal"))).toEqual([]);
		const second = await openEmbedded({ dataDir: directory, otlpPort: 0 });
		expect((await second.traces.skeleton(one.traceId, call)).data).toHaveLength(1);
		expect(await stored(second)).toBe(1);
		await second.close();
	});

	test("a second one on the same directory is told who has it; a dead one's lock is taken over", async () => {
		const first = await openEmbedded({ dataDir: directory, otlpPort: 0 });
		await expect(openEmbedded({ dataDir: directory, otlpPort: 0 })).rejects.toThrow(
			`is in use by process ${first.pid}`,
		);
		await first.close();
		writeFileSync(join(directory, "lock"), "999999 1\n");
		const second = await openEmbedded({ dataDir: directory, otlpPort: 0 });
		await second.close();
	});

	test("a port in use is one sentence", async () => {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as { port: number };
		await expect(openEmbedded({ dataDir: directory, otlpPort: port })).rejects.toThrow(`port ${port} is in use`);
		server.close();
		const free = await openEmbedded({ dataDir: directory, otlpPort: 0 });
		await free.close();
	});

	test("starts again when its process dies, on the same port, and says so meanwhile", async () => {
		const backend = await openEmbedded({ dataDir: directory, otlpPort: 0 });
		const { otlpPort, pid } = backend;
		await backend.ingest("traces", JSON.stringify(traces([span()])), { keep: false });
		process.kill(pid!, "SIGKILL");
		await vi.waitFor(async () => expect((await backend.status()).stores[0]!.state).toBe("down"), 5_000);
		await vi.waitFor(async () => expect((await backend.status()).stores[0]!.state).toBe("ok"), 15_000);
		expect(backend.otlpPort).toBe(otlpPort);
		await vi.waitFor(async () => expect(await stored(backend)).toBe(1), 5_000);
		await backend.close();
	});

	test("its process ends by itself, cleanly, when the one that started it is killed", async () => {
		const module = builtFile(import.meta.url, "./backend.js").href;
		const code = `const { openEmbedded } = await import(${JSON.stringify(module)});
			const backend = await openEmbedded({ dataDir: ${JSON.stringify(directory)}, otlpPort: 0 });
			console.log(backend.pid);`;
		const parent = spawn(process.execPath, ["--input-type=module", "-e", code], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		const pid = Number(await new Promise((resolve) => parent.stdout.once("data", (chunk) => resolve(String(chunk)))));
		expect(pid).toBeGreaterThan(0);
		parent.kill("SIGKILL");
		await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), 15_000);
		expect(readdirSync(directory)).toEqual(["journal", "store.duckdb"]);
	});

	test("errors keep their class: input, deadline, abort", async () => {
		const backend = await openEmbedded({ dataDir: directory, otlpPort: 0 });
		await expect(backend.ingest("traces", "{", { keep: false })).rejects.toMatchObject({ name: "InvalidInput" });
		const aborted = new AbortController();
		const asked = backend.traces.services({ fromUnixNano: 0n, toUnixNano: 1n }, { ...call, signal: aborted.signal });
		aborted.abort(new Error("gone"));
		await expect(asked).rejects.toThrow("gone");
		await backend.close();
		await expect(backend.traces.skeleton("1".padStart(32, "0"), call)).rejects.toMatchObject({ name: "Unavailable" });
	});

	test("erases one environment and nothing else", async () => {
		const backend = await openEmbedded({ dataDir: directory, otlpPort: 0 });
		const mine = span();
		const demo = span();
		await backend.ingest("traces", JSON.stringify(traces([mine], "cart", "prod")), { keep: false });
		await backend.ingest("traces", JSON.stringify(traces([demo], "cart", "trivet-demo")), { keep: true });
		await vi.waitFor(async () => expect(await stored(backend)).toBe(2), 5_000);
		expect(await backend.erase("trivet-demo")).toEqual({ spans: 1, logs: 0, points: 0 });
		expect((await backend.traces.skeleton(demo.traceId, call)).data).toEqual([]);
		expect((await backend.traces.skeleton(mine.traceId, call)).data).toHaveLength(1);
		await backend.close();
	});

	test("more than it can take is answered 503 with Retry-After, and memory stays bounded", async () => {
		const backend = await openEmbedded({ dataDir: directory, otlpPort: 0, limits: { maxBytesInFlight: 2 * MIB } });
		const body = protobuf(
			traces(
				Array.from({ length: 2_000 }, () =>
					span({ attributes: [{ key: "k", value: { stringValue: "v".repeat(300) } }] }),
				),
			),
		);
		const replies = await Promise.all(Array.from({ length: 40 }, () => send(backend.otlpPort, { body })));
		const refused = replies.filter(({ status }) => status === 503);
		expect(replies.length - refused.length).toBeGreaterThan(0);
		expect(refused.length).toBeGreaterThan(0);
		for (const { headers, body: text } of refused) {
			expect(Number(headers["retry-after"])).toBeGreaterThan(0);
			expect(text.toString()).toMatch(/too much/);
		}
		const accepted = (replies.length - refused.length) * 2_000;
		await vi.waitFor(async () => expect(await stored(backend)).toBe(accepted), 20_000);
		const { facts } = await backend.status();
		expect(facts.find(({ name }) => name === "in flight")!.value).toBe(0);
		await backend.close();
	});
});
