/** Notifications: writes to customers when their order is placed and when it is shipped. */
import { createServer } from "node:net";
import { Counter } from "prom-client";
import { z } from "zod";
import { listen } from "../listen.ts";
import { type Message, openBroker, type Topic } from "./messaging.ts";
import { log, runService } from "./service.ts";

const TEMPLATES: Record<Topic, string> = { "order-placed": "order-confirmation", "order-shipped": "parcel-on-its-way" };
const AT_ONCE = 50;

const notice = z.object({ order_id: z.string(), customer_id: z.string() });

runService("notifications", async (port) => {
	const broker = await openBroker("notifications");
	const sent = new Counter({ name: "notifications_sent_total", help: "By template", labelNames: ["template"] });
	let sending = 0;

	async function send(topic: Topic, message: Message): Promise<void> {
		const { order_id, customer_id } = notice.parse(message.body);
		const template = TEMPLATES[topic];
		// The mail server's part: no address and no text of a mail belongs in a log.
		await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 30));
		sent.inc({ template });
		log.info({ order_id, customer_id, template }, "notification sent");
	}

	for (const topic of ["order-placed", "order-shipped"] as const) {
		await broker.subscribe(topic, (message) => {
			if (sending >= AT_ONCE) {
				log.warn({ topic, message_id: message.id }, "too many notifications at once, this one is left out");
				return;
			}
			sending++;
			broker
				.process(topic, message, () => send(topic, message))
				.catch((error: unknown) => log.error({ topic, message_id: message.id, err: error }, "notification not sent"))
				.finally(() => sending--);
		});
	}

	// Its port says that it is alive and speaks no HTTP: one stray request would be counted, and then messages were not what it is measured by.
	const alive = createServer((socket) => socket.on("error", () => {}).end());
	await listen(alive, port);
});
