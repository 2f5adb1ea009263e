import { normaliseSpanId } from "../../core/ids.ts";
import type { LogRecord } from "../../core/model.ts";
import { parseSearch } from "../../core/search.ts";
import type { Endpoint, NoParams } from "./endpoint.ts";
import { readTraceId } from "./exemplars.ts";
import { ProblemError } from "./problem.ts";
import { type LogRecordAnswer, logsQuery, logsSchema } from "./schema.ts";
import { section } from "./section.ts";

export function logRecordAnswer(record: LogRecord): LogRecordAnswer {
	const { sequence, service, level, severityText, body, traceId, spanId, attributes, resource } = record;
	return {
		timeUnixNano: String(record.timeUnixNano),
		sequence,
		service,
		level,
		severityText,
		body,
		traceId,
		spanId,
		attributes,
		resource,
	};
}

/** 400 for what is no span ID. */
export function readSpanId(text: string): string {
	const spanId = normaliseSpanId(text);
	if (spanId === null)
		throw new ProblemError(400, "Not a span ID", `"${text.slice(0, 100)}" is no span ID (16 hex digits).`);
	return spanId;
}

export const logs: Endpoint<typeof logsQuery, NoParams, typeof logsSchema> = {
	path: "/api/logs",
	summary: "Log records in nanosecond order; with a trace ID the window does not count",
	query: logsQuery,
	answer: logsSchema,
	async run({ query, window, call, services }) {
		const found = await services.backend.logs.logs(
			{
				window: query.traceId === undefined ? window(query) : null,
				...(query.traceId === undefined ? {} : { traceId: readTraceId(query.traceId) }),
				...(query.spanId === undefined ? {} : { spanId: readSpanId(query.spanId) }),
				...(query.service === undefined ? {} : { service: query.service }),
				...(query.level === undefined ? {} : { minLevel: query.level }),
				filter: query.q === undefined ? null : parseSearch(query.q),
				order: query.order,
				...(query.logql === undefined ? {} : { logql: query.logql }),
			},
			call({
				...(query.limit === undefined ? {} : { limit: query.limit }),
				...(query.cursor === undefined ? {} : { cursor: query.cursor }),
				hideDemo: query.hideDemo === "true",
			}),
		);
		return {
			...section(found),
			records: found.data.map(logRecordAnswer),
			...(found.nextCursor === undefined ? {} : { nextCursor: found.nextCursor }),
		};
	},
};
