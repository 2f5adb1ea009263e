import { context, trace } from "@opentelemetry/api";
import { getRPCMetadata, RPCType } from "@opentelemetry/core";
import { activeContext } from "../active-context.ts";
import type { ServerMetadata } from "./call.ts";

type Next = (...args: unknown[]) => unknown;
type Handle = (this: unknown, request: object, response: unknown, next: Next) => unknown;

interface Layer {
	handle: Handle;
	/** Set where the layer is a route's: `app.get("/path", ...)`. */
	route?: unknown;
}

interface RouterPrototype {
	route(this: { stack: Layer[] }, ...args: unknown[]): unknown;
	use(this: { stack: Layer[] }, ...args: unknown[]): unknown;
}

/**
 * Tell the server's span which route took the request, with the paths its routers are mounted at, and which error left it.
 * Only routes and mounted layers are wrapped: middleware without a path costs nothing.
 *
 * @param exports express 4's or 5's. @returns false when this express is not built the way we know.
 */
export function patchExpress(exports: object): boolean {
	const { Router } = exports as { Router?: Partial<RouterPrototype> & { prototype?: Partial<RouterPrototype> } };
	// In 5 routers inherit from the class's prototype, in 4 from the function itself.
	const router = typeof Router?.prototype?.route === "function" ? Router.prototype : Router;
	if (typeof router?.route !== "function" || typeof router.use !== "function") {
		return false;
	}
	for (const name of ["route", "use"] as const) {
		const original = router[name]!;
		router[name] = function added(...args) {
			const before = this.stack?.length ?? 0;
			const result = original.apply(this, args);
			const path = pathOf(args[0]);
			for (const layer of this.stack?.slice(before) ?? []) {
				wrap(layer, path);
			}
			return result;
		};
	}
	return true;
}

/** The path as the app wrote it; a function in its place means none. */
function pathOf(given: unknown): string {
	if (Array.isArray(given)) {
		return given.map(pathOf).filter(Boolean).join(",");
	}
	return typeof given === "string" || given instanceof RegExp ? String(given) : "";
}

/** Where middleware is mounted without saying anything: the root, and everything below it. */
const ANYWHERE = /^(\/|\/\*|\/\{\*[^}]*\})?$/;

function wrap(layer: Layer, path: string): void {
	const original = layer.handle;
	const isRoute = layer.route !== undefined;
	// Four parameters make an error handler.
	if (typeof original !== "function" || original.length > 3 || (!isRoute && ANYWHERE.test(path))) {
		return;
	}
	const own = path === "/" ? "" : path;
	const handle: Handle = function handle(request, response, next) {
		const active = activeContext();
		const metadata = getRPCMetadata(active) as ServerMetadata | undefined;
		if (metadata?.type !== RPCType.HTTP) {
			return original.call(this, request, response, next);
		}
		const { mountedAt, route } = metadata;
		const here = mountedAt === undefined ? own : `${mountedAt}${own}`.replace(/\/{2,}/g, "/");
		metadata.route = here === "" ? "/" : here;
		if (!isRoute) {
			metadata.mountedAt = here;
		}
		return original.call(this, request, response, (...args) => {
			metadata.mountedAt = mountedAt;
			const [error] = args;
			if (error === undefined || error === null || error === "route" || error === "router") {
				// It was not this one that answered.
				metadata.route = route;
			} else if (isRoute) {
				trace.getSpan(active)?.recordException(error instanceof Error ? error : String(error));
			}
			// Where a library's callback has lost the request, what comes next is given it back.
			return trace.getSpan(activeContext()) === undefined ? context.with(active, () => next(...args)) : next(...args);
		});
	};
	// Its other properties (a router's `stack`) are read by tools that list routes.
	layer.handle = Object.setPrototypeOf(handle, original) as Handle;
}
