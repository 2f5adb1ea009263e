/** The message broker as the services use it: publish to a topic, consume a topic. */
import { injectContext, withConsumerSpan, withProducerSpan } from "@trivet/instrumentation";
import { connectAsync, type MqttClient } from "mqtt";
import { z } from "zod";
import { portOf } from "../addresses.ts";
import { log } from "./service.ts";

export type Topic = "order-placed" | "order-shipped";

/** MQTT 3.1.1 has no message properties, so the trace context travels in the message itself. */
const envelopeSchema = z.object({
	id: z.string(),
	sent_at_ms: z.number(),
	trace: z.record(z.string(), z.string()),
	body: z.unknown(),
});
export interface Message {
	id: string;
	sentAtMs: number;
	/** How the consumer's span finds its producer's. */
	trace: Record<string, string>;
	body: unknown;
}

export interface Broker {
	/** Resolves when the broker has the message. */
	publish(topic: Topic, body: object): Promise<void>;
	/** Takes messages in without working on them: that is the receiver's to do, in `process`. */
	subscribe(topic: Topic, receive: (message: Message) => void): Promise<void>;
	/** Runs `work` in a consumer span that continues the producer's trace. */
	process(topic: Topic, message: Message, work: () => Promise<void>): Promise<void>;
}

const SYSTEM = "mqtt";

/** @param service also the MQTT client ID, so that the broker keeps its messages while it is away */
export async function openBroker(service: string): Promise<Broker> {
	const client = await connectAsync({
		host: "broker",
		port: portOf("broker"),
		protocol: "mqtt",
		clientId: service,
		clean: false,
		reconnectPeriod: 500,
		connectTimeout: 5_000,
	});
	const server = { "server.address": "broker", "server.port": portOf("broker") };
	client.on("error", (error) => log.error({ err: error }, "broker connection failed"));
	let count = 0;
	return {
		async publish(topic, body) {
			const id = `${service}-${process.pid}-${++count}`;
			const attributes = { ...server, "messaging.message.id": id };
			await withProducerSpan({ system: SYSTEM, destination: topic, attributes }, async () => {
				const trace: Record<string, string> = {};
				injectContext(trace);
				await client.publishAsync(topic, JSON.stringify({ id, sent_at_ms: Date.now(), trace, body }), { qos: 1 });
			});
		},
		subscribe: (topic, receive) => subscribe(client, topic, receive),
		async process(topic, message, work) {
			const attributes = { ...server, "messaging.message.id": message.id };
			await withConsumerSpan({ system: SYSTEM, destination: topic, carrier: message.trace, attributes }, work);
		},
	};
}

async function subscribe(client: MqttClient, topic: Topic, receive: (message: Message) => void): Promise<void> {
	client.on("message", (from, payload) => {
		if (from !== topic) return;
		const envelope = envelopeSchema.safeParse(parseJson(payload));
		if (!envelope.success) {
			log.error({ topic, bytes: payload.length }, "message without an envelope dropped");
			return;
		}
		const { id, sent_at_ms, trace, body } = envelope.data;
		receive({ id, sentAtMs: sent_at_ms, trace, body });
	});
	await client.subscribeAsync(topic, { qos: 1 });
}

function parseJson(payload: Buffer): unknown {
	try {
		return JSON.parse(payload.toString("utf8"));
	} catch {
		return null;
	}
}
