/**
 * Zipkin v2 JSON (a list of spans, or of traces; microseconds) to the model. Broken JSON and wrong containers throw `InvalidInput`; one bad
 * span is rejected and the rest kept. Client and server keep the id they share: the tree tells them apart by kind and service.
 */
import { setAttribute } from "../attribute-value.ts";
import type { Attributes, Span, SpanEvent, SpanKind } from "../model.ts";
import { InvalidInput } from "../ports.ts";
import { derivedParts } from "../route.ts";
import { type IdSpelling, idSpelling, microsAt } from "./foreign-fields.ts";
import { type JsonObject, listAt, objectAt, parseJson, textAt } from "./json.ts";
import type { Rejected } from "./otlp-fields.ts";

const KINDS: Record<string, SpanKind | undefined> = {
	CLIENT: "client",
	SERVER: "server",
	PRODUCER: "producer",
	CONSUMER: "consumer",
};
const DESTINATION_TAGS = [
	"kafka.topic",
	"rabbit.queue",
	"rabbit.routing_key",
	"jms.queue",
	"jms.topic",
	"sqs.queue_url",
];

/** Spans of a Zipkin document; `arrival` counts up from 0. */
export function readZipkin(input: string | object): { spans: Span[]; rejected: Rejected } {
	const root = typeof input === "string" ? parseJson(input) : input;
	if (!Array.isArray(root)) throw new InvalidInput("a Zipkin document is a list of spans");
	const spans: Span[] = [];
	const rejected: Rejected = { count: 0, reason: "" };
	const entries: unknown[] = root.flat();
	const ids = idSpelling(
		entries.flatMap((entry) => {
			const span = (entry ?? {}) as { traceId?: unknown; id?: unknown; parentId?: unknown };
			return [span.traceId, span.id, span.parentId];
		}),
	);
	entries.forEach((entry, i) => {
		try {
			spans.push(readSpan(objectAt(entry, "the span"), ids, spans.length));
		} catch (error) {
			if (!(error instanceof InvalidInput)) throw error;
			rejected.count++;
			if (rejected.reason === "") rejected.reason = `span ${i}: ${error.message}`;
		}
	});
	return { spans, rejected };
}

function readSpan(item: JsonObject, ids: IdSpelling, arrival: number): Span {
	// No kind is Zipkin's word for a span within a process.
	const kind = KINDS[String(item.kind)] ?? "internal";
	const tags = readTags(item.tags);
	const local = endpoint(item.localEndpoint, "localEndpoint");
	const parent = item.parentId;
	const core = {
		parentSpanId: parent === undefined || parent === null || parent === "" ? null : ids.spanId(parent, "parentId"),
		name: textAt(item.name, "name"),
		kind,
		attributes: { ...remoteAttributes(kind, endpoint(item.remoteEndpoint, "remoteEndpoint"), tags), ...tags },
		resource: {
			...(local.service === "" ? {} : { "service.name": local.service }),
			...(local.ip === "" ? {} : { "host.ip": local.ip }),
		},
		traceState: "",
	};
	const events = listAt(item.annotations, "annotations").map(readAnnotation);
	const failed = Object.hasOwn(tags, "error");
	return {
		traceId: ids.traceId(item.traceId, "traceId"),
		spanId: ids.spanId(item.id, "id"),
		...core,
		...derivedParts(core),
		startUnixNano: microsAt(item.timestamp, "timestamp"),
		durationNs: Number(microsAt(item.duration ?? 0, "duration")),
		statusCode: failed ? "error" : "unset",
		statusMessage: failed ? String(tags.error) : "",
		links: [],
		arrival,
		eventCount: events.length,
		scopeName: "",
		scopeVersion: "",
		events,
	};
}

interface Endpoint {
	service: string;
	ip: string;
	port: number | null;
}

function endpoint(value: unknown, field: string): Endpoint {
	if (value === undefined || value === null) return { service: "", ip: "", port: null };
	const { serviceName, ipv4, ipv6, port } = objectAt(value, field);
	return {
		service: textAt(serviceName, `${field}.serviceName`),
		ip: textAt(ipv4, `${field}.ipv4`) || textAt(ipv6, `${field}.ipv6`),
		port: typeof port === "number" && port > 0 ? port : null,
	};
}

/** The other end in the words of the semantic conventions, which is what `peerOf` reads. */
function remoteAttributes(kind: SpanKind, remote: Endpoint, tags: Attributes): Attributes {
	const attributes: Attributes = {};
	const address = remote.ip === "" ? null : remote.ip;
	if (kind === "server") {
		if (address !== null) attributes["client.address"] = address;
		return attributes;
	}
	if (address !== null) attributes["server.address"] = address;
	if (address !== null && remote.port !== null) attributes["server.port"] = remote.port;
	if (kind === "producer" || kind === "consumer") {
		if (remote.service !== "") attributes["messaging.system"] = remote.service;
		const destination = DESTINATION_TAGS.map((tag) => tags[tag]).find((tag) => typeof tag === "string" && tag !== "");
		if (destination !== undefined) attributes["messaging.destination.name"] = destination;
		return attributes;
	}
	if (remote.service !== "") attributes["peer.service"] = remote.service;
	if (typeof tags["sql.query"] === "string") attributes["db.system"] = "other_sql";
	return attributes;
}

function readTags(value: unknown): Attributes {
	const attributes: Attributes = {};
	if (value === undefined || value === null) return attributes;
	for (const [key, tag] of Object.entries(objectAt(value, "tags")))
		setAttribute(attributes, key, textAt(tag, `tags.${key}`));
	return attributes;
}

function readAnnotation(entry: unknown): SpanEvent {
	const annotation = objectAt(entry, "an annotation");
	return {
		timeUnixNano: microsAt(annotation.timestamp, "an annotation's timestamp"),
		name: textAt(annotation.value, "an annotation's value"),
		attributes: {},
	};
}
