import { context, trace } from "@opentelemetry/api";
import { getRPCMetadata, RPCType } from "@opentelemetry/core";

interface KoaContext {
	/** What koa-router and @koa/router matched, with the router's prefix. */
	_matchedRoute?: unknown;
}

type Middleware = (ctx: KoaContext) => Promise<unknown>;
type HandleRequest = (this: unknown, ctx: KoaContext, middleware: Middleware) => unknown;

/**
 * Tell the server's span which route of koa's router took the request, and which error ended it.
 *
 * @returns false when this koa is not built the way we know.
 */
export function patchKoa(exports: object): boolean {
	const prototype = (exports as { prototype?: { handleRequest?: HandleRequest } }).prototype;
	const original = prototype?.handleRequest;
	if (prototype === undefined || typeof original !== "function" || original.length < 2) {
		return false;
	}
	prototype.handleRequest = function handleRequest(ctx, middleware) {
		readRouteFrom(ctx);
		return original.call(this, ctx, async (...args: Parameters<Middleware>) => {
			try {
				return await middleware(...args);
			} catch (error) {
				if (isFault(error)) {
					trace.getSpan(context.active())?.recordException(error);
				}
				throw error;
			}
		});
	};
	return true;
}

/** Read when the span ends, not when the handler does: a client can be gone before that. */
function readRouteFrom(ctx: KoaContext): void {
	const metadata = getRPCMetadata(context.active());
	if (metadata?.type !== RPCType.HTTP) {
		return;
	}
	let set: string | undefined = metadata.route;
	Object.defineProperty(metadata, "route", {
		configurable: true,
		get: () => (ctx._matchedRoute === undefined ? set : String(ctx._matchedRoute)),
		set: (route: string) => {
			set = route;
		},
	});
}

/** Not what `ctx.throw(404)` makes, which is an answer. */
function isFault(error: unknown): error is Error {
	if (!(error instanceof Error)) {
		return false;
	}
	const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
	const code = status ?? statusCode;
	return typeof code !== "number" || code >= 500;
}
