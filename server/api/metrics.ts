/** The server's own metrics, in the semantic conventions' names. */
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import type { Services } from "./endpoint.ts";

export interface RequestMetrics {
	middleware: MiddlewareHandler;
	contentType: string;
	text(): Promise<string>;
}

export function requestMetrics(services: Services): RequestMetrics {
	const registry = new Registry();
	collectDefaultMetrics({ register: registry });
	const durations = new Histogram({
		name: "http_server_request_duration_seconds",
		help: "Duration of API requests.",
		labelNames: ["http_request_method", "http_route", "http_response_status_code"],
		buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
		registers: [registry],
	});
	new Counter({
		name: "trivet_ingest_items_total",
		help: "Spans, log records and metric points by what became of them.",
		labelNames: ["signal", "outcome"],
		registers: [registry],
		async collect() {
			const { ingest } = await services.backend.status();
			this.reset();
			for (const [signal, { accepted, rejected, dropped }] of Object.entries(ingest ?? {})) {
				for (const [outcome, value] of Object.entries({ accepted, rejected, dropped }))
					this.inc({ signal, outcome }, value);
			}
		},
	});
	return {
		contentType: registry.contentType,
		text: () => registry.metrics(),
		async middleware(c, next) {
			const end = durations.startTimer();
			await next();
			// The matched template, so that ids in paths do not become series.
			end({
				http_request_method: c.req.method,
				http_route: c.res.status === 404 ? "" : routePath(c, -1),
				http_response_status_code: c.res.status,
			});
		},
	};
}
