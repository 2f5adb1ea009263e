/** The message broker: MQTT 3.1.1 on 127.0.0.1. */
import { createServer } from "node:net";
import { Aedes } from "aedes";
import { listen } from "../listen.ts";

const QUEUED_MESSAGES_PER_CLIENT = 1_000;

export async function startBroker(port: number): Promise<void> {
	const broker = await Aedes.createBroker({ queueLimit: QUEUED_MESSAGES_PER_CLIENT });
	await listen(createServer(broker.handle), port);
}
