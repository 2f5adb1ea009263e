import type { z } from "@hono/zod-openapi";
import type { Endpoint } from "./endpoint.ts";
import { servicesSchema, windowQuery } from "./schema.ts";
import { section } from "./section.ts";

type NoParams = z.ZodObject<Record<string, never>>;

export const services: Endpoint<typeof windowQuery, NoParams, typeof servicesSchema> = {
	path: "/api/services",
	summary: "Services seen in the window, with their RED and where each number is from",
	query: windowQuery,
	answer: servicesSchema,
	async run({ query, window, call, services }) {
		const found = await services.backend.traces.services(
			window(query),
			call({ limit: 1000, hideDemo: query.hideDemo === "true" }),
		);
		return {
			...section(found),
			services: found.data.map(({ lastSeenUnixNano, ...service }) => ({
				...service,
				lastSeenUnixNano: String(lastSeenUnixNano),
			})),
		};
	},
};
