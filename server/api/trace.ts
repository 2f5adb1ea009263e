/** One trace: whole, as skeleton, one span of it, and as OTLP/JSON. */
import { z } from "@hono/zod-openapi";
import { writeTraces } from "../../core/formats/otlp-json.ts";
import type { SpanCore } from "../../core/model.ts";
import type { Answer } from "../../core/ports.ts";
import { buildTraceTree } from "../../core/trace-tree.ts";
import type { Endpoint } from "./endpoint.ts";
import { readTraceId } from "./exemplars.ts";
import { readSpanId } from "./logs.ts";
import { ProblemError } from "./problem.ts";
import { skeletonSchema, spanVersionsSchema, traceSchema } from "./schema.ts";
import { section } from "./section.ts";
import { skeletonAnswer, spanAnswer, spanAnswers, traceFacts } from "./trace-answer.ts";

const none = z.object({});
const traceParams = z.object({ traceId: z.string().max(200) });
const spanParams = traceParams.extend({ spanId: z.string().max(64) });

/** More spans than any trace should have; beyond it the answer says `partial`. */
export const MAX_TRACE_SPANS = 200_000;

/** What a trace that nobody knows most likely is. */
export const UNKNOWN_TRACE_HINTS = [
	"Still arriving: spans show up within two seconds of their export, which SDKs do every few seconds.",
	"Sampled out: the app decided not to record it (OTEL_TRACES_SAMPLER).",
	"Not kept any more: see the data window on /status.",
];

function known<T extends SpanCore>(answer: Answer<T[]>, traceId: string): T[] {
	if (answer.data.length > 0) return answer.data;
	throw new ProblemError(404, "Unknown trace", `No span of trace ${traceId} has been seen.`, UNKNOWN_TRACE_HINTS);
}

export const trace: Endpoint<typeof none, typeof traceParams, typeof traceSchema> = {
	path: "/api/traces/{traceId}",
	summary: "A trace with every span whole",
	query: none,
	params: traceParams,
	answer: traceSchema,
	async run({ params, call, services }) {
		const traceId = readTraceId(params.traceId);
		const found = await services.backend.traces.trace(traceId, call({ limit: MAX_TRACE_SPANS }));
		const tree = buildTraceTree(known(found, traceId));
		const facts = traceFacts(tree, null, found.status === "partial");
		return { ...section(found), ...facts, spans: spanAnswers(tree) };
	},
};

export const skeleton: Endpoint<typeof none, typeof traceParams, typeof skeletonSchema> = {
	path: "/api/traces/{traceId}/skeleton",
	summary: "A trace as columns, for drawing very large ones",
	query: none,
	params: traceParams,
	answer: skeletonSchema,
	async run({ params, call, services }) {
		const traceId = readTraceId(params.traceId);
		const found = await services.backend.traces.skeleton(traceId, call({ limit: MAX_TRACE_SPANS }));
		const tree = buildTraceTree(known(found, traceId));
		return skeletonAnswer(tree, traceFacts(tree, null, found.status === "partial"));
	},
};

/** Client and server may share a span id, and a span may have been superseded: all of them are told. */
export const span: Endpoint<typeof none, typeof spanParams, typeof spanVersionsSchema> = {
	path: "/api/traces/{traceId}/spans/{spanId}",
	summary: "The spans of a trace with this id, whole; times count from the trace's start",
	query: none,
	params: spanParams,
	answer: spanVersionsSchema,
	async run({ params, call, services }) {
		const traceId = readTraceId(params.traceId);
		const spanId = readSpanId(params.spanId);
		const { traces } = services.backend;
		const [found, all] = await Promise.all([
			traces.span(traceId, spanId, call()),
			traces.skeleton(traceId, call({ limit: MAX_TRACE_SPANS })),
		]);
		if (found.data.length === 0) {
			throw new ProblemError(404, "Unknown span", `Trace ${traceId} has no span ${spanId}.`, UNKNOWN_TRACE_HINTS);
		}
		// Times, self time and flags are the tree's, so the span must stand in it; whole spans replace their skeletons there.
		const tree = buildTraceTree([...all.data.filter((core) => core.spanId !== spanId), ...found.data]);
		const spans = tree.spans.flatMap((core, row) => {
			const whole = found.data.find((candidate) => candidate === core);
			return whole ? [spanAnswer(tree, row, whole)] : [];
		});
		return { startUnixNano: String(tree.startUnixNano), spans };
	},
};

export const otlpExport: Endpoint<typeof none, typeof traceParams, z.ZodType> = {
	path: "/api/traces/{traceId}/otlp",
	summary: "A trace as one OTLP/JSON export request",
	query: none,
	params: traceParams,
	answer: z.object({ resourceSpans: z.array(z.unknown()) }),
	async run({ params, call, services }) {
		const traceId = readTraceId(params.traceId);
		const found = await services.backend.traces.trace(traceId, call({ limit: MAX_TRACE_SPANS }));
		return writeTraces(known(found, traceId));
	},
};
