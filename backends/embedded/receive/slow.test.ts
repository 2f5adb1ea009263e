/** Clients that take their time: connections are theirs for a while and no longer. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Journal } from "../journal/journal.ts";
import { grpcCall, grpcClient, METHODS } from "../testing-grpc-call.ts";
import { Budget } from "./budget.ts";
import { startGrpcReceiver } from "./grpc.ts";
import { type Receiver, startReceiver } from "./http.ts";
import { Pipeline } from "./pipeline.ts";
import { Quota } from "./quota.ts";

const budget = new Budget(10_000_000);
const pipeline = new Pipeline({ budget, quota: new Quota(1_000), load: async () => {} });
let directory: string;
let journal: Journal;
let http: Receiver;
let grpc: Receiver;

beforeAll(async () => {
	directory = mkdtempSync(join(tmpdir(), "trivet-slow-"));
	journal = (await Journal.open(directory, { file: 0n, position: 0n }, async () => {})).journal;
	pipeline.useJournal(journal);
	const options = {
		host: "127.0.0.1",
		port: 0,
		limits: { maxBytes: 1_000_000, maxInflatedBytes: 1_000_000 },
		maxConnections: 4,
		pipeline,
		budget,
		onForeign: () => {},
	};
	http = await startReceiver({
		...options,
		grpcPort: () => null,
		timeouts: { headersMs: 200, requestMs: 400, idleMs: 300 },
	});
	grpc = await startGrpcReceiver({
		...options,
		httpPort: http.port,
		timeouts: { prefaceMs: 200, messageMs: 300, idleMs: 500 },
	});
});
afterAll(async () => {
	await Promise.all([http.close(), grpc.close()]);
	await pipeline.close();
	await journal.close();
	rmSync(directory, { recursive: true, force: true });
});

/** All that a socket hears until it is closed, while it sends one more byte now and then. */
async function drip(port: number, first: string, more: string): Promise<string> {
	const socket = connect(port, "127.0.0.1");
	let heard = "";
	socket.on("error", () => {});
	socket.on("data", (chunk) => {
		heard += chunk.toString("latin1");
	});
	socket.write(first);
	const timer = setInterval(() => {
		if (!socket.destroyed && socket.writable && more !== "") socket.write(more);
	}, 20);
	await once(socket, "close");
	clearInterval(timer);
	return heard;
}

test.each([
	["headers that never end", "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\n", "x: y\r\n", /^HTTP\/1\.1 408 /],
	[
		"a body byte by byte",
		"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\ncontent-length: 90000\r\n\r\n",
		"x",
		/^HTTP\/1\.1 408 |^$/,
	],
] as const)("HTTP: %s is ended, and nothing of it is kept in memory", async (_, first, more, heard) => {
	expect(await drip(http.port, first, more)).toMatch(heard);
	await vi.waitFor(() => expect(budget.used).toBe(0));
});

test("HTTP: a connection is closed when it rests, and only then", async () => {
	const get = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
	const heard = await drip(http.port, get, "");
	expect(heard).toMatch(/^HTTP\/1\.1 200 /);
});

test.each([
	["says nothing", ""],
	["never finishes HTTP/2's preface", "PRI * HT"],
	["rests after the preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"],
])("gRPC: a connection that %s is closed", async (_, first) => {
	await drip(grpc.port, first, "");
});

test("gRPC: a message byte by byte is ended with the reason, and nothing of it is kept in memory", async () => {
	const session = connectHttp2(`http://127.0.0.1:${grpc.port}`);
	const stream = session.request({ ":method": "POST", ":path": METHODS.traces, "content-type": "application/grpc" });
	stream.on("error", () => {});
	const answered = once(stream, "response");
	stream.write(Buffer.from([0, 0, 0, 200, 0]));
	const timer = setInterval(() => {
		if (stream.writable) stream.write("x");
	}, 20);
	const [headers] = (await answered) as [Record<string, string>];
	clearInterval(timer);
	expect(headers["grpc-status"]).toBe("4");
	expect(decodeURIComponent(headers["grpc-message"]!)).toBe("the message was not whole after 0.3 s");
	session.destroy();
	await vi.waitFor(() => expect(budget.used).toBe(0));
});

test("as many silent connections as are allowed do not keep others out for longer than the timeouts", async () => {
	const silent: Socket[] = [];
	for (const { port } of [http, grpc]) {
		for (let i = 0; i < 8; i++) {
			const socket = connect(port, "127.0.0.1");
			socket.on("error", () => {});
			silent.push(socket);
		}
	}
	await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${http.port}/`)).status).toBe(200), 10_000);
	const client = grpcClient(grpc.port, { "grpc.max_reconnect_backoff_ms": 100 });
	await vi.waitFor(
		async () => expect((await grpcCall(client, METHODS.traces, new Uint8Array(0))).code).toBe(0),
		10_000,
	);
	client.close();
	for (const socket of silent) socket.destroy();
});
