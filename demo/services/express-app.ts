/** What the express services have in common: JSON bodies, errors as JSON, a listener on 127.0.0.1. */
import express, { type ErrorRequestHandler, type Express } from "express";
import { ZodError } from "zod";
import { SERVER_KEEPS_MS, UpstreamError } from "./call.ts";
import { log } from "./service.ts";

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

/** Adds the 404 and the error answer, and listens. */
export function serve(app: Express, port: number): Promise<void> {
	app.use((_request, response) => {
		response.status(404).json({ error: "not_found" });
	});
	app.use(answerError);
	return new Promise((resolve, reject) => {
		const server = app.listen(port, "127.0.0.1", (error?: Error) => (error ? reject(error) : resolve()));
		server.keepAliveTimeout = SERVER_KEEPS_MS;
	});
}

/** A refusal of ours or of the service behind us keeps its status; what is broken behind us is 502, or 503 when it is away. */
const answerError: ErrorRequestHandler = (error: unknown, request, response, next) => {
	if (response.headersSent) return next(error);
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
	} else if (isBadBody(error)) {
		response.status(error.status).json({ error: "invalid_body" });
	} else {
		log.error({ ...at, err: error }, "request failed");
		response.status(500).json({ error: "internal" });
	}
};

/** express.json() says 400 for what is no JSON and 413 for what is too long. */
function isBadBody(error: unknown): error is { status: number } {
	return error instanceof Error && "status" in error && typeof error.status === "number" && error.status < 500;
}
