/** What is read from a span's attributes at the edge, once, so that everything later can do without attributes. */
import { firstText } from "./attribute-value.ts";
import { normaliseSpanId, normaliseTraceId } from "./ids.ts";
import type { Attributes, SpanCore, SpanId, SpanKind, TraceId } from "./model.ts";
import { peerOf } from "./peer.ts";
import { weightOf } from "./sampling.ts";

export const UNKNOWN_SERVICE = "unknown_service";

/** The parts of a span that follow from its attributes, its resource and its trace state. */
export function derivedParts(span: {
	kind: SpanKind;
	parentSpanId: SpanId | null;
	name: string;
	attributes: Attributes;
	resource: Attributes;
	traceState: string;
}): Pick<SpanCore, "service" | "route" | "peer" | "weight"> {
	return {
		service: serviceOf(span.resource),
		route: routeOf(span.kind, span.parentSpanId === null, span.name, span.attributes),
		peer: peerOf(span.kind, span.attributes),
		weight: weightOf(span.traceState),
	};
}

export function serviceOf(resource: Attributes): string {
	return firstText(resource, "service.name") ?? UNKNOWN_SERVICE;
}

/**
 * Of entry spans (server, consumer, roots): `http.route`, the rpc method (`shop.Cart/Add`) or the span's name. null for others.
 */
export function routeOf(kind: SpanKind, isRoot: boolean, name: string, attributes: Attributes): string | null {
	if (kind !== "server" && kind !== "consumer" && !isRoot) return null;
	const route = firstText(attributes, "http.route");
	if (route !== null) return route;
	const method = firstText(attributes, "rpc.method");
	if (method !== null) {
		const service = firstText(attributes, "rpc.service");
		return service === null || method.includes("/") ? method : `${service}/${method}`;
	}
	return name;
}

/** Where a request ID stands, the first that has one counts. */
export const REQUEST_ID_KEYS: readonly string[] = [
	"http.request_id",
	"http.request.header.x-request-id",
	"http.request.header.x_request_id",
	"http.response.header.x-request-id",
	"guid:x-request-id",
	"x-request-id",
	"request_id",
	"request.id",
	"requestId",
];

/** The request ID a span or a log record carries (OTel header attributes are lists: their first), or null. */
export function requestIdOf(attributes: Attributes): string | null {
	for (const key of REQUEST_ID_KEYS) {
		const value = attributes[key];
		const first = Array.isArray(value) ? value[0] : value;
		if (typeof first === "string" && first !== "") return first;
	}
	return null;
}

/** The trace and span a log record names among its attributes, for loggers that do not fill OTLP's own fields. */
export function traceOfAttributes(attributes: Attributes): { traceId: TraceId | null; spanId: SpanId | null } {
	const trace = firstText(attributes, "trace_id", "traceId", "traceID", "TraceId", "traceid", "trace.id");
	const traceId = trace === null ? null : normaliseTraceId(trace);
	if (traceId === null) return { traceId: null, spanId: null };
	const span = firstText(attributes, "span_id", "spanId", "spanID", "SpanId", "spanid", "span.id");
	return { traceId, spanId: span === null ? null : normaliseSpanId(span) };
}
