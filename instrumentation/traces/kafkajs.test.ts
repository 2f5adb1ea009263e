import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Capture, type CapturedSpan } from "../testing/capture.ts";
import { type App, killApps, runApp } from "../testing/run-app.ts";
import { findKafka } from "../testing/servers/kafka.ts";

const [SERVER, PRODUCER, CONSUMER] = [2, 4, 5];
const METRICS = { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "100" };

const server = await findKafka();
if ("missing" in server) {
	console.log(`kafkajs: skipped, ${server.missing}`);
}
const missing = "missing" in server;
let port = 0;
let stop = async (): Promise<void> => {};

let capture: Capture;
beforeAll(async () => {
	capture = await Capture.start();
	if (!missing) {
		({ port, stop } = await server.found());
	}
});
afterEach(() => capture.clear());
afterAll(async () => {
	await killApps();
	await capture.close();
	await stop();
});

const span = (kind: number, name: string): Promise<CapturedSpan> =>
	capture.until(
		() => capture.spans.find((of) => of.kind === kind && of.name === name),
		`${name}, kind ${kind}`,
		30_000,
	);

describe.skipIf(missing).each([
	["imported", "kafka.mjs"],
	["required", "kafka.cjs"],
])("kafkajs against Apache Kafka, %s", (_how, file) => {
	let app: App;
	let url: string;
	beforeAll(async () => {
		app = runApp(file, { otlp: capture.url, args: [String(port)], env: METRICS });
		await app.said(/listening/, 60_000);
		url = await app.url();
		capture.clear();
	});
	afterAll(killApps);

	it("one trace from the request over two topics, with its baggage, the app's own headers kept", async () => {
		const sent = await fetch(`${url}/order`, { headers: { baggage: "tenant=acme" } });
		// The message object is the app's: it has no header of ours.
		expect(await sent.json()).toEqual(["own"]);
		const request = await span(SERVER, "GET");
		const chain = [
			request,
			await span(PRODUCER, "send orders"),
			await span(CONSUMER, "process orders"),
			await span(PRODUCER, "send parcels"),
			await span(CONSUMER, "process parcels"),
		];
		for (const [at, child] of chain.slice(1).entries()) {
			expect(child).toMatchObject({ traceId: request.traceId, parentSpanId: chain[at]!.spanId });
		}
		expect(chain[2]!.attributes).toMatchObject({
			"messaging.system": "kafka",
			"messaging.destination.name": "orders",
			"messaging.operation.name": "process",
			"messaging.operation.type": "process",
			"messaging.consumer.group.name": "orders-group",
			"messaging.destination.partition.id": "0",
			"messaging.kafka.message.key": "o1",
			"messaging.kafka.offset": expect.any(Number),
		});
		expect(chain[1]!.attributes).toMatchObject({
			"messaging.operation.name": "send",
			"messaging.operation.type": "send",
			"messaging.kafka.message.key": "o1",
		});
		const line = (message: string) => app.lines().find(({ msg }) => msg === message);
		expect(line("order handled")).toMatchObject({ trace_id: request.traceId, tenant: "acme", own: "kept" });
		expect(line("parcel handled")).toMatchObject({
			trace_id: request.traceId,
			span_id: chain[4]!.spanId,
			tenant: "acme",
		});
		for (const metric of ["messaging.client.operation.duration", "messaging.process.duration"]) {
			const point = await capture.until(() => capture.points.find((of) => of.metric === metric), metric);
			expect(point.attributes).toMatchObject({ "messaging.system": "kafka" });
			expect(point.exemplars).toContainEqual(expect.objectContaining({ traceId: request.traceId }));
		}
	});

	it("what a consumer is behind is known after each batch", async () => {
		await (await fetch(`${url}/order`)).text();
		await Promise.all([span(SERVER, "GET"), span(CONSUMER, "process parcels")]);
		const lag = await capture.until(
			() =>
				capture.points.find(
					({ metric, attributes }) =>
						metric === "messaging.consumer.lag" && attributes["messaging.destination.name"] === "orders",
				),
			"the lag",
		);
		expect(lag).toMatchObject({
			kind: "gauge",
			asDouble: 0,
			attributes: {
				"messaging.system": "kafka",
				"messaging.consumer.group.name": "orders-group",
				"messaging.destination.partition.id": "0",
			},
		});
	});

	it("a batch is a trace of its own that links to its producer, once", async () => {
		await (await fetch(`${url}/batch`)).text();
		const producer = await span(PRODUCER, "send batches");
		const batch = await span(CONSUMER, "process batches");
		expect(producer.attributes["messaging.batch.message_count"]).toBe(2);
		expect(batch.traceId).not.toBe(producer.traceId);
		expect(batch.links).toMatchObject([{ traceId: producer.traceId, spanId: producer.spanId }]);
		expect(batch.attributes["messaging.batch.message_count"]).toBe(2);
		// The other topic of the same request to the broker has a span, and a context, of its own.
		const other = await span(PRODUCER, "send parcels");
		expect(other.parentSpanId).toBe(producer.parentSpanId);
		expect((await span(CONSUMER, "process parcels")).parentSpanId).toBe(other.spanId);
	});

	it("what a transaction sends is a producer span like any other", async () => {
		expect((await fetch(`${url}/transaction`)).status).toBe(200);
		const [request, producer] = [await span(SERVER, "GET"), await span(PRODUCER, "send parcels")];
		expect(producer.parentSpanId).toBe(request.spanId);
		expect((await span(CONSUMER, "process parcels")).parentSpanId).toBe(producer.spanId);
	});

	it("a topic the broker refuses is an error of the producer, and reaches the app", async () => {
		expect((await fetch(`${url}/refused`)).status).toBe(500);
		expect((await span(PRODUCER, "send no such topic!")).status.code).toBe(2);
	});
});

