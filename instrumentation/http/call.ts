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

/** What the events of a message belong to. */
export interface MessageCall {
	within: Context;
	/** Sees every event before its listeners do. */
	before?(event: string | symbol, first: unknown): void;
}

/** Set before a framework gives the message another prototype: what is added later costs every message a hidden class of its own. */
const CALL = Symbol("trivet.call");

const hooked = new WeakSet<EventEmitter>();

type Message = EventEmitter & { [CALL]?: MessageCall };

/** From now on every listener of `message` runs in its call's context: sockets are shared, so without this an event runs in a stranger's. */
export function emitFor(message: EventEmitter, call: MessageCall): void {
	(message as Message)[CALL] = call;
}

export function isForCall(message: EventEmitter): boolean {
	return (message as Message)[CALL] !== undefined;
}

/**
 * Has the messages of a class emit for their calls. One function for all of them: one of its own on each kept the whole request
 * alive through a collection, half of what the hook cost.
 */
export function hookEmit(prototype: EventEmitter): void {
	if (hooked.has(prototype)) {
		return;
	}
	hooked.add(prototype);
	const parent = Object.getPrototypeOf(prototype) as EventEmitter;
	const original = Object.hasOwn(prototype, "emit") ? prototype.emit : undefined;
	prototype.emit = function emit(this: Message, event: string | symbol, ...args: unknown[]): boolean {
		// Not the parent's of now: others may wrap that one later.
		const inner = original ?? parent.emit;
		const call = this[CALL];
		if (call === undefined) {
			return inner.call(this, event, ...args);
		}
		try {
			call.before?.(event, args[0]);
		} catch {
			// Ours to lose, never the app's.
		}
		// Most events nobody listens to, or they come in the right context already.
		return activeContext() === call.within || this.listenerCount(event) === 0
			? inner.call(this, event, ...args)
			: context.with(call.within, inner, this, event, ...args);
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
