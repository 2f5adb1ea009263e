import type { Endpoint, NoParams } from "./endpoint.ts";
import { servicesSchema, windowQuery } from "./schema.ts";
import { section } from "./section.ts";

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
