/**
 * OTLP/JSON (opentelemetry-proto 1.x, protobuf's JSON mapping with hex ids) to the model, and traces back. Broken JSON and wrong
 * containers throw `InvalidInput` that names the position or the path; one bad item is rejected and the rest kept.
 */
import { levelOf, readAnyValue, readAttributes, writeAttributes } from "../attribute-value.ts";
import { normaliseSpanId, normaliseTraceId } from "../ids.ts";
import {
	type Attributes,
	type LogRecord,
	type MetricPoint,
	SPAN_KINDS,
	type Span,
	type SpanEvent,
	type SpanLink,
	STATUS_CODES,
} from "../model.ts";
import { InvalidInput } from "../ports.ts";
import { derivedParts, serviceOf, traceOfAttributes } from "../route.ts";
import { type JsonObject, listAt, objectAt, textAt } from "./json.ts";
import {
	enumAt,
	nanoAt,
	optionalSpanId,
	type Rejected,
	readItems,
	type Scope,
	spanIdAt,
	traceIdAt,
} from "./otlp-fields.ts";
import { pointsOf, readMetric } from "./otlp-metrics.ts";

const KIND_NAMES = SPAN_KINDS.map((kind) => `SPAN_KIND_${kind.toUpperCase()}`);
const STATUS_NAMES = STATUS_CODES.map((status) => `STATUS_CODE_${status.toUpperCase()}`);

/** Spans of an ExportTraceServiceRequest; `arrival` counts up from 0 in the order of the request. */
export function readTraces(input: string | object): { spans: Span[]; rejected: Rejected } {
	const spans: Span[] = [];
	const rejected = readItems(input, "spans", (item, resource, scope) => {
		spans.push(readSpan(item, resource, scope, spans.length));
	});
	return { spans, rejected };
}

function readSpan(item: JsonObject, resource: Attributes, scope: Scope, arrival: number): Span {
	const startUnixNano = nanoAt(item.startTimeUnixNano, "startTimeUnixNano");
	const endUnixNano = nanoAt(item.endTimeUnixNano, "endTimeUnixNano");
	if (startUnixNano === null) throw new InvalidInput("startTimeUnixNano is missing");
	if (endUnixNano === null) throw new InvalidInput("endTimeUnixNano is missing");
	if (endUnixNano < startUnixNano) {
		throw new InvalidInput(`endTimeUnixNano ${endUnixNano} is before startTimeUnixNano ${startUnixNano}`);
	}
	const status = item.status === undefined || item.status === null ? {} : objectAt(item.status, "status");
	const core = {
		parentSpanId: optionalSpanId(item.parentSpanId, "parentSpanId"),
		name: textAt(item.name, "name"),
		kind: enumAt(item.kind, KIND_NAMES, SPAN_KINDS),
		attributes: withScope(scope, readAttributes(item.attributes)),
		resource,
		traceState: textAt(item.traceState, "traceState"),
	};
	const events = listAt(item.events, "events").map(readEvent);
	return {
		traceId: traceIdAt(item.traceId),
		spanId: spanIdAt(item.spanId),
		...core,
		...derivedParts(core),
		startUnixNano,
		durationNs: Number(endUnixNano - startUnixNano),
		statusCode: enumAt(status.code, STATUS_NAMES, STATUS_CODES),
		statusMessage: textAt(status.message, "status.message"),
		links: listAt(item.links, "links").flatMap(readLink),
		arrival,
		eventCount: events.length,
		scopeName: scope.name,
		scopeVersion: scope.version,
		events,
	};
}

/** Scope attributes become the item's own, as in Jaeger, so that they are shown and found; the item's win. */
function withScope(scope: Scope, attributes: Attributes): Attributes {
	return Object.keys(scope.attributes).length === 0 ? attributes : { ...scope.attributes, ...attributes };
}

function readEvent(entry: unknown): SpanEvent {
	const event = objectAt(entry, "an event");
	return {
		timeUnixNano: nanoAt(event.timeUnixNano, "event timeUnixNano") ?? 0n,
		name: textAt(event.name, "event name"),
		attributes: readAttributes(event.attributes),
	};
}

/** A link to nowhere is no reason to lose the span: it is left out. */
function readLink(entry: unknown): SpanLink[] {
	const link = objectAt(entry, "a link");
	const traceId = normaliseTraceId(String(link.traceId ?? ""));
	const spanId = normaliseSpanId(String(link.spanId ?? ""));
	return traceId === null || spanId === null ? [] : [{ traceId, spanId, attributes: readAttributes(link.attributes) }];
}

/**
 * Log records of an ExportLogsServiceRequest; `sequence` counts up from 0. A record without any time takes `receivedUnixNano`, and is
 * rejected where that is absent too. A record keeps its place without a usable trace ID; one named by an attribute counts.
 */
