/**
 * OTLP over gRPC: the Export calls of the trace, logs and metrics service. On Node's own HTTP/2 rather than a gRPC library, because a
 * library holds whole messages before anything here could count them against the memory budget.
 */
import {
	constants,
	createServer as createHttp2Server,
	type IncomingHttpHeaders,
	type ServerHttp2Session,
	type ServerHttp2Stream,
} from "node:http2";
import { createServer, type Socket } from "node:net";
import type { Signal } from "../../../core/model.ts";
import { InvalidInput, Overloaded } from "../../../core/ports.ts";
import { BodyError, type BodyLimits } from "./body.ts";
import type { Budget } from "./budget.ts";
import { firstSpoken, type Spoken } from "./first-bytes.ts";
import {
	answer,
	DEADLINE_EXCEEDED,
	ENCODINGS,
	type Encoding,
	GrpcError,
	INTERNAL,
	INVALID_ARGUMENT,
	RESOURCE_EXHAUSTED,
	readMessage,
	refuse,
	UNAVAILABLE,
	UNIMPLEMENTED,
} from "./grpc-wire.ts";
import type { Receiver } from "./http.ts";
import { listen } from "./listen.ts";
import { type Pipeline, QuotaExceeded } from "./pipeline.ts";
import { exportResponse } from "./response.ts";

const SERVICE = /^\/opentelemetry\.proto\.collector\.(trace|logs|metrics)\.v1\.(?:Trace|Logs|Metrics)Service\/Export$/;
const SIGNALS: Record<string, Signal> = { trace: "traces", logs: "logs", metrics: "metrics" };

export interface GrpcReceiverOptions {
	host: string;
	/** 0: any free port. */
	port: number;
	/** Where OTLP/HTTP is received, for those who send it here. */
	httpPort: number;
	limits: BodyLimits;
	maxConnections: number;
	pipeline: Pipeline;
	budget: Budget;
	timeouts?: Partial<GrpcTimeouts>;
	/** Told once for each protocol that is not spoken here. */
	onForeign(sentence: string): void;
}

export interface GrpcTimeouts {
	/** Until a connection has said what it speaks. */
	prefaceMs: number;
	/** From a call's headers to the end of its message. */
	messageMs: number;
	/** Of a connection without calls. */
	idleMs: number;
}

const TIMEOUTS: GrpcTimeouts = { prefaceMs: 10_000, messageMs: 30_000, idleMs: 300_000 };
const MAX_STREAMS = 64;
const WINDOW_BYTES = 1024 * 1024;

/** Rejects with a sentence when the port is in use. */
export async function startGrpcReceiver(options: GrpcReceiverOptions): Promise<Receiver> {
	const timeouts = { ...TIMEOUTS, ...options.timeouts };
	const sessions = new Set<ServerHttp2Session>();
	const sockets = new Set<Socket>();
	/** Those that have not spoken yet. */
	const silent = new Set<Socket>();
	const http2 = createHttp2Server({
		settings: {
			maxConcurrentStreams: MAX_STREAMS,
			maxHeaderListSize: 16 * 1024,
			initialWindowSize: WINDOW_BYTES,
			// Sixteen times the default: a batch in few frames.
			maxFrameSize: 256 * 1024,
			enablePush: false,
		},
	});
	http2.on("session", (session) => {
		sessions.add(session);
		session.setLocalWindowSize(WINDOW_BYTES);
		session.setTimeout(timeouts.idleMs, () => {
			session.close();
			// A call still open after that long belongs to a client that is gone.
			setTimeout(() => session.destroy(), 1_000).unref();
		});
		// A broken connection is its client's affair: the calls on it end with it.
		session.on("error", () => {});
		session.once("close", () => sessions.delete(session));
	});
	http2.on("stream", (stream, headers) => void handle(options, timeouts.messageMs, stream, headers));

	const foreign = new Set<Spoken>();
	const server = createServer({ noDelay: true }, (socket) => {
		sockets.add(socket);
		socket.on("error", () => {});
		socket.once("close", () => sockets.delete(socket));
		silent.add(socket);
		void firstSpoken(socket, timeouts.prefaceMs).then((spoken) => {
			silent.delete(socket);
			if (spoken === "http/2" && server.listening) return void http2.emit("connection", socket);
			const sentence = spoken === null ? null : misunderstanding(spoken, options.httpPort);
			if (spoken !== null && sentence !== null && !foreign.has(spoken)) {
				foreign.add(spoken);
				options.onForeign(sentence);
			}
			if (spoken === "http/1" && sentence !== null) return answerHttp1(socket, sentence);
			socket.destroy();
		});
	});
	server.maxConnections = options.maxConnections;
	const port = await listen(server, { host: options.host, port: options.port, flag: "--otlp-grpc-port" });
	return {
		port,
		close: () =>
			new Promise((resolve) => {
				const cut = setTimeout(() => {
					for (const socket of sockets) socket.destroy();
				}, 3_000);
				server.close(() => {
					clearTimeout(cut);
					resolve();
				});
				for (const socket of silent) socket.destroy();
				// Tells the client to go elsewhere and ends when its calls have been answered.
				for (const session of sessions) session.close();
			}),
	};
}

