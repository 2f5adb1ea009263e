/** OTLP over HTTP: POST /v1/traces, /v1/logs, /v1/metrics. Everything that comes in here is hostile until proven otherwise. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Signal } from "../../../core/model.ts";
import { InvalidInput, Overloaded } from "../../../core/ports.ts";
import { BodyError, type BodyLimits, readBody } from "./body.ts";
import type { Budget } from "./budget.ts";
import { listen } from "./listen.ts";
import { type Pipeline, QuotaExceeded } from "./pipeline.ts";
import { errorResponse, exportResponse, type WireType } from "./response.ts";
import { answerClientError, goToGrpc } from "./wrong-port.ts";

const SIGNALS: Record<string, Signal> = { "/v1/traces": "traces", "/v1/logs": "logs", "/v1/metrics": "metrics" };
const TYPES: Record<string, WireType> = { "application/x-protobuf": "protobuf", "application/json": "json" };
const CONTENT_TYPES: Record<WireType, string> = { protobuf: "application/x-protobuf", json: "application/json" };
/** Parsed, JSON can take fifty times its size in memory. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;
const ENCODINGS = ["identity", "gzip", "deflate"] as const;

export interface ReceiverOptions {
	host: string;
	/** 0: any free port. */
	port: number;
	limits: BodyLimits;
	maxConnections: number;
	pipeline: Pipeline;
	budget: Budget;
	/** Where OTLP/gRPC is received, for those who send it here; null when nowhere. */
	grpcPort(): number | null;
	/** Told once when gRPC is spoken here. */
	onForeign(sentence: string): void;
	timeouts?: Partial<HttpTimeouts>;
}

export interface HttpTimeouts {
	/** Until a request's headers are there, and until all of it is. */
	headersMs: number;
	requestMs: number;
	/** Of a connection between requests. */
	idleMs: number;
}

const TIMEOUTS: HttpTimeouts = { headersMs: 10_000, requestMs: 30_000, idleMs: 65_000 };

/** A request that is answered with an error. */
class Refused extends Error {
	readonly status: number;
	readonly headers: Record<string, string>;
	constructor(status: number, message: string, headers: Record<string, string> = {}) {
		super(message);
		this.status = status;
		this.headers = headers;
	}
}

export interface Receiver {
	port: number;
	/** Takes no new requests; those under way are finished. */
	close(): Promise<void>;
}

/** Rejects with a sentence when the port is in use. */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
	const { headersMs, requestMs, idleMs } = { ...TIMEOUTS, ...options.timeouts };
	const server = createServer(
		{
			maxHeaderSize: 16 * 1024,
			headersTimeout: headersMs,
			requestTimeout: requestMs,
			connectionsCheckingInterval: Math.min(2_000, headersMs),
			keepAliveTimeout: idleMs,
		},
		(request, response) => void handle(options, request, response),
	);
	server.maxConnections = options.maxConnections;
	let told = false;
	server.on("clientError", (error, socket) => {
		if (!answerClientError(error, socket, options.grpcPort()) || told) return;
		told = true;
		options.onForeign(goToGrpc(options.grpcPort()));
	});
	const { host, port } = options;
	const bound = await listen(server, { host, port, flag: "--otlp-port" });
	return {
		port: bound,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeIdleConnections();
				setTimeout(() => server.closeAllConnections(), 3_000).unref();
			}),
	};
}

async function handle(options: ReceiverOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
	let type: WireType = /json/i.test(request.headers["content-type"] ?? "") ? "json" : "protobuf";
	try {
		checkHost(request, options.host);
		allowOrigin(request, response);
		if (request.method === "OPTIONS") return void response.writeHead(204).end();
		const path = (request.url ?? "/").split("?", 1)[0]!;
		const signal = SIGNALS[path];
		if (signal === undefined) return greet(request, response, path);
		if (request.method !== "POST") {
			type = "json";
			throw new Refused(405, `${path} takes POST only: an OTLP exporter sends here`, { allow: "POST, OPTIONS" });
		}
		type = contentType(request);
		const body = await receiveBody(options, request, type);
		const result = await options.pipeline.take(
			{ signal, type, body, receivedMs: Date.now(), keep: false, deny: [] },
			body.length,
		);
		const answer = exportResponse(signal, type, result);
		response.writeHead(200, { "content-type": CONTENT_TYPES[type], "content-length": answer.length }).end(answer);
	} catch (error) {
		refuse(request, response, type, asRefused(error));
	}
}

