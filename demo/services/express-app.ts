/** What the express services have in common: JSON bodies, a logger that carries the request ID, errors as JSON. */
import express, { type ErrorRequestHandler, type Express, type Request } from "express";
import type { Logger } from "pino";
import { ZodError } from "zod";
import { UpstreamError } from "./call.ts";
import { log } from "./service.ts";

/** Who is asking: what a handler logs with and passes on. */
export interface Caller {
	log: Logger;
	requestId: string | undefined;
}

/** Thrown by a handler to answer with this status and a JSON error. */
export class Refusal extends Error {
	readonly status: number;
	readonly code: string;
	constructor(status: number, code: string) {
		super(code);
		this.name = "Refusal";
		this.status = status;
		this.code = code;
	}
}

export function jsonApp(): Express {
	const app = express();
	app.disable("x-powered-by");
	app.disable("etag");
	app.use(express.json({ limit: "32kb" }));
	return app;
}

export function callerOf(request: Request): Caller {
	const requestId = request.get("x-request-id")?.slice(0, 100);
	return { requestId, log: requestId ? log.child({ request_id: requestId }) : log };
}

/** Adds the 404 and the error answer, and listens on 127.0.0.1. */
export function serve(app: Express, port: number): Promise<void> {
	app.use((_request, response) => {
		response.status(404).json({ error: "not_found" });
	});
	app.use(answerError);
	return new Promise((resolve, reject) => {
		app.listen(port, "127.0.0.1", (error?: Error) => (error ? reject(error) : resolve()));
	});
}

/** A refusal of ours or of the service behind us keeps its status; what is broken behind us is 502, or 503 when it is away. */
const answerError: ErrorRequestHandler = (error: unknown, request, response, next) => {
	if (response.headersSent) return next(error);
	const { log } = callerOf(request);
	const at = { method: request.method, path: request.path };
	if (error instanceof Refusal) {
		response.status(error.status).json({ error: error.code });
	} else if (error instanceof ZodError) {
		response.status(400).json({ error: "invalid_request", fields: error.issues.map((issue) => issue.path.join(".")) });
	} else if (error instanceof UpstreamError && error.status < 500) {
		response.status(error.status).json({ error: error.code });
	} else if (error instanceof UpstreamError) {
		log.error({ ...at, upstream: error.host, upstream_status: error.status, err: error }, "upstream failed");
		response.status(error.status === 503 ? 503 : 502).json({ error: error.code });
	} else {
		log.error({ ...at, err: error }, "request failed");
		response.status(500).json({ error: "internal" });
	}
};
