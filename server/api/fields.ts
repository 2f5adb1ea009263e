import type { Endpoint, NoParams } from "./endpoint.ts";
import { fieldsQuery, fieldsSchema } from "./schema.ts";
import { section } from "./section.ts";

export const fields: Endpoint<typeof fieldsQuery, NoParams, typeof fieldsSchema> = {
	path: "/api/fields",
	summary: "Known fields, or the known values of one: what a search can ask for",
	query: fieldsQuery,
	answer: fieldsSchema,
	async run({ query, window, call, services }) {
		const found = await services.backend.traces.fields(
			{
				signal: query.signal,
				window: window(query),
				...(query.field === undefined ? {} : { field: query.field }),
				...(query.prefix === undefined ? {} : { prefix: query.prefix }),
			},
			call({ limit: 200, hideDemo: query.hideDemo === "true" }),
		);
		return { ...section(found), values: found.data };
	},
};
