// An order goes from an HTTP request through `orders` to a consumer, which sends it on through `parcels` to another.
const pino = require("pino");
const { serve } = require("./serve.cjs");

exports.routes = async ({ Kafka, logLevel }, port) => {
	const log = pino();
	const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], clientId: "shop", logLevel: logLevel.NOTHING });
	const admin = kafka.admin();
	await admin.connect();
	await admin.createTopics({
		topics: ["orders", "parcels", "batches"].map((topic) => ({ topic })),
		waitForLeaders: true,
	});
	await admin.disconnect();
	const producer = kafka.producer();
	await producer.connect();
	const exact = kafka.producer({ transactionalId: `shop-${process.pid}`, maxInFlightRequests: 1, idempotent: true });
	await exact.connect();
	const consume = async (topic, config) => {
		const consumer = kafka.consumer({
			groupId: `${topic}-group`,
			maxWaitTimeInMs: 100,
			// An app that was killed is out of its group soon.
			sessionTimeout: 1_500,
			heartbeatInterval: 300,
		});
		consumer.on(consumer.events.CRASH, ({ payload }) => console.log(`crashed: ${payload.error.message}`));
		await consumer.connect();
		await consumer.subscribe({ topic, fromBeginning: true });
		const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
		await consumer.run(config);
		await joined;
	};
	const { propagation, context } = require("@opentelemetry/api");
	const tenant = () => propagation.getBaggage(context.active())?.getEntry("tenant")?.value;
	await consume("orders", {
		eachMessage: async ({ message }) => {
			log.info({ tenant: tenant(), own: String(message.headers?.own) }, "order handled");
			if (String(message.value) === "bad") {
				throw new TypeError("cannot pack");
			}
			await producer.send({ topic: "parcels", messages: [{ key: "p1", value: message.value }] });
		},
	});
	await consume("parcels", {
		eachMessage: async () => log.info({ tenant: tenant() }, "parcel handled"),
	});
	await consume("batches", {
		eachBatch: async ({ batch }) => log.info({ count: batch.messages.length }, "batch handled"),
	});
	const message = { key: "o1", value: "one", headers: { own: "kept" } };
	serve({
		"/order": async () => {
			await producer.send({ topic: "orders", messages: [message] });
			return Object.keys(message.headers);
		},
		"/batch": () =>
			producer.sendBatch({
				topicMessages: [
					{ topic: "batches", messages: [{ value: "1" }, { value: "2" }] },
					{ topic: "parcels", messages: [{ value: "3" }] },
				],
			}),
		"/transaction": async () => {
			const transaction = await exact.transaction();
			await transaction.send({ topic: "parcels", messages: [{ value: "5" }] });
			await transaction.commit();
		},
		"/bad": () => producer.send({ topic: "orders", messages: [{ value: "bad" }] }),
		"/refused": () => producer.send({ topic: "no such topic!", messages: [{ value: "x" }] }),
	});
};
