import type { EventEmitter } from "node:events";
import { type Context, context, type Span } from "@opentelemetry/api";
import type { RPCMetadata } from "@opentelemetry/core";
import { activeContext } from "../active-context.ts";

/** What the HTTP server hook keeps in the context; frameworks set `route`, the log lines read `requestId`. */
export type ServerMetadata = Omit<RPCMetadata, "route"> & {
	route?: string | undefined;
	requestId?: string;
	/** The paths of express's routers that the request is in. */
	mountedAt?: string | undefined;
};

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"]);

/** The method as the semantic conventions bound it: a known one, or `_OTHER`. */
export function knownMethod(method: string | undefined): string {
	return method === undefined ? "_OTHER" : METHODS.has(method) ? method : "_OTHER";
}

/** Run every listener of `emitter` in `within`: sockets are shared, so without this an event runs in a stranger's context. */
export function emitWithin(
	emitter: EventEmitter,
	within: Context,
	before?: (event: string | symbol, first: unknown) => void,
): void {
	const { emit } = emitter;
	emitter.emit = function emitWithin(this: EventEmitter, event: string | symbol, ...args: unknown[]): boolean {
		if (before !== undefined) {
			try {
				before(event, args[0]);
			} catch {
				// Ours to lose, never the app's.
			}
		}
		// Most events nobody listens to, or they come in the right context already.
		return activeContext() === within || this.listenerCount(event) === 0
			? emit.call(this, event, ...args)
			: context.with(within, emit, this, event, ...args);
	};
}

/** `error.type` for a failure: its code or its class, never its message (unbounded). */
export function errorType(error: unknown): string {
	if (typeof error === "object" && error !== null) {
		if ("code" in error && (typeof error.code === "string" || typeof error.code === "number") && error.code !== "") {
			return String(error.code);
		}
		if (error instanceof Error) {
			return error.name;
		}
	}
	return "_OTHER";
}

export function fail(span: Span, error: unknown): void {
	const exception = error instanceof Error ? error : new Error(String(error));
	span.recordException(exception);
	span.setStatus({ code: 2, message: exception.message });
}
