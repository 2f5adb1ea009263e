/** Telemetry in the words of the kit, written as OTLP/JSON export requests: what every backend is fed with. */
import type { AttributeValue, Signal, SpanKind } from "../../core/model.ts";

/** One export request as text, ready for `send`. */
export interface Export {
	signal: Signal;
	body: string;
}

export interface SpanSpec {
	traceId: string;
	spanId: string;
	parent?: string;
	service: string;
	name: string;
	kind?: SpanKind;
	start: bigint;
	durationNs: number;
	status?: "ok" | "error";
	statusMessage?: string;
	attributes?: SpecAttributes;
	resource?: SpecAttributes;
	scope?: { name?: string; version?: string; attributes?: SpecAttributes };
	traceState?: string;
	events?: { time: bigint; name: string; attributes?: SpecAttributes }[];
	links?: { traceId: string; spanId: string; attributes?: SpecAttributes }[];
}

export interface LogSpec {
	service: string;
	time: bigint;
	body: string;
	severityNumber?: number;
	severityText?: string;
	traceId?: string;
	spanId?: string;
	attributes?: SpecAttributes;
	resource?: SpecAttributes;
}

export interface HistogramSpec {
	service: string;
	metric: string;
	unit?: string;
	temporality?: "cumulative" | "delta";
	attributes?: SpecAttributes;
	resource?: SpecAttributes;
	bounds: number[];
	points: {
		start: bigint;
		time: bigint;
		sum: number;
		counts: number[];
		exemplars?: { time: bigint; value: number; traceId: string; spanId: string }[];
	}[];
}

export interface GaugeSpec {
	service: string;
	metric: string;
	unit?: string;
	attributes?: SpecAttributes;
	points: { time: bigint; value: number }[];
}

/** Attributes, with ways to say that a number is a double or a text is bytes. */
export type SpecAttributes = Record<string, AttributeValue | Double | Bytes>;

const kinds: SpanKind[] = ["unspecified", "internal", "server", "client", "producer", "consumer"];

/** Marks a number that must travel as a double even when it is whole. */
export class Double {
	readonly value: number;
	constructor(value: number) {
		this.value = value;
	}
}

/** Bytes travel as base64; the port gives them back as the same text. */
export class Bytes {
	readonly base64: string;
	constructor(base64: string) {
		this.base64 = base64;
	}
}

function anyValue(value: AttributeValue | Double | Bytes): unknown {
	if (value instanceof Double) return { doubleValue: value.value };
	if (value instanceof Bytes) return { bytesValue: value.base64 };
	if (value === null) return {};
	if (typeof value === "string") return { stringValue: value };
	if (typeof value === "boolean") return { boolValue: value };
	if (typeof value === "number")
		return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
	if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
	return { kvlistValue: { values: keyValues(value) } };
}

function keyValues(attributes: SpecAttributes): { key: string; value: unknown }[] {
	return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function resourceOf(spec: { service: string; resource?: SpecAttributes }): object {
	return { attributes: keyValues({ "service.name": spec.service, ...spec.resource }) };
}

function grouped<T>(items: readonly T[], key: (item: T) => string): T[][] {
	const groups = new Map<string, T[]>();
	for (const item of items) {
		const k = key(item);
		const group = groups.get(k);
		if (group) group.push(item);
		else groups.set(k, [item]);
	}
	return [...groups.values()];
}

/** One export request with all these spans. */
export function spans(...specs: SpanSpec[]): Export {
	const resourceSpans = grouped(specs, (s) => JSON.stringify([s.service, s.resource, s.scope])).map((group) => ({
		resource: resourceOf(group[0]!),
		scopeSpans: [
			{
				scope: {
					name: group[0]!.scope?.name,
					version: group[0]!.scope?.version,
					attributes: keyValues(group[0]!.scope?.attributes ?? {}),
				},
				spans: group.map((s) => ({
					traceId: s.traceId,
					spanId: s.spanId,
					parentSpanId: s.parent,
					name: s.name,
					kind: kinds.indexOf(s.kind ?? "internal"),
					startTimeUnixNano: String(s.start),
					endTimeUnixNano: String(s.start + BigInt(s.durationNs)),
					attributes: keyValues(s.attributes ?? {}),
					status: { code: s.status === "error" ? 2 : s.status === "ok" ? 1 : 0, message: s.statusMessage },
					traceState: s.traceState,
					events: s.events?.map((e) => ({
						timeUnixNano: String(e.time),
						name: e.name,
						attributes: keyValues(e.attributes ?? {}),
					})),
					links: s.links?.map((l) => ({
						traceId: l.traceId,
						spanId: l.spanId,
						attributes: keyValues(l.attributes ?? {}),
					})),
				})),
			},
		],
	}));
	return { signal: "traces", body: JSON.stringify({ resourceSpans }) };
}

/** One export request with all these log records, in this order. */
export function logs(...specs: LogSpec[]): Export {
	const resourceLogs = grouped(specs, (s) => JSON.stringify([s.service, s.resource])).map((group) => ({
		resource: resourceOf(group[0]!),
		scopeLogs: [
			{
				logRecords: group.map((l) => ({
					timeUnixNano: String(l.time),
					severityNumber: l.severityNumber,
					severityText: l.severityText,
					body: { stringValue: l.body },
					traceId: l.traceId,
					spanId: l.spanId,
					attributes: keyValues(l.attributes ?? {}),
				})),
			},
		],
	}));
	return { signal: "logs", body: JSON.stringify({ resourceLogs }) };
}

/** One export request with these histogram series. */
export function histograms(...specs: HistogramSpec[]): Export {
	const resourceMetrics = specs.map((h) => ({
		resource: resourceOf(h),
		scopeMetrics: [
			{
				metrics: [
					{
						name: h.metric,
						unit: h.unit ?? "s",
						histogram: {
							aggregationTemporality: h.temporality === "delta" ? 1 : 2,
							dataPoints: h.points.map((p) => ({
								attributes: keyValues(h.attributes ?? {}),
								startTimeUnixNano: String(p.start),
								timeUnixNano: String(p.time),
								count: String(p.counts.reduce((a, b) => a + b, 0)),
								sum: p.sum,
								explicitBounds: h.bounds,
								bucketCounts: p.counts.map(String),
								exemplars: p.exemplars?.map((e) => ({
									timeUnixNano: String(e.time),
									asDouble: e.value,
									traceId: e.traceId,
									spanId: e.spanId,
								})),
							})),
						},
					},
				],
			},
		],
	}));
	return { signal: "metrics", body: JSON.stringify({ resourceMetrics }) };
}

/** One export request with these gauges. */
export function gauges(...specs: GaugeSpec[]): Export {
	const resourceMetrics = specs.map((g) => ({
		resource: resourceOf(g),
		scopeMetrics: [
			{
				metrics: [
					{
						name: g.metric,
						unit: g.unit ?? "1",
						gauge: {
							dataPoints: g.points.map((p) => ({
								attributes: keyValues(g.attributes ?? {}),
								timeUnixNano: String(p.time),
								asDouble: p.value,
							})),
						},
					},
				],
			},
		],
	}));
	return { signal: "metrics", body: JSON.stringify({ resourceMetrics }) };
}
