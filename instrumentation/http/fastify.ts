import { subscribe } from "node:diagnostics_channel";
import { context, trace } from "@opentelemetry/api";
import { getRPCMetadata, RPCType } from "@opentelemetry/core";

interface FastifyRequest {
	routeOptions?: { url?: string };
}

interface Fastify {
	addHook(name: "onRequest", hook: (request: FastifyRequest, reply: unknown, done: () => void) => void): void;
	addHook(
		name: "onError",
		hook: (request: FastifyRequest, reply: unknown, error: Error, done: () => void) => void,
	): void;
}

/** Tell the server's span which route of fastify took the request, and which error ended it. Works through fastify's own channel. */
export function hookFastify(): void {
	subscribe("fastify.initialization", (message) => {
		try {
			const { fastify } = message as { fastify: Fastify };
			fastify.addHook("onRequest", (request, _reply, done) => {
				const metadata = getRPCMetadata(context.active());
				const route = request.routeOptions?.url;
				if (metadata?.type === RPCType.HTTP && route !== undefined) {
					metadata.route = route;
				}
				done();
			});
			fastify.addHook("onError", (_request, _reply, error, done) => {
				trace.getSpan(context.active())?.recordException(error);
				done();
			});
		} catch {
			// Fastify without these hooks stays untraced below the HTTP span.
		}
	});
}
