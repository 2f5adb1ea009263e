import type { z } from "@hono/zod-openapi";
import type { TraceSummary } from "../../core/ports.ts";
import { type Filter, parseSearch } from "../../core/search.ts";
import type { Endpoint, NoParams } from "./endpoint.ts";
import { type TraceSummaryAnswer, tracesQuery, tracesSchema } from "./schema.ts";
import { section } from "./section.ts";

export function traceSummaryAnswer({ startUnixNano, statusCode, ...summary }: TraceSummary): TraceSummaryAnswer {
	return { ...summary, startUnixNano: String(startUnixNano), status: statusCode };
}

/** The fields of the form and the search text as one filter: all of them must hold for one span. */
function filterOf(query: z.output<typeof tracesQuery>): Filter | null {
	const all: Filter[] = [];
	const compare = (field: string, op: "=" | ">=" | "<=", value: string | number): void => {
		all.push({ kind: "compare", field, op, value });
	};
	if (query.service !== undefined) compare("service", "=", query.service);
	if (query.operation !== undefined) compare("name", "=", query.operation);
	if (query.minDurationMs !== undefined) compare("duration", ">=", query.minDurationMs * 1e6);
	if (query.maxDurationMs !== undefined) compare("duration", "<=", query.maxDurationMs * 1e6);
	const text = query.q === undefined ? null : parseSearch(query.q);
	if (text !== null) all.push(text);
	return all.length > 1 ? { kind: "and", of: all } : (all[0] ?? null);
}

export const traces: Endpoint<typeof tracesQuery, NoParams, typeof tracesSchema> = {
	path: "/api/traces",
	summary: "Traces with a span that fits, newest or slowest first",
	query: tracesQuery,
	answer: tracesSchema,
	async run({ query, window, call, services }) {
		const found = await services.backend.traces.search(
			{
				window: window(query),
				filter: filterOf(query),
				status: query.status ?? null,
				order: query.order,
				...(query.traceql === undefined ? {} : { traceql: query.traceql }),
			},
			call({
				...(query.limit === undefined ? {} : { limit: query.limit }),
				...(query.cursor === undefined ? {} : { cursor: query.cursor }),
				hideDemo: query.hideDemo === "true",
			}),
		);
		return {
			...section(found),
			traces: found.data.map(traceSummaryAnswer),
			...(found.nextCursor === undefined ? {} : { nextCursor: found.nextCursor }),
		};
	},
};
