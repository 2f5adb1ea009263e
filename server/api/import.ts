import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { get, type Services } from "./endpoint.ts";
import { ProblemError } from "./problem.ts";
import { importJobSchema, problemSchema } from "./schema.ts";

const none = z.object({});
const importQuery = z.object({
	/** What the job is called in lists. */
	name: z.string().max(500).default("upload"),
	/** Milliseconds added to every time in the file. */
	shiftMs: z.coerce.number().default(0),
});

/** POST a file of OTLP/JSON lines as the body, gzip or plain; the answer comes when all of it is stored. GET shows running ones. */
export function importRoutes(app: OpenAPIHono, services: Services): void {
	const file = z.string().openapi({ format: "binary" });
	app.openapi(
		createRoute({
			method: "post",
			path: "/api/import",
			summary: "Load OTLP/JSON lines of all three signals, gzip or plain",
			request: {
				query: importQuery,
				body: { content: { "application/x-ndjson": { schema: file }, "application/gzip": { schema: file } } },
			},
			responses: {
				200: { description: "The finished job", content: { "application/json": { schema: importJobSchema } } },
				default: {
					description: "What went wrong",
					content: { "application/problem+json": { schema: problemSchema } },
				},
			},
		}),
		async (c) => {
			const { name, shiftMs } = c.req.valid("query");
			const body = c.req.raw.body;
			if (body === null) throw new ProblemError(400, "Nothing to import", "The request has no body.");
			const stream = Readable.fromWeb(body as ReadableStream<Uint8Array>);
			return c.json(await services.imports.run(name, stream, shiftMs), 200);
		},
	);
	get(app, services, {
		path: "/api/import",
		summary: "The last imports, newest first",
		query: none,
		answer: z.object({ jobs: z.array(importJobSchema) }),
		run: async ({ services }) => ({ jobs: services.imports.list() }),
	});
	get(app, services, {
		path: "/api/import/{id}",
		summary: "One import and how far it is",
		query: none,
		params: z.object({ id: z.string().max(100) }),
		answer: importJobSchema,
		run: async ({ params, services }) => {
			const job = services.imports.find(params.id);
			if (!job) throw new ProblemError(404, "Unknown import", `There is no import ${params.id}; the last 50 are kept.`);
			return job;
		},
	});
}
