import { normaliseTraceId } from "../../core/ids.ts";
import type { ExemplarItem } from "../../core/ports.ts";
import { nanoToMs } from "../../core/time.ts";
import type { Endpoint, NoParams } from "./endpoint.ts";
import { ProblemError } from "./problem.ts";
import { type ExemplarAnswer, exemplarsQuery, exemplarsSchema } from "./schema.ts";
import { section } from "./section.ts";

export function exemplarAnswer(item: ExemplarItem): ExemplarAnswer {
	const { metric, service, route, unit, value, traceId, spanId } = item;
	return { metric, service, route, unit, timeMs: nanoToMs(item.timeUnixNano), value, traceId, spanId };
}

/** 400 for what is no trace ID in any spelling. */
export function readTraceId(text: string): string {
	const traceId = normaliseTraceId(text);
	if (traceId === null) {
		throw new ProblemError(400, "Not a trace ID", `"${text.slice(0, 200)}" is no trace ID.`, [
			"A trace ID is 16 or 32 hex digits, not all zero. For request IDs ask /api/pivot?id=.",
		]);
	}
	return traceId;
}

export const exemplars: Endpoint<typeof exemplarsQuery, NoParams, typeof exemplarsSchema> = {
	path: "/api/exemplars",
	summary: "Measurements that carry a trace ID",
	query: exemplarsQuery,
	answer: exemplarsSchema,
	async run({ query, window, call, services }) {
		const found = await services.backend.metrics.exemplars(
			{
				...(query.service === undefined ? {} : { service: query.service }),
				...(query.metric === undefined ? {} : { metric: query.metric }),
				...(query.traceId === undefined ? {} : { traceId: readTraceId(query.traceId) }),
				window: query.traceId === undefined ? window(query) : null,
			},
			call({ limit: 1000, hideDemo: query.hideDemo === "true" }),
		);
		return { ...section(found), items: found.data.map(exemplarAnswer) };
	},
};
