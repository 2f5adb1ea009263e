import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from "node:http2";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Client, status } from "@grpc/grpc-js";
import { PbfReader } from "pbf";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Signal } from "../../core/model.ts";
import type { Call } from "../../core/ports.ts";
import { type EmbeddedBackend, openEmbedded } from "./backend.ts";
import { encodeOtlp } from "./receive/otlp-encoder.ts";
import { grpcClient, METHODS, grpcCall as send } from "./testing-grpc-call.ts";

const call: Call = { tenant: "default", deadlineMs: 10_000, limit: 10_000, excludeEnvironments: [] };
const MIB = 1024 * 1024;
const PACKAGE = "/opentelemetry.proto.collector";
const TRACES = METHODS.traces;
const resource = { attributes: [{ key: "service.name", value: { stringValue: "grpc" } }] };

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
const traces = (spans: object[]) =>
	encodeOtlp("TracesRequest", { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
const stored = async (backend: EmbeddedBackend, signal: Signal) => (await backend.status()).ingest![signal].stored;

/** What a partial success says. */
function partialSuccess(answer: Buffer): { rejected: number; message: string } | null {
	let found: { rejected: number; message: string } | null = null;
	new PbfReader(answer).readFields((tag, _, pbf) => {
		if (tag !== 1) return;
		found = pbf.readMessage(
			(tag, result, pbf) => {
				if (tag === 1) result.rejected = pbf.readVarint();
				if (tag === 2) result.message = pbf.readString();
			},
			{ rejected: 0, message: "" },
		);
	}, null);
	return found;
}

describe("the gRPC receiver", () => {
	let directory: string;
	let backend: EmbeddedBackend;
	let client: Client;
	beforeAll(async () => {
		directory = mkdtempSync(join(tmpdir(), "trivet-grpc-"));
		backend = await openEmbedded({ dataDir: directory, otlpPort: 0, otlpGrpcPort: 0 });
		client = grpcClient(backend.otlpGrpcPort!);
	});
	afterAll(async () => {
		client.close();
		await backend.close();
		rmSync(directory, { recursive: true, force: true });
	});

	test.each([["plain"], ["gzip"]] as const)("takes spans, %s", async (how) => {
		const gzip = how === "gzip" ? ({ "grpc.default_compression_algorithm": 2 } as const) : {};
		const own = grpcClient(backend.otlpGrpcPort!, gzip);
		const one = span({ attributes: [{ key: "how", value: { stringValue: how.repeat(1_000) } }] });
		const reply = await send(own, TRACES, traces([one]));
		own.close();
		expect(reply).toMatchObject({ code: status.OK, body: Buffer.alloc(0) });
		await vi.waitFor(async () => {
			const { data } = await backend.traces.trace(one.traceId, call);
			expect(data.map(({ spanId, attributes }) => [spanId, attributes])).toEqual([
				[one.spanId, { how: how.repeat(1_000) }],
			]);
		}, 5_000);
	});

	test.each([
		[
			"logs",
			"LogsRequest",
			{
				resourceLogs: [{ resource, scopeLogs: [{ logRecords: [{ timeUnixNano: "1", body: { stringValue: "a" } }] }] }],
			},
		],
		[
			"metrics",
			"MetricsRequest",
			{
				resourceMetrics: [
					{
						resource,
						scopeMetrics: [{ metrics: [{ name: "m", gauge: { dataPoints: [{ timeUnixNano: "1", asInt: "1" }] } }] }],
					},
				],
			},
		],
	] as const)("takes %s", async (signal, message, request) => {
		const before = await stored(backend, signal);
		const reply = await send(client, METHODS[signal], encodeOtlp(message, request));
		expect(reply.code).toBe(status.OK);
		await vi.waitFor(async () => expect(await stored(backend, signal)).toBe(before + 1), 5_000);
	});

	test("an empty request is a request", async () => {
		expect((await send(client, TRACES, new Uint8Array(0))).code).toBe(status.OK);
	});

	test("keeps the good spans beside bad ones, counts those and names the first", async () => {
		const before = (await backend.status()).ingest!.traces;
		const reply = await send(client, TRACES, traces([span(), span({ spanId: "" })]));
		const after = (await backend.status()).ingest!.traces;
		expect(reply.code).toBe(status.OK);
		expect(partialSuccess(reply.body)).toEqual({ rejected: 1, message: expect.stringMatching(/span/) });
		expect([after.accepted - before.accepted, after.rejected - before.rejected]).toEqual([1, 1]);
	});

	test("garbage is the sender's fault, with the reason, and not to be sent again", async () => {
		const reply = await send(client, TRACES, Buffer.from("no protobuf, ünicode or not"));
		expect(reply).toMatchObject({ code: status.INVALID_ARGUMENT, retryInfo: false });
		expect(reply.details).toMatch(/protobuf|byte|field|wire/i);
	});

	test.each([
		[
			`${PACKAGE}.profiles.v1development.ProfilesService/Export`,
			/no method .*ProfilesService\/Export here; profiles are not taken/,
		],
		["/jaeger.api_v2.CollectorService/PostSpans", /no method \/jaeger.*OTLP is spoken/],
		[`${PACKAGE}.trace.v1.TraceService/Import`, /no method .*Import/],
	])("%s is not implemented, and what is, is said", async (path, sentence) => {
		const reply = await send(client, path, traces([span()]));
		expect(reply.code).toBe(status.UNIMPLEMENTED);
		expect(reply.details).toMatch(sentence);
	});

	test("a message over the limit is refused by its announced length, and the connection lives on", async () => {
		const reply = await send(client, TRACES, Buffer.alloc(17 * MIB));
		expect(reply).toMatchObject({ code: status.RESOURCE_EXHAUSTED, retryInfo: false });
		expect(reply.details).toMatch(/17825792 bytes, 16777216 are allowed/);
		expect((await send(client, TRACES, traces([span()]))).code).toBe(status.OK);
	});

	test("refused calls leave no stream open, however many there are on one connection", async () => {
		const tooLarge = Buffer.alloc(17 * MIB);
		// More than may be open at once.
		for (let i = 0; i < 70; i++) {
			const { code } = await send(client, TRACES, tooLarge);
			expect(code).not.toBe(status.OK);
		}
		expect((await send(client, TRACES, traces([span()]))).code).toBe(status.OK);
	});

	test("says who goes where: HTTP/1 spoken to the gRPC port, and gRPC spoken to the HTTP port", async () => {
		const http = await fetch(`http://127.0.0.1:${backend.otlpGrpcPort}/v1/traces`, { method: "POST", body: "{}" });
		expect(http.status).toBe(400);
		expect(await http.text()).toContain(`goes to port ${backend.otlpPort}`);

		const mistaken = connectHttp2(`http://127.0.0.1:${backend.otlpPort}`);
		mistaken.on("error", () => {});
		const [code, , text] = (await once(mistaken, "goaway")) as [number, number, Buffer];
		expect([code, text.toString()]).toEqual([13, expect.stringContaining(`gRPC goes to port ${backend.otlpGrpcPort}`)]);
		mistaken.destroy();
	});

	describe("on a connection of its own", () => {
		let session: ClientHttp2Session;
		beforeAll(() => {
			session = connectHttp2(`http://127.0.0.1:${backend.otlpGrpcPort}`);
		});
		afterAll(() => session.destroy());
		const open = (headers: Record<string, string> = {}): ClientHttp2Stream => {
			const stream = session.request({
				":method": "POST",
				":path": TRACES,
				"content-type": "application/grpc",
				te: "trailers",
				...headers,
			});
			stream.on("error", () => {});
			return stream;
		};
		const frame = (body: Uint8Array, { flag = 0, length = body.length } = {}): Buffer => {
			const head = Buffer.alloc(5);
			head[0] = flag;
			head.writeUInt32BE(length, 1);
			return Buffer.concat([head, body]);
		};
		const good = traces([span()]);
		/** Status and message, whether in headers or in trailers. */
		const replyTo = async (stream: ClientHttp2Stream): Promise<{ http: number; code: number; message: string }> => {
			let http = 0;
			let found = { code: -1, message: "" };
			const take = (headers: Record<string, unknown>) => {
				if (headers[":status"] !== undefined) http = Number(headers[":status"]);
				if (headers["grpc-status"] !== undefined)
					found = {
						code: Number(headers["grpc-status"]),
						message: decodeURIComponent(String(headers["grpc-message"] ?? "")),
					};
			};
			stream.on("response", take);
			stream.on("trailers", take);
			let text = "";
			stream.on("data", (chunk: Buffer) => {
				text += chunk.toString("latin1");
			});
			await once(stream, "close");
			return { http, code: found.code, message: found.message || text };
		};

		test.each([
			["a message cut into single bytes", {}, frame(good), status.OK, /^/],
			["gzip by the book", { "grpc-encoding": "gzip" }, frame(gzipSync(good), { flag: 1 }), status.OK, /^/],
			["an encoding announced and not used", { "grpc-encoding": "gzip" }, frame(good), status.OK, /^/],
			["no message at all", {}, Buffer.alloc(0), status.INTERNAL, /one message.*0 bytes/],
			["a message that ends early", {}, frame(good, { length: good.length + 1 }), status.INTERNAL, /ends after/],
			["more than one message", {}, Buffer.concat([frame(good), frame(good)]), status.RESOURCE_EXHAUSTED, /larger/],
			["a flag that is none", {}, frame(good, { flag: 7 }), status.INTERNAL, /flag is 7/],
			["compressed with nothing", {}, frame(good, { flag: 1 }), status.INTERNAL, /grpc-encoding/],
			[
				"broken gzip",
				{ "grpc-encoding": "gzip" },
				frame(good, { flag: 1 }),
				status.INVALID_ARGUMENT,
				/gzip body is broken/,
			],
			["another encoding", { "grpc-encoding": "snappy" }, frame(good, { flag: 1 }), status.UNIMPLEMENTED, /"snappy"/],
			[
				"a bomb",
				{ "grpc-encoding": "gzip" },
				frame(gzipSync(Buffer.alloc(100 * MIB)), { flag: 1 }),
				status.RESOURCE_EXHAUSTED,
				/inflated/,
			],
		] as const)("%s", async (name, headers, bytes, code, message) => {
			const stream = open(headers);
			const replied = replyTo(stream);
			if (name.includes("single bytes")) for (const byte of bytes) stream.write(Buffer.of(byte));
			else stream.write(bytes);
			stream.end();
			expect(await replied).toEqual({ http: 200, code, message: expect.stringMatching(message) });
		});

		test("OTLP/HTTP over HTTP/2 is told where to go", async () => {
			const stream = open({ ":path": "/v1/traces", "content-type": "application/x-protobuf" });
			const replied = replyTo(stream);
			stream.end(good);
			expect(await replied).toMatchObject({ http: 415, message: expect.stringContaining(`port ${backend.otlpPort}`) });
		});

		test("a client that goes away in the middle leaves nothing behind", async () => {
			const stream = open();
			stream.write(frame(Buffer.alloc(MIB), { length: 2 * MIB }));
			const inFlight = async () => (await backend.status()).facts.find(({ name }) => name === "in flight")!.value;
			await vi.waitFor(async () => expect(await inFlight()).toBeGreaterThan(0), 5_000);
			stream.close(8);
			await vi.waitFor(async () => expect(await inFlight()).toBe(0), 5_000);
		});
	});

	test.each([
		["random bytes", Buffer.from([1, 2, 3, 4, 5, 0xff])],
		["a TLS handshake", Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])],
		[
			"the preface and then rubbish",
			Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.alloc(64, 0xee)]),
		],
	])("%s are cut off, and the next client is served", async (_, bytes) => {
		const socket = connect(backend.otlpGrpcPort!, "127.0.0.1");
		socket.on("error", () => {});
		socket.resume();
		socket.write(bytes);
		await once(socket, "close");
		expect((await send(client, TRACES, traces([span()]))).code).toBe(status.OK);
	});
});

