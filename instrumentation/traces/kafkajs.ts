import { context } from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import { instance } from "../instance.ts";
import { type Carrier, injectContext, withConsumerSpan, withProducerSpan } from "../messaging.ts";
import { type WatchedConsumer, watchKafkaLag } from "../metrics/saturation/consumer-lag.ts";

interface Message {
	key?: unknown;
	headers?: Carrier;
	offset?: string;
	partition?: number;
}
interface TopicMessages {
	topic: string;
	messages: Message[];
}
type Send = (record: TopicMessages) => Promise<unknown>;
type SendBatch = (batch: { topicMessages?: TopicMessages[] }) => Promise<unknown>;
interface Sender {
	send: Send;
	sendBatch: SendBatch;
}
type Producer = Sender & { transaction?: (...args: unknown[]) => Promise<Sender> };

type EachMessage = (payload: { topic: string; partition: number; message: Message }) => Promise<void>;
type EachBatch = (payload: { batch: { topic: string; partition: number; messages: Message[] } }) => Promise<void>;
interface RunConfig {
	eachMessage?: EachMessage;
	eachBatch?: EachBatch;
}
type Consumer = WatchedConsumer & { run: (config?: RunConfig) => Promise<void> };

interface Kafka {
	producer: (...args: unknown[]) => Producer;
	consumer: (config?: { groupId?: string }, ...rest: unknown[]) => Consumer;
}

/**
 * Trace and count what kafkajs sends and what its consumers handle. A `send` is one span, whose context travels in the
 * headers of copies of its messages: the app's own stay as they are. A message handled alone continues its producer's
 * trace; a batch starts a trace that links to all of its producers.
 *
 * @returns false when this kafkajs is not built the way we know.
 */
export function patchKafkajs(exports: object, relation: "parent" | "link"): boolean {
	const prototype = (exports as { Kafka?: { prototype?: Kafka } }).Kafka?.prototype;
	if (typeof prototype?.producer !== "function" || typeof prototype.consumer !== "function") {
		return false;
	}
	const { producer, consumer } = prototype;
	prototype.producer = function tracedProducer(this: Kafka, ...args) {
		return tried(producer.apply(this, args), traceProducer);
	};
	prototype.consumer = function tracedConsumer(this: Kafka, config, ...rest) {
		return tried(consumer.call(this, config, ...rest), (made) => traceConsumer(made, config?.groupId, relation));
	};
	return true;
}

/** An untraced client is better than none. */
function tried<C>(client: C, work: (client: C) => void): C {
	try {
		work(client);
	} catch {
		// It stays as it is.
	}
	return client;
}

function traceProducer(producer: Producer): Producer {
	traceSender(producer);
	const { transaction } = producer;
	if (typeof transaction === "function") {
		producer.transaction = async (...args) => traceSender(await transaction.apply(producer, args));
	}
	return producer;
}

function traceSender<S extends Sender>(sender: S): S {
	const { send, sendBatch } = sender;
	sender.send = (record) =>
		isTraceable(record)
			? withProducerSpan(describeSend(record), () => send.call(sender, withContext(record)))
			: send.call(sender, record);
	sender.sendBatch = (batch) => {
		const records = batch?.topicMessages;
		if (!Array.isArray(records) || records.length === 0 || !records.every(isTraceable)) {
			return sendBatch.call(sender, batch);
		}
		const caller = context.active();
		// One request to the broker, one span a topic: all are open until it is answered.
		const sendFrom = (at: number, traced: TopicMessages[]): Promise<unknown> => {
			const record = records[at];
			if (record === undefined) {
				return sendBatch.call(sender, { ...batch, topicMessages: traced });
			}
			return withProducerSpan(describeSend(record), () => {
				const sent = withContext(record);
				return context.with(caller, () => sendFrom(at + 1, [...traced, sent]));
			});
		};
		return sendFrom(0, []);
	};
	return sender;
}

function isTraceable(record: TopicMessages | undefined): record is TopicMessages {
	return typeof record?.topic === "string" && Array.isArray(record.messages) && !isTracingSuppressed(context.active());
}

function describeSend({ topic, messages }: TopicMessages) {
	const [first] = messages;
	return {
		system: "kafka",
		destination: topic,
		operation: "send",
		attributes:
			messages.length === 1
				? { ...keyOf(first), ...partitionOf(first?.partition) }
				: { "messaging.batch.message_count": messages.length },
	};
}

function withContext(record: TopicMessages): TopicMessages {
	const messages = record.messages.map((message) => ({ ...message, headers: injectContext({ ...message.headers }) }));
	return { ...record, messages };
}

function traceConsumer(consumer: Consumer, group: string | undefined, relation: "parent" | "link"): Consumer {
	const { run } = consumer;
	const lag = instance()?.red.consumerLag;
	if (lag !== undefined) {
		watchKafkaLag(consumer, group, lag);
	}
	const common = { system: "kafka", operation: "process" };
	const ofGroup = group === undefined ? {} : { "messaging.consumer.group.name": group };
	consumer.run = (config) => {
		const { eachMessage, eachBatch } = config ?? {};
		const traced: RunConfig = { ...config };
		if (typeof eachMessage === "function") {
			traced.eachMessage = (payload) => {
				const { topic, partition, message } = payload;
				const attributes = {
					...ofGroup,
					...partitionOf(partition),
					...keyOf(message),
					"messaging.kafka.offset": Number(message.offset),
				};
				const carrier = message.headers ?? {};
				return withConsumerSpan({ ...common, destination: topic, carrier, relation, attributes }, () =>
					eachMessage.call(config, payload),
				);
			};
		}
		if (typeof eachBatch === "function") {
			traced.eachBatch = (payload) => {
				const { topic, partition, messages } = payload.batch;
				const attributes = {
					...ofGroup,
					...partitionOf(partition),
					"messaging.batch.message_count": messages.length,
				};
				const carrier = messages.map(({ headers }) => headers ?? {});
				return withConsumerSpan({ ...common, destination: topic, carrier, relation: "link", attributes }, () =>
					eachBatch.call(config, payload),
				);
			};
		}
		return run.call(consumer, config === undefined ? config : traced);
	};
	return consumer;
}

const SHOWN_KEY = 200;

function keyOf(message: Message | undefined): { "messaging.kafka.message.key"?: string } {
	const key = message?.key;
	const text =
		typeof key === "string"
			? key
			: key instanceof Uint8Array
				? Buffer.from(key.subarray(0, SHOWN_KEY)).toString()
				: undefined;
	return text === undefined ? {} : { "messaging.kafka.message.key": text.slice(0, SHOWN_KEY) };
}

function partitionOf(partition: number | undefined): { "messaging.destination.partition.id"?: string } {
	return typeof partition === "number" ? { "messaging.destination.partition.id": String(partition) } : {};
}
