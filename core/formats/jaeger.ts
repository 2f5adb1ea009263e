/**
 * Traces in the JSON of Jaeger's query API (`{"data": [{traceID, spans, processes}]}`, microseconds) to the model. Broken JSON and wrong
 * containers throw `InvalidInput`; one bad span is rejected and the rest kept.
 */
import { describe, setAttribute } from "../attribute-value.ts";
import type { Attributes, AttributeValue, Span, SpanEvent, SpanKind, SpanLink, StatusCode } from "../model.ts";
import { InvalidInput } from "../ports.ts";
import { derivedParts } from "../route.ts";
import { type IdSpelling, idSpelling, microsAt } from "./foreign-fields.ts";
import { type JsonObject, listAt, objectAt, parseJson, textAt } from "./json.ts";
import type { Rejected } from "./otlp-fields.ts";

const KINDS = new Set<string>(["internal", "server", "client", "producer", "consumer"]);

/** Spans of a Jaeger answer, of one of its traces, or of a list of them. `arrival` counts up from 0. */
export function readJaeger(input: string | object): { spans: Span[]; rejected: Rejected } {
	const root = typeof input === "string" ? parseJson(input) : input;
	const traces = Array.isArray(root) ? root : listOfTraces(objectAt(root, "the document"));
	const spans: Span[] = [];
	const rejected: Rejected = { count: 0, reason: "" };
	traces.forEach((entry, t) => {
		const trace = objectAt(entry, `data[${t}]`);
		const processes = objectAt(trace.processes ?? {}, `data[${t}].processes`);
		const entries = listAt(trace.spans, `data[${t}].spans`);
		const ids = idSpelling(entries.flatMap(idsOf));
		const resources = new Map<unknown, Attributes>();
		entries.forEach((span, s) => {
			try {
				const item = objectAt(span, "the span");
				const key = item.process === undefined ? item.processID : item.process;
				let resource = resources.get(key);
				if (resource === undefined) {
					resource = readProcess(item.process ?? processes[String(item.processID)]);
					resources.set(key, resource);
				}
				spans.push(readSpan(item, resource, ids, spans.length));
			} catch (error) {
				if (!(error instanceof InvalidInput)) throw error;
				rejected.count++;
				if (rejected.reason === "") rejected.reason = `data[${t}].spans[${s}]: ${error.message}`;
			}
		});
	});
	return { spans, rejected };
}

function listOfTraces(root: JsonObject): unknown[] {
	if (root.spans !== undefined) return [root];
	if (root.data !== undefined) return listAt(root.data, "data");
	throw new InvalidInput(`neither data nor spans in the document; it has ${Object.keys(root).slice(0, 5).join(", ")}`);
}

function idsOf(entry: unknown): unknown[] {
	const span = (entry ?? {}) as { traceID?: unknown; spanID?: unknown; parentSpanID?: unknown; references?: unknown };
	const references = Array.isArray(span.references)
		? (span.references as { traceID?: unknown; spanID?: unknown }[])
		: [];
	return [span.traceID, span.spanID, span.parentSpanID, ...references.flatMap((r) => [r?.traceID, r?.spanID])];
}

function readProcess(value: unknown): Attributes {
	if (value === undefined || value === null) return {};
	const process = objectAt(value, "the span's process");
	const name = textAt(process.serviceName, "serviceName");
	return { ...readTags(process.tags), ...(name === "" ? {} : { "service.name": name }) };
}

function readSpan(item: JsonObject, resource: Attributes, ids: IdSpelling, arrival: number): Span {
	const traceId = ids.traceId(item.traceID, "traceID");
	const tags = readTags(item.tags);
	const { parentSpanId, links } = readReferences(item, traceId, ids);
	const kind = String(tags["span.kind"] ?? "");
	const core = {
		parentSpanId,
		name: textAt(item.operationName, "operationName"),
		kind: (KINDS.has(kind) ? kind : "unspecified") as SpanKind,
		attributes: tags,
		resource,
		traceState: typeof tags["w3c.tracestate"] === "string" ? tags["w3c.tracestate"] : "",
	};
	const events = listAt(item.logs, "logs").map(readLog);
	const text = (...keys: string[]) => keys.map((key) => tags[key]).find((value) => typeof value === "string") ?? "";
	return {
		traceId,
		spanId: ids.spanId(item.spanID, "spanID"),
		...core,
		...derivedParts(core),
		startUnixNano: microsAt(item.startTime, "startTime"),
		durationNs: Number(microsAt(item.duration ?? 0, "duration")),
		statusCode: statusOf(tags),
		statusMessage: String(text("otel.status_description", "error.message", "error")),
		links,
		arrival,
		eventCount: events.length,
		scopeName: String(text("otel.scope.name", "otel.library.name")),
		scopeVersion: String(text("otel.scope.version", "otel.library.version")),
		events,
	};
}

function statusOf(tags: Attributes): StatusCode {
	const code = tags["otel.status_code"];
	const { error } = tags;
	// Some write what went wrong instead of true.
	if (code === "ERROR" || error === true || (typeof error === "string" && error !== "" && error !== "false"))
		return "error";
	return code === "OK" ? "ok" : "unset";
}

/** The parent is the first CHILD_OF of the same trace, else the first FOLLOWS_FROM; all others are links. */
function readReferences(
	item: JsonObject,
	traceId: string,
	ids: IdSpelling,
): { parentSpanId: string | null; links: SpanLink[] } {
	const references = listAt(item.references, "references").map((entry) => {
		const reference = objectAt(entry, "a reference");
		return {
			type: reference.refType,
			traceId: ids.traceId(reference.traceID ?? item.traceID, "references.traceID"),
			spanId: ids.spanId(reference.spanID, "references.spanID"),
			attributes: {},
		};
	});
	const own = references.filter((reference) => reference.traceId === traceId);
	const parent = own.find((reference) => reference.type === "CHILD_OF") ?? own[0];
	const links = references.filter((reference) => reference !== parent).map(({ type: _, ...link }) => link);
	const legacy = item.parentSpanID;
	if (parent === undefined && typeof legacy === "string" && !/^0*$/.test(legacy)) {
		return { parentSpanId: ids.spanId(legacy, "parentSpanID"), links };
	}
	return { parentSpanId: parent?.spanId ?? null, links };
}

function readLog(entry: unknown): SpanEvent {
	const log = objectAt(entry, "a log");
	const attributes = readTags(log.fields);
	const name = attributes.event ?? attributes.message;
	return {
		timeUnixNano: microsAt(log.timestamp, "timestamp"),
		name: typeof name === "string" ? name : "log",
		attributes,
	};
}

function readTags(value: unknown): Attributes {
	const attributes: Attributes = {};
	for (const entry of listAt(value, "tags")) {
		const tag = objectAt(entry, "a tag");
		if (typeof tag.key === "string" && tag.key !== "") setAttribute(attributes, tag.key, readTag(tag));
	}
	return attributes;
}

function readTag({ type, value }: JsonObject): AttributeValue {
	if (typeof value === "boolean" || typeof value === "number" || value === null) return value;
	if (typeof value !== "string") throw new InvalidInput(`a tag's value is ${describe(value)}`);
	if (type === "bool") return value === "true";
	if ((type === "int64" || type === "float64") && value.trim() !== "") {
		const number = Number(value);
		if (Number.isFinite(number) && (type === "float64" || Number.isSafeInteger(number))) return number;
	}
	return value;
}
