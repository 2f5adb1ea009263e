import { subscribe } from "node:diagnostics_channel";
import { context } from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import { ClientCall, type ClientHook } from "./client-call.ts";

interface UndiciRequest {
	origin: string | URL;
	path: string;
	method: string;
	headers: string | (string | string[])[];
	addHeader?(name: string, value: string): unknown;
}

/** Trace and count every `fetch` and every request of undici's, the copy in Node and any in node_modules, by its own channels. */
export function hookUndici(hook: ClientHook): void {
	const calls = new WeakMap<object, ClientCall>();
	const on = <M>(channel: string, listen: (message: M & { request: UndiciRequest }) => void): void => {
		subscribe(channel, (message) => {
			try {
				listen(message as M & { request: UndiciRequest });
			} catch {
				// An untraced request is better than a failed one.
			}
		});
	};
	on("undici:request:create", ({ request }) => {
		const before = context.active();
		if (request.method === "CONNECT" || isTracingSuppressed(before)) {
			return;
		}
		const origin = new URL(request.origin);
		const scheme = origin.protocol.replace(":", "");
		const port = origin.port === "" ? (scheme === "https" ? 443 : 80) : Number(origin.port);
		const address = origin.hostname.replace(/^\[|\]$/g, "");
		const call = new ClientCall(hook, { method: request.method, scheme, address, port, path: request.path }, before);
		calls.set(request, call);
		call.inject(request, { set: addHeader }, hasHeader(request.headers, "x-request-id"));
	});
	on<{ response: { statusCode: number } }>("undici:request:headers", ({ request, response }) => {
		const call = calls.get(request);
		if (call !== undefined) {
			call.status = response.statusCode;
		}
	});
	on("undici:request:trailers", ({ request }) => calls.get(request)?.end());
	on<{ error: unknown }>("undici:request:error", ({ request, error }) => {
		const call = calls.get(request);
		if (call !== undefined) {
			call.failure = error;
			call.end(error instanceof Error && error.name === "AbortError");
		}
	});
}

function addHeader(request: UndiciRequest, name: string, value: string): void {
	if (typeof request.addHeader === "function") {
		request.addHeader(name, value);
	} else if (typeof request.headers === "string") {
		request.headers += `${name}: ${value}\r\n`;
	} else {
		request.headers.push(name, value);
	}
}

function hasHeader(headers: UndiciRequest["headers"], wanted: string): boolean {
	if (typeof headers === "string") {
		return headers.toLowerCase().includes(`${wanted}:`);
	}
	return headers.some((name, index) => index % 2 === 0 && typeof name === "string" && name.toLowerCase() === wanted);
}