describe.skipIf(missing)("TRIVET_KAFKA_RELATION=link", () => {
	afterAll(killApps);

	it("every hop starts a trace that links to the one before, and the baggage goes along", async () => {
		const app = runApp("kafka.mjs", {
			otlp: capture.url,
			args: [String(port)],
			env: { TRIVET_KAFKA_RELATION: "link" },
		});
		await app.said(/listening/, 60_000);
		capture.clear();
		await (await fetch(`${await app.url()}/order`, { headers: { baggage: "tenant=acme" } })).text();
		const request = await span(SERVER, "GET");
		const [first, second] = [await span(CONSUMER, "process orders"), await span(CONSUMER, "process parcels")];
		const [orders, parcels] = [await span(PRODUCER, "send orders"), await span(PRODUCER, "send parcels")];
		expect(new Set([request.traceId, first.traceId, second.traceId]).size).toBe(3);
		expect(orders.traceId).toBe(request.traceId);
		expect(first.links).toMatchObject([{ traceId: orders.traceId, spanId: orders.spanId }]);
		expect(parcels.traceId).toBe(first.traceId);
		expect(second.links).toMatchObject([{ traceId: parcels.traceId, spanId: parcels.spanId }]);
		expect(app.lines().find(({ msg }) => msg === "parcel handled")).toMatchObject({ tenant: "acme" });
	});
});

describe.skipIf(missing)("a handler that throws", () => {
	afterAll(killApps);

	it("is an error on the consumer's span, and kafkajs sees it as before", async () => {
		const app = runApp("kafka.mjs", { otlp: capture.url, args: [String(port)] });
		await app.said(/listening/, 60_000);
		capture.clear();
		await (await fetch(`${await app.url()}/bad`)).text();
		const failed = await capture.until(
			() => capture.spans.find((of) => of.kind === CONSUMER && of.status.code === 2),
			"a failed consumer",
		);
		expect(failed).toMatchObject({
			name: "process orders",
			status: { message: "cannot pack" },
			attributes: { "error.type": "TypeError" },
		});
		await app.said(/crashed: cannot pack/, 30_000);
	});
});