async function handle(
	options: GrpcReceiverOptions,
	messageMs: number,
	stream: ServerHttp2Stream,
	headers: IncomingHttpHeaders,
): Promise<void> {
	// A client that goes away needs no answer; what it had sent whole is kept.
	stream.on("error", () => {});
	if (!/^application\/grpc(\+proto)?\s*(;|$)/.test(headers["content-type"] ?? "")) {
		return refuseNonGrpc(stream, options.httpPort);
	}
	const slow = setTimeout(
		() => refuse(stream, new GrpcError(DEADLINE_EXCEEDED, `the message was not whole after ${messageMs / 1000} s`)),
		messageMs,
	);
	try {
		const signal = signalOf(headers[":path"] as string);
		const body = await readMessage(stream, encodingOf(headers), options.limits, options.budget);
		clearTimeout(slow);
		const result = await options.pipeline.take(
			{ signal, type: "protobuf", body, receivedMs: Date.now(), keep: false, deny: [] },
			body.length,
		);
		answer(stream, exportResponse(signal, "protobuf", result));
	} catch (error) {
		refuse(stream, asGrpcError(error));
	} finally {
		clearTimeout(slow);
	}
}

function signalOf(path: string): Signal {
	const service = SERVICE.exec(path)?.[1];
	if (service !== undefined) return SIGNALS[service]!;
	const hint = path.includes("profiles") ? "profiles are not taken: switch them off in the exporter" : "OTLP is spoken";
	throw new GrpcError(
		UNIMPLEMENTED,
		`there is no method ${path.slice(0, 120)} here; ${hint}, with the Export methods of opentelemetry.proto.collector's TraceService, LogsService and MetricsService`,
	);
}

function encodingOf(headers: IncomingHttpHeaders): Encoding {
	const encoding = String(headers["grpc-encoding"] ?? "identity").trim();
	const known = ENCODINGS.find((name) => name === encoding);
	if (known !== undefined) return known;
	throw new GrpcError(UNIMPLEMENTED, `grpc-encoding "${encoding.slice(0, 40)}" is not gzip, deflate or identity`);
}

/** Which codes a sender may try again with: https://opentelemetry.io/docs/specs/otlp/#failures */
function asGrpcError(error: unknown): GrpcError {
	if (error instanceof GrpcError) return error;
	if (error instanceof InvalidInput) return new GrpcError(INVALID_ARGUMENT, error.message);
	if (error instanceof QuotaExceeded) return new GrpcError(RESOURCE_EXHAUSTED, error.message, error.retryAfterS);
	if (error instanceof Overloaded) return new GrpcError(UNAVAILABLE, error.message, error.retryAfterS);
	if (error instanceof BodyError) {
		if (error.failure === "no room") return new GrpcError(UNAVAILABLE, error.message, 1);
		const tooLarge = error.failure === "too large";
		return new GrpcError(tooLarge ? RESOURCE_EXHAUSTED : INVALID_ARGUMENT, error.message);
	}
	return new GrpcError(INTERNAL, error instanceof Error ? error.message : String(error));
}

function refuseNonGrpc(stream: ServerHttp2Stream, httpPort: number): void {
	stream.respond({ ":status": 415, "content-type": "text/plain; charset=utf-8" });
	stream.end(`${goToHttp(httpPort)}\n`, () => stream.close(constants.NGHTTP2_NO_ERROR));
}

const goToHttp = (httpPort: number): string =>
	`This is Trivet's OTLP/gRPC receiver: OTLP over HTTP (http/protobuf, http/json) goes to port ${httpPort}.`;

function misunderstanding(spoken: Spoken, httpPort: number): string | null {
	if (spoken === "http/1") return goToHttp(httpPort);
	if (spoken === "tls")
		return "A client speaks TLS to the OTLP/gRPC port, which takes plain gRPC: give it an http:// endpoint (or insecure: true).";
	return null;
}

/** In the status line too: some exporters show nothing else of an answer. */
function answerHttp1(socket: Socket, sentence: string): void {
	const body = `${sentence}\n`;
	const headers = `content-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
	socket.end(`HTTP/1.1 400 ${sentence}\r\n${headers}\r\n\r\n${body}`);
	// What it still sends is read and forgotten, so that it can read the answer.
	socket.resume();
	setTimeout(() => socket.destroy(), 500).unref();
}
