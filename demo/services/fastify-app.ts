/** What the fastify services have in common: errors as JSON, a listener on 127.0.0.1. */
import Fastify, { type FastifyInstance } from "fastify";
import { ZodError } from "zod";
import { SERVER_KEEPS_MS, UpstreamError } from "./call.ts";
import { log } from "./service.ts";

/** The services log with pino themselves, so that a line says what happened and not that a request came. */
export function fastifyApp(): FastifyInstance {
	const app = Fastify({ logger: false, keepAliveTimeout: SERVER_KEEPS_MS, bodyLimit: 32_768 });
	app.setErrorHandler((error, request, reply) => {
		if (error instanceof ZodError) {
			return reply
				.code(400)
				.send({ error: "invalid_request", fields: error.issues.map((issue) => issue.path.join(".")) });
		}
		if (error instanceof UpstreamError && error.status < 500) {
			return reply.code(error.status).send({ error: error.code });
		}
		log.error({ method: request.method, route: request.routeOptions.url, err: error }, "request failed");
		if (error instanceof UpstreamError) return reply.code(502).send({ error: error.code });
		return reply.code(500).send({ error: "internal" });
	});
	return app;
}

export async function serve(app: FastifyInstance, port: number): Promise<void> {
	await app.listen({ port, host: "127.0.0.1" });
}
