import type { IncomingMessage, Server, ServerResponse } from "node:http";
import http from "node:http";
import https from "node:https";
import {
	type Attributes,
	type Context,
	context,
	INVALID_SPAN_CONTEXT,
	propagation,
	ROOT_CONTEXT,
	type Span,
	SpanKind,
	type Tracer,
	trace,
} from "@opentelemetry/api";
import { isTracingSuppressed, RPCType, setRPCMetadata, suppressTracing } from "@opentelemetry/core";
import { nowMs } from "../clock.ts";
import type { FinishedRequest } from "../logs/capture.ts";
import type { ExemplarCounter } from "../metrics/counter.ts";
import { causeOf } from "../metrics/error-cause.ts";
import { spanExemplarLabels } from "../metrics/exemplar.ts";
import type { DurationHistogram } from "../metrics/histogram.ts";
import { withTraceId } from "../traces/id-generator.ts";
import { emitFor, errorType, hookEmit, isForCall, knownMethod, type MessageCall, type ServerMetadata } from "./call.ts";
import { redactQuery } from "./redact.ts";
import { requestId } from "./request-id.ts";
import { wantedTraceId } from "./trace-id.ts";

export interface ServerHook {
	tracer: Tracer;
	durations: DurationHistogram;
	/** By cause, method and route. */
	errors: ExemplarCounter;
	/** Exact paths that are neither traced nor counted, unless they fail. */
	quietPaths: ReadonlySet<string>;
	/** Takes the one line of every finished request, those on quiet paths left out. */
	finished: ((request: FinishedRequest) => void) | undefined;
}

type Emit = (this: Server, event: string | symbol, ...args: unknown[]) => boolean;

/**
 * Trace and count every request of every `http` and `https` server of this process: one span, one histogram observation
 * with its exemplar, the request id, and the context for everything that runs on the request's behalf.
 */
export function hookServers(hook: ServerHook): void {
	hookEmit(http.IncomingMessage.prototype);
	hookEmit(http.ServerResponse.prototype);
	for (const [prototype, scheme] of [
		[http.Server.prototype, "http"],
		[https.Server.prototype, "https"],
	] as const) {
		const original = prototype.emit as Emit;
		prototype.emit = function emit(this: Server, event: string | symbol, ...args: unknown[]): boolean {
			if (event !== "request") {
				return original.call(this, event, ...args);
			}
			const [request, response] = args as [IncomingMessage, ServerResponse];
			const within = begin(hook, scheme, request, response);
			return within === undefined
				? original.call(this, event, ...args)
				: context.with(within, original, this, event, ...args);
		} as Emit as typeof prototype.emit;
	}
}

/** The context to handle the request in; undefined to leave it alone. Never throws. */
function begin(
	hook: ServerHook,
	scheme: string,
	request: IncomingMessage,
	response: ServerResponse,
): Context | undefined {
	try {
		const active = context.active();
		if (isForCall(request) || isTracingSuppressed(active)) {
			return undefined;
		}
		const url = request.url ?? "/";
		const query = url.indexOf("?");
		const path = query === -1 ? url : url.slice(0, query);
		const incoming = { scheme, request, response, path, query: query === -1 ? undefined : url.slice(query + 1) };
		return hook.quietPaths.has(path) ? probe(hook, incoming, active) : serve(hook, incoming);
	} catch {
		return undefined;
	}
}

interface Incoming {
	scheme: string;
	request: IncomingMessage;
	response: ServerResponse;
	path: string;
	query: string | undefined;
}

function serve(hook: ServerHook, incoming: Incoming): Context {
	const startMs = nowMs();
	const { scheme, request, response } = incoming;
	const method = knownMethod(request.method);
	const id = requestId(request.headers["x-request-id"]);
	const parent = propagation.extract(ROOT_CONTEXT, request.headers);
	const span = withTraceId(wantedTraceId(request.headers["x-trace-id"]), () =>
		startSpan(hook, incoming, method, id, parent),
	);
	const metadata: ServerMetadata = { type: RPCType.HTTP, span, requestId: id };
	const within = setRPCMetadata(trace.setSpan(parent, span), metadata);
	response.setHeader("X-Request-ID", id);
	response.setHeader("X-Trace-ID", span.spanContext().traceId);

	emitFor(request, { within });
	const ending = { span, metadata, method, path: incoming.path, scheme, startMs, response };
	emitFor(response, new Answer(within, (failure) => finish(hook, ending, failure)));
	return within;
}

/** Follows a response to its end, however it ends. */
class Answer implements MessageCall {
	readonly within: Context;
	private readonly end: (failure: unknown) => void;
	private failure: unknown;
	private over = false;

	constructor(within: Context, end: (failure: unknown) => void) {
		this.within = within;
		this.end = end;
	}

