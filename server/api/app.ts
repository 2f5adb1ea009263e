/** The API: every endpoint under /api, its OpenAPI document, and the server's own /metrics. */
import { OpenAPIHono, z } from "@hono/zod-openapi";
import { compress } from "hono/compress";
import type { Logger } from "pino";
import { alertRoutes } from "./alerts.ts";
import { demoRoutes } from "./demo.ts";
import { get, invalidRequest, type Services } from "./endpoint.ts";
import { exemplars } from "./exemplars.ts";
import { fields } from "./fields.ts";
import { importRoutes } from "./import.ts";
import { incidentRoutes } from "./incidents.ts";
import { logs } from "./logs.ts";
import { requestMetrics } from "./metrics.ts";
import { pivot } from "./pivot.ts";
import { ProblemError, problemResponse, toProblem } from "./problem.ts";
import { red } from "./red.ts";
import { services as servicesEndpoint } from "./services.ts";
import { slo } from "./slo.ts";
import { status } from "./status.ts";
import { topology } from "./topology.ts";
import { otlpExport, skeleton, span, trace } from "./trace.ts";
import { traces } from "./traces.ts";

export function createApi(services: Services, logger: Logger): OpenAPIHono {
	const app = new OpenAPIHono({
		defaultHook: (result) => {
			if (!result.success) throw invalidRequest(result.error.issues);
		},
	});
	const metrics = requestMetrics(services);
	app.use(metrics.middleware);
	app.use("/api/*", compress({ threshold: 2048 }));
	app.onError((error) => {
		const problem = toProblem(error);
		if (problem.status >= 500) logger.error({ err: error }, "request failed");
		return problemResponse(problem);
	});
	app.notFound((c) =>
		problemResponse(
			toProblem(
				new ProblemError(404, "No such endpoint", `${c.req.method} ${c.req.path} does not exist.`, [
					"See /api/openapi.json.",
				]),
			),
		),
	);

	get(app, services, {
		path: "/api/health",
		summary: "Is the server able to serve",
		query: z.object({}),
		answer: z.object({ status: z.literal("ok") }),
		async run({ services }) {
			const { stores } = await services.backend.status();
			const down = stores.filter((store) => store.state === "down");
			if (stores.length > 0 && down.length === stores.length) {
				throw new ProblemError(
					503,
					"No store answers",
					down.map((store) => `${store.name}: ${store.reason}`).join("; "),
				);
			}
			return { status: "ok" as const };
		},
	});
	get(app, services, status);
	get(app, services, servicesEndpoint);
	get(app, services, traces);
	get(app, services, trace);
	get(app, services, skeleton);
	get(app, services, span);
	get(app, services, otlpExport);
	get(app, services, pivot);
	get(app, services, logs);
	get(app, services, red);
	get(app, services, exemplars);
	get(app, services, slo);
	get(app, services, fields);
	get(app, services, topology);
	alertRoutes(app, services);
	incidentRoutes(app, services);
	importRoutes(app, services);
	demoRoutes(app, services);
	app.get("/metrics", async (c) => c.text(await metrics.text(), 200, { "content-type": metrics.contentType }));
	app.doc31("/api/openapi.json", {
		openapi: "3.1.0",
		info: {
			title: "Trivet",
			version: services.version,
			description: "Logs, metrics and traces, tied by the trace ID. Errors are application/problem+json (RFC 9457).",
		},
	});
	return app;
}
