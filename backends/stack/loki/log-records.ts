/** Loki's streams as log records of the model: labels told apart into resource and attributes, IDs from wherever they stand. */
import { z } from "zod";
import { setAttribute } from "../../../core/attribute-value.ts";
import { normaliseSpanId, normaliseTraceId, parseTraceparent } from "../../../core/ids.ts";
import type { Attributes, LogRecord, SpanId, TraceId } from "../../../core/model.ts";
import { InvalidInput } from "../../../core/ports.ts";
import { attributeName, attributeValue, isResourceLabel } from "./attribute-names.ts";
import { severityOf } from "./log-level.ts";
import { SPAN_LABELS, TRACE_LABELS } from "./trace-spellings.ts";

const labels = z.record(z.string(), z.string());

const line = z
	.tuple([z.string().regex(/^-?\d{1,20}$/), z.string()])
	.rest(z.object({ structuredMetadata: labels.optional(), parsed: labels.optional() }));

/** Lines; or the numbers of a metric query, which someone's own LogQL may be. */
export const streamsSchema = z.object({
	data: z.discriminatedUnion("resultType", [
		z.object({
			resultType: z.literal("streams"),
			result: z.array(z.object({ stream: labels, values: z.array(line) })),
		}),
		z.object({ resultType: z.enum(["matrix", "vector", "scalar"]) }),
	]),
});

/** One line as Loki holds it. */
export interface Entry {
	timeUnixNano: bigint;
	line: string;
	stream: Record<string, string>;
	metadata: Record<string, string>;
	/** Text that is the same for the same stream, and for the same metadata within it. */
	streamKey: string;
	metadataKey: string;
}

/** In the order of the answer within each stream. Throws `InvalidInput` for numbers. */
export function entriesOf(answer: z.output<typeof streamsSchema> | null): Entry[] {
	const entries: Entry[] = [];
	if (answer === null) return entries;
	if (answer.data.resultType !== "streams") {
		throw new InvalidInput("this LogQL computes numbers, not log lines: leave out its aggregation");
	}
	for (const { stream, values } of answer.data.result) {
		const streamKey = keyOf(stream);
		for (const [time, text, categories] of values) {
			const metadata = categories?.structuredMetadata ?? {};
			const timeUnixNano = BigInt(time);
			entries.push({ timeUnixNano, line: text, stream, metadata, streamKey, metadataKey: keyOf(metadata) });
		}
	}
	return entries;
}

function keyOf(record: Record<string, string>): string {
	return JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Labels that shippers name a service by, the best first. */
export const SERVICE_LABELS = [
	"service_name",
	"service",
	"app",
	"app_kubernetes_io_name",
	"application",
	"job",
	"container",
	"container_name",
] as const;

/** Labels that become fields of the record. */
const FIELDS = new Set([
	"severity_number",
	"severity_text",
	"detected_level",
	"scope_name",
	"observed_timestamp",
	"flags",
]);
const INNER = /^(?:__.*|trivet_.*)$/;

/** `sequence` is the line's place among those of the same nanosecond. */
export function recordOf(entry: Entry, sequence: number): LogRecord {
	const { timeUnixNano, line, stream, metadata } = entry;
	const label = labelOf(entry);
	const service = serviceOf(label);
	const attributes: Attributes = {};
	const resource: Attributes = {};
	for (const [name, value] of Object.entries(metadata)) {
		if (FIELDS.has(name) || INNER.test(name)) continue;
		if (name === "trace_id" || name === "span_id") continue;
		setAttribute(isResourceLabel(name) ? resource : attributes, attributeName(name), attributeValue(value));
	}
	for (const [name, value] of Object.entries(stream)) {
		if (!INNER.test(name) && !FIELDS.has(name)) setAttribute(resource, attributeName(name), value);
	}
	setAttribute(resource, "service.name", service);
	const { traceId, spanId } = idsOf(label, line);
	return {
		timeUnixNano,
		sequence,
		service,
		...severityOf(label),
		body: line,
		traceId,
		spanId,
		attributes,
		resource,
		scopeName: label("scope_name") ?? "",
	};
}

/** Of the record itself, else of its stream. */
export function labelOf({ stream, metadata }: Entry): (name: string) => string | undefined {
	return (name) =>
		Object.hasOwn(metadata, name) ? metadata[name] : Object.hasOwn(stream, name) ? stream[name] : undefined;
}

export function serviceOf(label: (name: string) => string | undefined): string {
	for (const name of SERVICE_LABELS) {
		const value = label(name);
		// Loki's own word for streams that name none; what another label says is better.
		if (value !== undefined && value !== "" && value !== "unknown_service") return value;
	}
	return "unknown_service";
}

interface Ids {
	traceId: TraceId | null;
	spanId: SpanId | null;
}

function idsOf(label: (name: string) => string | undefined, line: string): Ids {
	const traceId = firstId(TRACE_LABELS, label, traceIdOf);
	if (traceId !== null) return { traceId, spanId: firstId(SPAN_LABELS, label, spanIdOf) };
	const parent = parseTraceparent(label("traceparent") ?? "") ?? parseTraceparent(line);
	if (parent !== null) return parent;
	const named = TRACE_IN_TEXT.exec(line)?.[1];
	const inText = named === undefined ? null : traceIdOf("trace_id", named);
	if (inText === null) return { traceId: null, spanId: firstId(SPAN_LABELS, label, spanIdOf) };
	const span = SPAN_IN_TEXT.exec(line)?.[1];
	return { traceId: inText, spanId: span === undefined ? null : normaliseSpanId(span) };
}

const TRACE_IN_TEXT =
	/(?:trace[._-]?id|x-b3-traceid|(?<=["'\s])trace)\\?["']?\s*[:=]\s*\\?["']?([0-9A-Za-z+/=_-]{8,48})/i;
const SPAN_IN_TEXT = /(?:span[._-]?id|x-b3-spanid)\\?["']?\s*[:=]\s*\\?["']?([0-9A-Za-z+/=_-]{8,24})/i;

function firstId<Id>(
	names: readonly string[],
	label: (name: string) => string | undefined,
	read: (name: string, text: string) => Id | null,
): Id | null {
	for (const name of names) {
		const text = label(name);
		const id = text === undefined ? null : read(name, text);
		if (id !== null) return id;
	}
	return null;
}

function traceIdOf(name: string, text: string): TraceId | null {
	return normaliseTraceId(decimalAsHex(name, text));
}

function spanIdOf(name: string, text: string): SpanId | null {
	return normaliseSpanId(decimalAsHex(name, text));
}

/** Datadog writes its 64-bit IDs in decimal. */
function decimalAsHex(name: string, text: string): string {
	return name.startsWith("dd_") && /^\d{17,20}$/.test(text) ? BigInt(text).toString(16) : text;
}