	before(event: string | symbol, first: unknown): void {
		if (event === "error") {
			this.failure = first;
		} else if (event === "close" && !this.over) {
			this.over = true;
			this.end(this.failure);
		}
	}
}

/** A health check: silence, until it turns out to fail. Its span is then made after the fact, without children. */
function probe(hook: ServerHook, incoming: Incoming, active: Context): Context {
	const startMs = nowMs();
	const { scheme, request, response } = incoming;
	const metadata: ServerMetadata = { type: RPCType.HTTP, span: trace.wrapSpanContext(INVALID_SPAN_CONTEXT) };
	const within = setRPCMetadata(suppressTracing(active), metadata);
	const end = (failure: unknown): void => {
		if (response.headersSent && response.statusCode < 400 && failure === undefined) {
			return;
		}
		const method = knownMethod(request.method);
		const id = requestId(request.headers["x-request-id"]);
		const parent = propagation.extract(ROOT_CONTEXT, request.headers);
		const span = startSpan(hook, incoming, method, id, parent, startMs);
		finish(hook, { span, metadata, method, path: undefined, scheme, startMs, response }, failure);
	};
	emitFor(request, { within });
	emitFor(response, new Answer(within, end));
	return within;
}

function startSpan(
	hook: ServerHook,
	{ request, scheme, path, query }: Incoming,
	method: string,
	id: string,
	parent: Context,
	startTime?: number,
): Span {
	return hook.tracer.startSpan(
		method === "_OTHER" ? "HTTP" : method,
		{
			kind: SpanKind.SERVER,
			attributes: describe(request, scheme, method, path, query, id),
			...(startTime === undefined ? {} : { startTime }),
		},
		parent,
	);
}

function describe(
	request: IncomingMessage,
	scheme: string,
	method: string,
	path: string,
	query: string | undefined,
	id: string,
): Attributes {
	const attributes: Attributes = {
		"http.request.method": method,
		"url.path": path,
		"url.scheme": scheme,
		"http.request_id": id,
		"network.protocol.version": request.httpVersion,
	};
	const { socket, headers } = request;
	if (query !== undefined) {
		attributes["url.query"] = redactQuery(query);
	}
	if (method === "_OTHER" && request.method !== undefined) {
		attributes["http.request.method_original"] = request.method;
	}
	if (headers.host !== undefined) {
		const colon = headers.host.lastIndexOf(":");
		const hasPort = colon > 0 && !headers.host.endsWith("]");
		attributes["server.address"] = hasPort ? headers.host.slice(0, colon) : headers.host;
		const port = hasPort ? Number(headers.host.slice(colon + 1)) : Number.NaN;
		if (Number.isInteger(port)) {
			attributes["server.port"] = port;
		}
	}
	if (socket?.remoteAddress !== undefined) {
		attributes["network.peer.address"] = socket.remoteAddress;
		attributes["client.address"] = socket.remoteAddress;
	}
	if (headers["user-agent"] !== undefined) {
		attributes["user_agent.original"] = headers["user-agent"];
	}
	return attributes;
}

interface Ending {
	span: Span;
	metadata: ServerMetadata;
	method: string;
	/** None for a quiet path. */
	path: string | undefined;
	scheme: string;
	startMs: number;
	response: ServerResponse;
}

function finish(hook: ServerHook, ending: Ending, failure: unknown): void {
	const { span, metadata, method, path, scheme, startMs, response } = ending;
	const endMs = nowMs();
	const route = metadata.route ?? "";
	const answered = response.headersSent;
	const status = answered ? response.statusCode : 0;
	// Whoever hangs up after the answer began (a stream, a long poll) has not failed; before it, nobody was served.
	const error =
		failure !== undefined ? errorType(failure) : status >= 500 ? String(status) : answered ? "" : "client_disconnected";
	if (span.isRecording()) {
		if (answered) {
			span.setAttribute("http.response.status_code", status);
		}
		if (route !== "") {
			span.setAttribute("http.route", route);
			span.updateName(`${method === "_OTHER" ? "HTTP" : method} ${route}`);
		}
		if (error !== "") {
			span.setAttribute("error.type", error);
			span.setStatus({ code: 2 });
		}
	}
	span.end();
	const durationMs = Math.max(0, endMs - startMs);
	if (path !== undefined) {
		hook.finished?.({
			method,
			route,
			path,
			status: answered ? status : undefined,
			durationMs,
			error,
			requestId: metadata.requestId,
			span: span.spanContext(),
		});
	}
	const exemplar = spanExemplarLabels(span);
	hook.durations.observe(
		[method, route, answered ? String(status) : "", scheme, error],
		durationMs / 1000,
		exemplar,
		endMs,
	);
	const cause = causeOf(metadata, status, failure);
	if (cause !== undefined) {
		hook.errors.add([cause, method, route], 1, exemplar, endMs);
	}
}