export function readLogs(
	input: string | object,
	options: { receivedUnixNano?: bigint } = {},
): { records: LogRecord[]; rejected: Rejected } {
	const records: LogRecord[] = [];
	const rejected = readItems(input, "logs", (item, resource, scope) => {
		const time = nanoAt(item.timeUnixNano, "timeUnixNano") || nanoAt(item.observedTimeUnixNano, "observedTimeUnixNano");
		const timeUnixNano = time || options.receivedUnixNano;
		if (timeUnixNano === undefined) throw new InvalidInput("neither timeUnixNano nor observedTimeUnixNano is set");
		const attributes = withScope(scope, readAttributes(item.attributes));
		const severityNumber = severityAt(item.severityNumber);
		const severityText = textAt(item.severityText, "severityText");
		const body = readAnyValue(item.body);
		const traceId = typeof item.traceId === "string" ? normaliseTraceId(item.traceId) : null;
		const spanId = typeof item.spanId === "string" ? normaliseSpanId(item.spanId) : null;
		records.push({
			timeUnixNano,
			sequence: records.length,
			service: serviceOf(resource),
			severityNumber,
			severityText,
			level: levelOf(severityNumber, severityText),
			body: bodyText(body, item.eventName),
			...(traceId === null ? traceOfAttributes(attributes) : { traceId, spanId }),
			attributes,
			resource,
			scopeName: scope.name,
		});
	});
	return { records, rejected };
}

function bodyText(body: ReturnType<typeof readAnyValue>, eventName: unknown): string {
	if (body === null) return typeof eventName === "string" ? eventName : "";
	return typeof body === "string" ? body : JSON.stringify(body);
}

const SEVERITIES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** 0..24, from the number or the enum's name (`SEVERITY_NUMBER_WARN2`); anything else is 0. */
function severityAt(value: unknown): number {
	if (typeof value === "string" && !/^\d+$/.test(value)) {
		const match = /^SEVERITY_NUMBER_([A-Z]+)([2-4]?)$/.exec(value);
		const index = SEVERITIES.indexOf(match?.[1] ?? "");
		return index < 0 ? 0 : index * 4 + Number(match?.[2] || 1);
	}
	const number = Number(value ?? 0);
	return Number.isInteger(number) && number >= 0 && number <= 24 ? number : 0;
}

/** Data points of an ExportMetricsServiceRequest, one per series and time. Points that say "no recorded value" are left out. */
export function readMetrics(input: string | object): { points: MetricPoint[]; rejected: Rejected } {
	const points: MetricPoint[] = [];
	const bad: Rejected = { count: 0, reason: "" };
	const rejected = readItems(
		input,
		"metrics",
		(item, resource) => readMetric(item, resource, points, bad),
		(item) => Math.max(1, pointsOf(item).length),
	);
	return { points, rejected: { count: rejected.count + bad.count, reason: rejected.reason || bad.reason } };
}

/** An ExportTraceServiceRequest in JSON; what `readTraces` reads back as the same spans. */
export function writeTraces(spans: readonly Span[]): { resourceSpans: object[] } {
	const resources = new Map<
		string,
		{ resource: Attributes; scopes: Map<string, { scope: object; spans: object[] }> }
	>();
	const keys = new Map<Attributes, string>();
	for (const span of spans) {
		let key = keys.get(span.resource);
		if (key === undefined) {
			key = JSON.stringify(span.resource);
			keys.set(span.resource, key);
		}
		let group = resources.get(key);
		if (group === undefined) {
			group = { resource: span.resource, scopes: new Map() };
			resources.set(key, group);
		}
		const scopeKey = JSON.stringify([span.scopeName, span.scopeVersion]);
		let scope = group.scopes.get(scopeKey);
		if (scope === undefined) {
			scope = { scope: { name: span.scopeName, version: span.scopeVersion }, spans: [] };
			group.scopes.set(scopeKey, scope);
		}
		scope.spans.push(writeSpan(span));
	}
	return {
		resourceSpans: [...resources.values()].map(({ resource, scopes }) => ({
			resource: { attributes: writeAttributes(resource) },
			scopeSpans: [...scopes.values()],
		})),
	};
}

function writeSpan(span: Span): object {
	return {
		traceId: span.traceId,
		spanId: span.spanId,
		...(span.parentSpanId === null ? {} : { parentSpanId: span.parentSpanId }),
		...(span.traceState === "" ? {} : { traceState: span.traceState }),
		name: span.name,
		kind: SPAN_KINDS.indexOf(span.kind),
		startTimeUnixNano: String(span.startUnixNano),
		endTimeUnixNano: String(span.startUnixNano + BigInt(Math.round(span.durationNs))),
		attributes: writeAttributes(span.attributes),
		events: span.events.map((event) => ({
			timeUnixNano: String(event.timeUnixNano),
			name: event.name,
			attributes: writeAttributes(event.attributes),
		})),
		links: span.links.map((link) => ({
			traceId: link.traceId,
			spanId: link.spanId,
			attributes: writeAttributes(link.attributes),
		})),
		status: {
			code: STATUS_CODES.indexOf(span.statusCode),
			...(span.statusMessage === "" ? {} : { message: span.statusMessage }),
		},
	};
}