describe("a backend with a gRPC port", () => {
	const withDirectory = async (run: (directory: string) => Promise<void>) => {
		const directory = mkdtempSync(join(tmpdir(), "trivet-grpc-"));
		try {
			await run(directory);
		} finally {
			rmSync(directory, { recursive: true, force: true });
		}
	};

	test("in use, says so in one sentence that names the option", () =>
		withDirectory(async (directory) => {
			const server = createServer();
			await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
			const { port } = server.address() as { port: number };
			await expect(openEmbedded({ dataDir: directory, otlpPort: 0, otlpGrpcPort: port })).rejects.toThrow(
				new RegExp(`^port ${port} is in use: .*--otlp-grpc-port`),
			);
			server.close();
		}));

	test("comes back on the same port after its process died", () =>
		withDirectory(async (directory) => {
			const backend = await openEmbedded({ dataDir: directory, otlpPort: 0, otlpGrpcPort: 0 });
			const { otlpGrpcPort, pid } = backend;
			process.kill(pid!, "SIGKILL");
			await vi.waitFor(async () => {
				expect(backend.pid).not.toBe(pid);
				expect((await backend.status()).stores[0]!.state).toBe("ok");
			}, 15_000);
			const client = grpcClient(otlpGrpcPort!);
			expect((await send(client, TRACES, traces([span()]))).code).toBe(status.OK);
			client.close();
			await backend.close();
		}));

	test("asks for patience when it cannot take more, says for how long, and stores all it accepted", () =>
		withDirectory(async (directory) => {
			const limits = { maxBytesInFlight: 2 * MIB };
			const backend = await openEmbedded({ dataDir: directory, otlpPort: 0, otlpGrpcPort: 0, limits });
			const client = grpcClient(backend.otlpGrpcPort!);
			const attributes = [{ key: "k", value: { stringValue: "v".repeat(300) } }];
			const body = traces(Array.from({ length: 2_000 }, () => span({ attributes })));
			const replies = await Promise.all(Array.from({ length: 40 }, () => send(client, TRACES, body)));
			const refused = replies.filter(({ code }) => code !== status.OK);
			expect(refused.length).toBeGreaterThan(0);
			expect(refused.length).toBeLessThan(replies.length);
			for (const reply of refused) {
				expect(reply).toMatchObject({
					code: status.UNAVAILABLE,
					details: expect.stringMatching(/too much/),
					retryInfo: true,
				});
			}
			const accepted = (replies.length - refused.length) * 2_000;
			await vi.waitFor(async () => expect(await stored(backend, "traces")).toBe(accepted), 20_000);
			client.close();
			await backend.close();
		}));

	test("answers what is under way when it closes, and closes although clients stay connected", () =>
		withDirectory(async (directory) => {
			const backend = await openEmbedded({ dataDir: directory, otlpPort: 0, otlpGrpcPort: 0 });
			const client = grpcClient(backend.otlpGrpcPort!);
			expect((await send(client, TRACES, traces([span()]))).code).toBe(status.OK);
			const sent = Array.from({ length: 20 }, () => send(client, TRACES, traces([span()])));
			const [, ...replies] = await Promise.all([backend.close(), ...sent]);
			const accepted = replies.filter(({ code }) => code === status.OK).length;
			expect(replies.every(({ code }) => code === status.OK || code === status.UNAVAILABLE)).toBe(true);
			client.close();
			const again = await openEmbedded({ dataDir: directory, otlpPort: 0 });
			expect(await stored(again, "traces")).toBe(accepted + 1);
			await again.close();
		}));
});
