import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DEMO_ENVIRONMENT } from "../../core/model.ts";
import { get, type Services } from "./endpoint.ts";
import { demoSchema, problemSchema } from "./schema.ts";

const none = z.object({});
const faultSwitch = z.object({ enabled: z.boolean() });
const faultParams = z.object({ id: z.string().max(100) });
const erased = z.object({ spans: z.number(), logs: z.number(), points: z.number() });

/** The demo's faults, and the erasure of its telemetry alone. */
export function demoRoutes(app: OpenAPIHono, services: Services): void {
	get(app, services, {
		path: "/api/demo",
		summary: "The demo shop: its services and the faults that can be switched",
		query: none,
		answer: demoSchema,
		run: ({ services }) => services.demo.state(),
	});
	const problem = {
		description: "What went wrong",
		content: { "application/problem+json": { schema: problemSchema } },
	};
	app.openapi(
		createRoute({
			method: "put",
			path: "/api/demo/faults/{id}",
			summary: "Switch one fault of the demo",
			request: {
				params: faultParams,
				body: { required: true, content: { "application/json": { schema: faultSwitch } } },
			},
			responses: {
				200: { description: "The demo after it", content: { "application/json": { schema: demoSchema } } },
				default: problem,
			},
		}),
		async (c) => c.json(await services.demo.setFault(c.req.valid("param").id, c.req.valid("json").enabled), 200),
	);
	app.openapi(
		createRoute({
			method: "delete",
			path: "/api/demo/data",
			summary: "Erase the demo's telemetry and nothing else",
			responses: {
				200: { description: "What was erased", content: { "application/json": { schema: erased } } },
				default: problem,
			},
		}),
		async (c) => c.json(await services.backend.erase(DEMO_ENVIRONMENT), 200),
	);
}
