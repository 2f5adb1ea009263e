/** What every receiver must have after OpenTelemetry for Python has sent with its defaults: all of it, with the right values. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend, Call } from "../../../core/ports.ts";
import { type ForeignTraffic, sendFromForeignSdk, whyNoForeignSdk } from "./testing-foreign-sdk.ts";

const call: Call = { tenant: "default", deadlineMs: 10_000, limit: 1_000, excludeEnvironments: [] };
const MS = 1_000_000n;
const STEP_NS = 60_000_000_000n;

/** Prometheus keeps names in its own spelling: with the unit and the type, without dots. */
function otlpName(metric: string): string {
	return metric.replace(/_(seconds|total|ratio)$/g, "").replaceAll("_", ".");
}

export interface ForeignReceiver {
	backend: Backend;
	/** Where the SDK sends, by protocol. */
	endpoints: Record<"grpc" | "http/protobuf", string>;
	/** Of the eleven requests and two errors it tells, those that the store can know of; one of these. */
	counted: { calls: number; errors: number }[];
	/** Resolves when what was sent is visible. */
	arrived(sent: ForeignTraffic): Promise<void>;
	close(): Promise<void>;
}

const missing = await whyNoForeignSdk();

export function describeForeignTraffic(name: string, make: () => Promise<ForeignReceiver>): void {
	if (missing !== null) console.log(`skipped: ${missing}`);
	describe.skipIf(missing !== null).each(["grpc", "http/protobuf"] as const)(`${name}: Python over %s`, (protocol) => {
		let receiver: ForeignReceiver;
		let sent: ForeignTraffic;
		const window = () => ({
			fromUnixNano: sent.startUnixNano - 60_000n * MS,
			toUnixNano: sent.startUnixNano + 60_000n * MS,
		});
		beforeAll(async () => {
			receiver = await make();
			sent = await sendFromForeignSdk({ endpoint: receiver.endpoints[protocol], protocol, runId: "1" });
			await receiver.arrived(sent);
		});
		afterAll(() => receiver?.close());

		test("the trace has its spans, times, kinds, events, exception and link", async () => {
			const { data } = await receiver.backend.traces.trace(sent.traceId, call);
			const { root, price, stock, published } = sent.spans;
			const spans = data
				.map((span) => ({
					...span,
					at: Number((span.startUnixNano - sent.startUnixNano) / MS),
					ms: span.durationNs / 1e6,
				}))
				.sort((a, b) => a.at - b.at);
			expect(spans).toMatchObject([
				{
					spanId: root,
					parentSpanId: null,
					service: sent.service,
					name: "GET /basket/{id}",
					kind: "server",
					statusCode: "error",
					at: 0,
					ms: 200,
					attributes: { "http.route": sent.route, größe: "ünïcode ✓" },
					links: [
						{
							traceId: sent.linkedTraceId,
							spanId: sent.linkedSpanId,
							attributes: { reason: "prices of this import" },
						},
					],
				},
				{
					spanId: price,
					parentSpanId: root,
					kind: "internal",
					at: 10,
					ms: 140,
					attributes: { items: 3, total: 12.5, gift: true, skus: ["a-1", "b-2"] },
					events: [
						{ name: "cache miss", attributes: { key: "basket:7" }, timeUnixNano: sent.startUnixNano + 20n * MS },
					],
				},
				{
					spanId: stock,
					parentSpanId: price,
					kind: "client",
					statusCode: "error",
					statusMessage: "stock did not answer within 100 ms",
					at: 40,
					ms: 105,
					events: [{ name: "exception", attributes: { "exception.type": "TimeoutError" } }],
				},
				{ spanId: published, parentSpanId: root, kind: "producer", at: 160, ms: 10 },
			]);
			expect(spans[0]!.resource).toMatchObject({ "telemetry.sdk.language": "python" });
		});

		test("the logs of the trace are tied to its spans, the one without stays without", async () => {
			const ofTrace = await receiver.backend.logs.logs(
				{ window: null, traceId: sent.traceId, filter: null, order: "oldest" },
				call,
			);
			expect(ofTrace.data).toMatchObject([
				{ spanId: sent.spans.price, level: "info", body: "priced basket 7 at 12.50", service: sent.service },
				{ spanId: sent.spans.stock, level: "error", body: expect.stringContaining("stock timed out") },
			]);
			const warned = await receiver.backend.logs.logs(
				{ window: window(), service: sent.service, minLevel: "warn", filter: null, order: "newest" },
				call,
			);
			expect(warned.data.map(({ body, traceId }) => [body, traceId])).toEqual([
				["without a trace", null],
				[expect.stringContaining("stock timed out"), sent.traceId],
			]);
		});

		test("requests, errors and durations come from its histogram", async () => {
			const { data } = await receiver.backend.metrics.red(
				{ services: [sent.service], byRoute: true, window: window(), stepNs: STEP_NS },
				call,
			);
			expect(data).toMatchObject([
				{ service: sent.service, route: sent.route, source: "http_server_request_duration_seconds" },
			]);
			const { calls, errors, rate, errorRate } = data[0]!.summary;
			expect(receiver.counted).toContainEqual({ calls, errors });
			expect([rate, errorRate]).toEqual([calls / 120, errors / calls]);
			// Nine of 20 ms, one of 200 ms and one of 400 ms, as far as the buckets tell.
			const { p50Ms, p99Ms } = data[0]!.summary;
			expect(p50Ms).toBeGreaterThan(10);
			expect(p50Ms).toBeLessThanOrEqual(25);
			expect(p99Ms).toBeGreaterThan(250);
			expect(p99Ms).toBeLessThanOrEqual(500);
		});

		test("its exemplars lead to the trace", async () => {
			const { data } = await receiver.backend.metrics.exemplars({ traceId: sent.traceId, window: null }, call);
			expect(data.map(({ metric, value, spanId }) => ({ metric: otlpName(metric), value, spanId }))).toEqual(
				expect.arrayContaining([
					{ metric: "http.server.request.duration", value: 0.2, spanId: sent.spans.root },
					{ metric: "basket.items", value: 3, spanId: sent.spans.root },
				]),
			);
		});

		test("its counter has the last total", async () => {
			const { data } = await receiver.backend.metrics.series(
				{ metric: "basket.items", service: sent.service, window: window(), stepNs: STEP_NS },
				call,
			);
			expect(data.map(({ metric }) => otlpName(metric))).toEqual(["basket.items"]);
			const [counter] = data;
			const labels = Object.entries(counter?.labels ?? {}).map(([label, value]) => [otlpName(label), value]);
			expect(labels).toContainEqual(["basket.kind", "gift"]);
			expect(counter?.points.at(-1)?.value).toBe(13);
		});
	});
}
