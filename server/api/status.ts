import { z } from "@hono/zod-openapi";
import type { Endpoint } from "./endpoint.ts";
import { statusSchema } from "./schema.ts";
import { windowAnswer } from "./section.ts";

const none = z.object({});

/** Always 200: the page that shows what is wrong must not fail because something is. */
export const status: Endpoint<typeof none, typeof none, typeof statusSchema> = {
	path: "/api/status",
	summary: "State of every store, what was taken in, and what is held",
	query: none,
	answer: statusSchema,
	async run({ services }) {
		const backend = await services.backend.status();
		return {
			version: services.version,
			startedMs: services.startedMs,
			nowMs: Date.now(),
			backend: backend.kind,
			stores: backend.stores,
			ingest: backend.ingest,
			dataWindow: windowAnswer(backend.dataWindow),
			facts: backend.facts,
			otlpEndpoint: services.otlpEndpoint,
			grafanaUrl: services.grafanaUrl,
			demo: services.demo.url !== null,
			capabilities: backend.capabilities,
		};
	},
};
