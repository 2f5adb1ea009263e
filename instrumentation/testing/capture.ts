import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

type Value = {
	stringValue?: string;
	boolValue?: boolean;
	intValue?: string | number;
	doubleValue?: number;
	arrayValue?: { values: Value[] };
	kvlistValue?: { values: { key: string; value: Value }[] };
};
type KeyValues = { key: string; value: Value }[];

export interface CapturedSpan {
	traceId: string;
	spanId: string;
	parentSpanId?: string;
	name: string;
	kind: number;
	startTimeUnixNano: string;
	endTimeUnixNano: string;
	attributes: Record<string, unknown>;
	links: { traceId: string; spanId: string }[];
	events: { name: string; attributes: Record<string, unknown> }[];
	status: { code?: number; message?: string };
	resource: Record<string, unknown>;
}

export interface CapturedRecord {
	timeUnixNano: string;
	severityNumber: number;
	severityText: string;
	body: unknown;
	traceId?: string;
	spanId?: string;
	flags?: number;
	attributes: Record<string, unknown>;
	resource: Record<string, unknown>;
}

export interface CapturedPoint {
	metric: string;
	kind: "sum" | "gauge" | "histogram" | "summary";
	attributes: Record<string, unknown>;
	asDouble?: number;
	count?: string;
	sum?: number;
	bucketCounts?: string[];
	explicitBounds?: number[];
	startTimeUnixNano?: string;
	exemplars: { traceId?: string; spanId?: string; asDouble: number }[];
	resource: Record<string, unknown>;
}

/** What the server does with the next requests. */
export type Behaviour =
	| "ok"
	| "hang"
	| "cut"
	| { slowMs: number }
	| { status: number; headers?: Record<string, string>; times?: number };

/** A real OTLP/HTTP receiver for JSON bodies that keeps what it is sent, and can be told to misbehave. */
export class Capture {
	readonly spans: CapturedSpan[] = [];
	readonly records: CapturedRecord[] = [];
	readonly points: CapturedPoint[] = [];
	/** Of the requests that were taken. */
	readonly bodies: string[] = [];
	readonly requests: { path: string; headers: IncomingMessage["headers"] }[] = [];
	behaviour: Behaviour = "ok";
	private readonly server = createServer((request, response) => void this.take(request, response));

	static async start(): Promise<Capture> {
		const capture = new Capture();
		await capture.listen();
		return capture;
	}

	/** On a port that is free. */
	async listen(): Promise<void> {
		await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
	}

	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	clear(): void {
		for (const list of [this.spans, this.records, this.points, this.requests, this.bodies]) {
			list.length = 0;
		}
	}

	async close(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	/** Resolves with what `find` returns as soon as that is not undefined, false or empty; fails after `timeoutMs`. */
	async until<T>(find: () => T | undefined | false, what: string, timeoutMs = 60_000): Promise<T> {
		const deadline = Date.now() + timeoutMs;
		for (;;) {
			const found = find();
			if (found !== undefined && found !== false && !(Array.isArray(found) && found.length === 0)) {
				return found as T;
			}
			if (Date.now() > deadline) {
				throw new Error(
					`waited ${timeoutMs} ms for ${what}; have spans ${JSON.stringify(this.spans.map((span) => span.name))}, ${this.records.length} records, metrics ${JSON.stringify([...new Set(this.points.map((point) => point.metric))])}`,
				);
			}
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}

	private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
		this.requests.push({ path: request.url ?? "", headers: request.headers });
		const { behaviour } = this;
		if (behaviour === "hang") {
			request.resume();
			return;
		}
		if (behaviour === "cut") {
			request.once("data", () => request.socket.destroy());
			return;
		}
		const chunks: Buffer[] = [];
		for await (const chunk of request) {
			chunks.push(chunk as Buffer);
		}
		if (typeof behaviour === "object" && "slowMs" in behaviour) {
			await new Promise((resolve) => setTimeout(resolve, behaviour.slowMs));
		} else if (typeof behaviour === "object") {
			if (behaviour.times !== undefined && --behaviour.times <= 0) {
				this.behaviour = "ok";
			}
			response.writeHead(behaviour.status, behaviour.headers).end("not now");
			return;
		}
		const raw = Buffer.concat(chunks);
		const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
		this.bodies.push(body.toString());
		this.keep(JSON.parse(body.toString()) as Body);
		response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
	}

	private keep(body: Body): void {
		for (const { resource, scopeSpans } of body.resourceSpans ?? []) {
			for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
				this.spans.push({
					...span,
					attributes: plain(span.attributes),
					links: span.links ?? [],
					events: (span.events ?? []).map((event) => ({ name: event.name, attributes: plain(event.attributes) })),
					resource: plain(resource.attributes),
				});
			}
		}
		for (const { resource, scopeLogs } of body.resourceLogs ?? []) {
			for (const record of scopeLogs.flatMap((scope) => scope.logRecords)) {
				this.records.push({
					...record,
					body: record.body === undefined ? undefined : unwrap(record.body),
					attributes: plain(record.attributes),
					resource: plain(resource.attributes),
				});
			}
		}
		for (const { resource, scopeMetrics } of body.resourceMetrics ?? []) {
			for (const metric of scopeMetrics.flatMap((scope) => scope.metrics)) {
				for (const kind of ["sum", "gauge", "histogram", "summary"] as const) {
					for (const point of metric[kind]?.dataPoints ?? []) {
						this.points.push({
							...point,
							metric: metric.name,
							kind,
							attributes: plain(point.attributes),
							exemplars: point.exemplars ?? [],
							resource: plain(resource.attributes),
						});
					}
				}
			}
		}
	}
}

interface Body {
	resourceSpans?: { resource: { attributes: KeyValues }; scopeSpans: { spans: RawSpan[] }[] }[];
	resourceLogs?: { resource: { attributes: KeyValues }; scopeLogs: { logRecords: RawRecord[] }[] }[];
	resourceMetrics?: { resource: { attributes: KeyValues }; scopeMetrics: { metrics: RawMetric[] }[] }[];
}
type RawSpan = Omit<CapturedSpan, "attributes" | "resource" | "links" | "events"> & {
	attributes: KeyValues;
	links?: CapturedSpan["links"];
	events?: { name: string; attributes: KeyValues }[];
};
type RawRecord = Omit<CapturedRecord, "attributes" | "resource" | "body"> & { attributes: KeyValues; body?: Value };
type RawPoint = Omit<CapturedPoint, "attributes" | "resource" | "metric" | "kind"> & { attributes: KeyValues };
type RawMetric = { name: string } & Partial<Record<CapturedPoint["kind"], { dataPoints: RawPoint[] }>>;

function plain(attributes: KeyValues = []): Record<string, unknown> {
	return Object.fromEntries(attributes.map(({ key, value }) => [key, unwrap(value)]));
}

function unwrap(value: Value): unknown {
	if (value.intValue !== undefined) {
		return Number(value.intValue);
	}
	if (value.arrayValue !== undefined) {
		return value.arrayValue.values.map(unwrap);
	}
	if (value.kvlistValue !== undefined) {
		return plain(value.kvlistValue.values);
	}
	return value.stringValue ?? value.boolValue ?? value.doubleValue;
}
