import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { type Context, context } from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import { emitFor, hookEmit } from "./call.ts";
import { ClientCall, type ClientHook } from "./client-call.ts";

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
	hookEmit(http.ClientRequest.prototype);
	hookEmit(http.IncomingMessage.prototype);
	for (const module of [http, https] as { request: Request; get: Request }[]) {
		const original = module.request;
		const request: Request = function request(this: unknown, ...args) {
			const before = context.active();
			if (isTracingSuppressed(before)) {
				return Reflect.apply(original, this, args);
			}
			const outgoing = Reflect.apply(original, this, withoutFlatHeaders(args)) as ClientRequest;
			try {
				begin(hook, outgoing, before);
			} catch {
				// An untraced request is better than a failed one.
			}
			return outgoing;
		};
		module.request = request;
		module.get = function get(this: unknown, ...args) {
			const outgoing = request.apply(this, args);
			outgoing.end();
			return outgoing;
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

function begin(hook: ClientHook, outgoing: ClientRequest, before: Context): void {
	const scheme = outgoing.protocol.replace(":", "");
	const call = new ClientCall(
		hook,
		{
			method: outgoing.method,
			scheme,
			address: outgoing.host,
			port: portOf(outgoing, scheme),
			path: outgoing.path,
		},
		before,
	);
	if (!outgoing.headersSent) {
		call.inject(outgoing, setter, outgoing.hasHeader("x-request-id"));
	}
	emitFor(outgoing, {
		within: before,
		before(event, first) {
			if (event === "response") {
				const response = first as IncomingMessage;
				call.status = response.statusCode ?? 0;
				emitFor(response, {
					within: before,
					before(inner, error) {
						if (inner === "error" || inner === "aborted") {
							call.failure ??= error ?? new Error("aborted");
						}
					},
				});
			} else if (event === "upgrade" || event === "connect") {
				call.status = (first as IncomingMessage).statusCode ?? 0;
				call.end();
			} else if (event === "error") {
				call.failure ??= first;
			} else if (event === "close") {
				if (call.status === 0) {
					call.failure ??= new Error("closed before an answer");
				}
				call.end();
			}
		},
	});
}

/** `ClientRequest` does not keep its port; the Host header does, unless it is the scheme's own. */
function portOf(outgoing: ClientRequest, scheme: string): number {
	const host = outgoing.getHeader("host");
	const port = typeof host === "string" ? Number(/:(\d+)$/.exec(host)?.[1]) : Number.NaN;
	return Number.isInteger(port) ? port : scheme === "https" ? 443 : 80;
}
