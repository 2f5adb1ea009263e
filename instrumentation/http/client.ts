import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { type Context, context, propagation, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import { getRPCMetadata, isTracingSuppressed } from "@opentelemetry/core";
import { nowMs } from "../clock.ts";
import { spanExemplarLabels } from "../metrics/exemplar.ts";
import type { DurationHistogram } from "../metrics/histogram.ts";
import { emitWithin, errorType, knownMethod, type ServerMetadata } from "./call.ts";
import { redactQuery } from "./server.ts";

export interface ClientHook {
	tracer: Tracer;
	durations: DurationHistogram;
}

type Request = (...args: unknown[]) => ClientRequest;

/** Node's own `http.request`, taken before it is patched: our exporters' way out, which nothing instruments. */
export const plainRequest: typeof http.request = http.request;
export const plainSecureRequest: typeof https.request = https.request;

const setter = {
	set(request: ClientRequest, key: string, value: string): void {
		request.setHeader(key, value);
	},
};

/** Trace and count every request made with `http`/`https` `.request` and `.get`, for CommonJS and ESM importers alike. */
export function hookClients(hook: ClientHook): void {
	for (const module of [http, https] as { request: Request; get: Request }[]) {
		const original = module.request;
		const request: Request = function request(this: unknown, ...args) {
			const before = context.active();
			if (isTracingSuppressed(before)) {
				return Reflect.apply(original, this, args);
			}
			const call = Reflect.apply(original, this, withoutFlatHeaders(args)) as ClientRequest;
			try {
				begin(hook, call, before);
			} catch {
				// An untraced request is better than a failed one.
			}
			return call;
		};
		module.request = request;
		module.get = function get(this: unknown, ...args) {
			const call = request.apply(this, args);
			call.end();
			return call;
		};
	}
	syncBuiltinESMExports();
}

/**
 * Headers given as an array are written out at once and leave no room for ours. Where no name comes twice, the same
 * headers as an object mean the same.
 */
function withoutFlatHeaders(args: unknown[]): unknown[] {
	const at = args.findIndex((arg) => typeof arg === "object" && arg !== null && !(arg instanceof URL));
	const options = args[at] as RequestOptions | undefined;
	const headers = options?.headers as unknown;
	if (!Array.isArray(headers)) {
		return args;
	}
	const entries: [unknown, unknown][] = Array.isArray(headers[0])
		? (headers as [unknown, unknown][])
		: Array.from({ length: headers.length >> 1 }, (_, i) => [headers[2 * i], headers[2 * i + 1]]);
	const names = new Set(entries.map(([name]) => String(name).toLowerCase()));
	if (names.size !== entries.length) {
		return args;
	}
	return args.with(at, { ...options, headers: Object.fromEntries(entries) });
}

function begin(hook: ClientHook, call: ClientRequest, before: Context): void {
	const startMs = nowMs();
	const method = knownMethod(call.method);
	const scheme = call.protocol.replace(":", "");
	const address = call.host;
	const port = portOf(call, scheme);
	const query = call.path.indexOf("?");
	const path = query === -1 ? call.path : `${call.path.slice(0, query)}?${redactQuery(call.path.slice(query + 1))}`;
	const span = hook.tracer.startSpan(
		method === "_OTHER" ? "HTTP" : method,
		{
			kind: SpanKind.CLIENT,
			attributes: {
				"http.request.method": method,
				"server.address": address,
				"server.port": port,
				"url.full": `${scheme}://${address.includes(":") ? `[${address}]` : address}:${port}${path}`,
			},
		},
		before,
	);
	if (!call.headersSent) {
		propagation.inject(trace.setSpan(before, span), call, setter);
		const id = (getRPCMetadata(before) as ServerMetadata | undefined)?.requestId;
		if (id !== undefined && !call.hasHeader("x-request-id")) {
			call.setHeader("X-Request-ID", id);
		}
	}

	let status = 0;
	let failure: unknown;
	let ended = false;
	const end = (): void => {
		if (ended) {
			return;
		}
		ended = true;
		const endMs = nowMs();
		const error =
			failure !== undefined ? errorType(failure) : status >= 400 ? String(status) : status === 0 ? "aborted" : "";
		if (span.isRecording()) {
			if (status !== 0) {
				span.setAttribute("http.response.status_code", status);
			}
			if (error !== "") {
				span.setAttribute("error.type", error);
				span.setStatus(failure instanceof Error ? { code: 2, message: failure.message } : { code: 2 });
			}
		}
		span.end();
		hook.durations.observe(
			[method, address, String(port), status === 0 ? "" : String(status), error],
			Math.max(0, endMs - startMs) / 1000,
			spanExemplarLabels(span),
			endMs,
		);
	};
	emitWithin(call, before, (event, [first]) => {
		if (event === "response") {
			const response = first as IncomingMessage;
			status = response.statusCode ?? 0;
			emitWithin(response, before, (inner, [error]) => {
				if (inner === "error" || inner === "aborted") {
					failure ??= error ?? new Error("aborted");
				}
			});
		} else if (event === "upgrade" || event === "connect") {
			status = (first as IncomingMessage).statusCode ?? 0;
			end();
		} else if (event === "error") {
			failure ??= first;
		} else if (event === "close") {
			end();
		}
	});
}

/** `ClientRequest` does not keep its port; the Host header does, unless it is the scheme's own. */
function portOf(call: ClientRequest, scheme: string): number {
	const host = call.getHeader("host");
	const port = typeof host === "string" ? Number(/:(\d+)$/.exec(host)?.[1]) : Number.NaN;
	return Number.isInteger(port) ? port : scheme === "https" ? 443 : 80;
}
