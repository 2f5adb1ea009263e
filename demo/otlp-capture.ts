/** An OTLP/HTTP receiver that keeps what it is sent, for the demo's tests. JSON only, which is what the instrumentation sends. */
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { listen } from "./listen.ts";

const anyValue = z.object({
	stringValue: z.string().optional(),
	intValue: z.union([z.string(), z.number()]).optional(),
	doubleValue: z.number().optional(),
	boolValue: z.boolean().optional(),
});
const attributes = z
	.array(z.object({ key: z.string(), value: anyValue }))
	.default([])
	.transform((list) =>
		Object.fromEntries(
			list.map(({ key, value: v }) => [key, v.stringValue ?? v.intValue ?? v.doubleValue ?? v.boolValue ?? null]),
		),
	);
const resource = z.object({ attributes });
const spanSchema = z.object({
	traceId: z.string(),
	spanId: z.string(),
	parentSpanId: z.string().default(""),
	name: z.string(),
	kind: z.number(),
	startTimeUnixNano: z.coerce.bigint(),
	endTimeUnixNano: z.coerce.bigint(),
	attributes,
	status: z.object({ code: z.number().default(0) }).default({ code: 0 }),
});
const logSchema = z.object({
	traceId: z.string().default(""),
	spanId: z.string().default(""),
	severityText: z.string().default(""),
	body: anyValue,
	attributes,
});
const exemplars = z.array(z.object({ traceId: z.string().default("") })).default([]);
const pointSchema = z.object({
	attributes,
	asDouble: z.number().optional(),
	asInt: z.coerce.number().optional(),
	exemplars,
});
const points = z.object({ dataPoints: z.array(pointSchema) }).optional();
const metricSchema = z.object({ name: z.string(), sum: points, gauge: points, histogram: points });

const payload = z.object({
	resourceSpans: z
		.array(z.object({ resource, scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })) }))
		.default([]),
	resourceLogs: z
		.array(z.object({ resource, scopeLogs: z.array(z.object({ logRecords: z.array(logSchema) })) }))
		.default([]),
	resourceMetrics: z
		.array(z.object({ resource, scopeMetrics: z.array(z.object({ metrics: z.array(metricSchema) })) }))
		.default([]),
});

type Attributes = z.infer<typeof attributes>;
interface Sent {
	service: string;
	resource: Attributes;
}
export type CapturedSpan = z.infer<typeof spanSchema> & Sent & { durationMs: number };
export type CapturedLog = z.infer<typeof logSchema> & Sent & { text: string };
export type CapturedPoint = z.infer<typeof pointSchema> & Sent & { metric: string };

export class OtlpCapture {
	readonly spans: CapturedSpan[] = [];
	readonly logs: CapturedLog[] = [];
	/** The newest push of each service last. */
	readonly points: CapturedPoint[] = [];
	/** What could not be read; a test should find none. */
	readonly problems: string[] = [];
	url = "";
	readonly #waiting = new Set<() => void>();
	#close = () => {};

	async start(): Promise<void> {
		const server = createServer(async (request, response) => {
			if (!request.url?.startsWith("/v1/")) return response.writeHead(404).end();
			const chunks: Buffer[] = [];
			for await (const chunk of request) chunks.push(chunk as Buffer);
			const body = Buffer.concat(chunks);
			const text = (request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString("utf8");
			response.writeHead(200, { "content-type": "application/json" }).end("{}");
			this.#take(request.url, text);
		});
		await listen(server, 0);
		const address = server.address();
		if (typeof address !== "object" || !address) throw new Error("no address");
		this.url = `http://127.0.0.1:${address.port}`;
		this.#close = () => {
			server.close();
			server.closeAllConnections();
		};
	}

	stop(): void {
		this.#close();
	}

	trace(traceId: string): CapturedSpan[] {
		return this.spans.filter((span) => span.traceId === traceId);
	}

	/** Resolves with the first answer that is not null, looking again whenever something arrives. @throws after `timeoutMs` */
	async until<T>(what: string, look: () => T | null | undefined, timeoutMs = 50_000): Promise<T> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#waiting.delete(check);
				const seen = `${this.spans.length} spans, ${this.logs.length} log lines, ${this.points.length} points`;
				reject(new Error(`not seen in ${timeoutMs / 1000} s: ${what} (captured ${seen})`));
			}, timeoutMs);
			const check = () => {
				const found = look();
				if (found === null || found === undefined) return;
				clearTimeout(timer);
				this.#waiting.delete(check);
				resolve(found);
			};
			this.#waiting.add(check);
			check();
		});
	}

	#take(path: string, text: string): void {
		try {
			const { resourceSpans, resourceLogs, resourceMetrics } = payload.parse(JSON.parse(text));
			for (const { resource, scopeSpans } of resourceSpans) {
				for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
					const durationMs = Number(span.endTimeUnixNano - span.startTimeUnixNano) / 1e6;
					this.spans.push({ ...span, ...sender(resource), durationMs });
				}
			}
			for (const { resource, scopeLogs } of resourceLogs) {
				for (const log of scopeLogs.flatMap((scope) => scope.logRecords)) {
					this.logs.push({ ...log, ...sender(resource), text: log.body.stringValue ?? "" });
				}
			}
			for (const { resource, scopeMetrics } of resourceMetrics) {
				for (const metric of scopeMetrics.flatMap((scope) => scope.metrics)) {
					for (const point of (metric.sum ?? metric.gauge ?? metric.histogram)?.dataPoints ?? []) {
						this.points.push({ ...point, ...sender(resource), metric: metric.name });
					}
				}
			}
		} catch (error) {
			this.problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
		}
		for (const check of [...this.#waiting]) check();
	}
}

function sender(resource: { attributes: Attributes }): Sent {
	return { service: String(resource.attributes["service.name"] ?? ""), resource: resource.attributes };
}