function asRefused(error: unknown): Refused {
	if (error instanceof Refused) return error;
	if (error instanceof InvalidInput) return new Refused(400, error.message);
	if (error instanceof Overloaded) {
		const status = error instanceof QuotaExceeded ? 429 : 503;
		return new Refused(status, error.message, { "retry-after": String(error.retryAfterS) });
	}
	return new Refused(500, error instanceof Error ? error.message : String(error));
}

function refuse(request: IncomingMessage, response: ServerResponse, type: WireType, refused: Refused): void {
	if (response.destroyed || response.headersSent) return;
	const body = errorResponse(type, refused.status, refused.message);
	// The rest of the body is not read: the connection cannot be used again.
	const unread = !request.complete;
	response.writeHead(refused.status, {
		"content-type": CONTENT_TYPES[type],
		"content-length": body.length,
		...refused.headers,
		...(unread ? { connection: "close" } : {}),
	});
	response.end(body, () => {
		if (unread) setTimeout(() => request.destroy(), 500).unref();
	});
}

async function receiveBody(options: ReceiverOptions, request: IncomingMessage, type: WireType): Promise<Buffer> {
	const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
	const known = ENCODINGS.find((name) => name === encoding);
	if (known === undefined)
		throw new Refused(415, `content-encoding "${encoding.slice(0, 40)}" is not gzip, deflate or identity`);
	const length = Number(request.headers["content-length"] ?? 0);
	const limits =
		type === "json"
			? { ...options.limits, maxInflatedBytes: Math.min(options.limits.maxInflatedBytes, MAX_JSON_BYTES) }
			: options.limits;
	if (length > limits.maxBytes) throw new Refused(413, `the body has ${length} bytes, ${limits.maxBytes} are allowed`);
	try {
		return await readBody(request, known, limits, options.budget);
	} catch (error) {
		if (!(error instanceof BodyError)) throw error;
		if (error.failure === "too large") throw new Refused(413, error.message);
		if (error.failure === "no room") throw new Refused(503, error.message, { "retry-after": "1" });
		throw new Refused(400, error.message);
	}
}

function contentType(request: IncomingMessage): WireType {
	const header = request.headers["content-type"] ?? "";
	const type = TYPES[header.split(";", 1)[0]!.trim().toLowerCase()];
	if (type === undefined) {
		const got = header === "" ? "there is none" : `"${header.slice(0, 60)}" is not known`;
		throw new Refused(415, `content-type must be application/x-protobuf or application/json; ${got}`);
	}
	return type;
}

function greet(request: IncomingMessage, response: ServerResponse, path: string): void {
	if (path !== "/" || (request.method !== "GET" && request.method !== "HEAD")) {
		throw new Refused(404, "send OTLP to POST /v1/traces, /v1/logs or /v1/metrics");
	}
	response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
	response.end(
		"This is Trivet's OTLP/HTTP receiver: point OTEL_EXPORTER_OTLP_ENDPOINT here (protobuf or JSON). The console is on another port, 3000 by default.\n",
	);
}

/** A page under a name of its own that resolves to us (DNS rebinding) brings that name as Host. */
function checkHost(request: IncomingMessage, bound: string): void {
	const host = hostName(request.headers.host ?? "");
	if (host === null || !(isLoopback(host) || host === bound || bound === "0.0.0.0" || bound === "::")) {
		throw new Refused(403, `Host "${(request.headers.host ?? "").slice(0, 80)}" is not this receiver: use localhost`);
	}
}

/** Browser code of local pages may send; pages of other sites may not. */
function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
	const { origin } = request.headers;
	if (origin === undefined) return;
	const host = hostName(origin.replace(/^https?:\/\//, ""));
	if (host === null || !isLoopback(host)) {
		throw new Refused(403, `Origin "${origin.slice(0, 80)}" may not send here: only pages of this machine may`);
	}
	response.setHeader("access-control-allow-origin", origin);
	response.setHeader("access-control-allow-methods", "POST, OPTIONS");
	response.setHeader("access-control-allow-headers", "content-type, content-encoding, traceparent, tracestate");
	response.setHeader("vary", "origin");
}

/** The name in `name:port`, `[::1]:port`; null when it is neither. */
function hostName(host: string): string | null {
	const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host);
	return match ? match[1]!.toLowerCase().replace(/^\[|\]$/g, "") : null;
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
