/** Fulfilment: works through `order-placed`, ships, announces `order-shipped`, and knows where a parcel is. */
import { Counter, Gauge, Histogram } from "prom-client";
import { z } from "zod";
import { jsonApp, Refusal, serve } from "./express-app.ts";
import { openInventory } from "./inventory-api.ts";
import { type Message, openBroker } from "./messaging.ts";
import { log, runService } from "./service.ts";
import type { OrderPlaced, OrderShipped, Shipment } from "./shop-types.ts";

const CARRIERS = ["Northway", "Parcelbird", "Rapid Post"] as const;
const QUEUED = 5_000;
const SHIPMENTS = 5_000;
const WORKERS = 4;
const STUCK_REPORT_MS = 15_000;

const orderPlaced: z.ZodType<OrderPlaced> = z.object({
	order_id: z.string(),
	customer_id: z.string(),
	tier: z.string(),
	lines: z.array(z.object({ productId: z.number().int(), quantity: z.number().int() })),
});

runService("fulfilment", async (port, faults) => {
	const inventory = openInventory("inventory");
	const broker = await openBroker("fulfilment");
	const queue: Message[] = [];
	const shipments = new Map<string, Shipment>();
	let working = 0;

	const shipped = new Counter({ name: "orders_shipped_total", help: "Parcels handed over", labelNames: ["carrier"] });
	const lag = new Histogram({
		name: "fulfilment_lag_seconds",
		help: "From order-placed being sent to work on it beginning",
		buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600],
	});
	new Gauge({
		name: "fulfilment_queue_depth",
		help: "Orders waiting to be worked on",
		collect() {
			this.set(queue.length);
		},
	});

	async function ship(message: Message): Promise<void> {
		const order = orderPlaced.parse(message.body);
		const lagMs = Date.now() - message.sentAtMs;
		lag.observe(lagMs / 1_000);
		log.info({ order_id: order.order_id, tier: order.tier, lag_ms: lagMs }, "picking order");
		await pick(order.tier);
		await inventory("Ship", { orderId: order.order_id, lines: order.lines });
		const carrier = CARRIERS[order.order_id.charCodeAt(order.order_id.length - 1) % CARRIERS.length]!;
		const shipment: Shipment = { order_id: order.order_id, carrier, shipped_at: new Date().toISOString() };
		shipments.set(order.order_id, shipment);
		if (shipments.size > SHIPMENTS) shipments.delete(shipments.keys().next().value!);
		const announcement: OrderShipped = { ...shipment, customer_id: order.customer_id };
		await broker.publish("order-shipped", announcement);
		shipped.inc({ carrier });
		log.info({ order_id: order.order_id, carrier }, "order shipped");
	}

	function workOn(): void {
		while (working < WORKERS && queue.length > 0 && !faults.has("stuck-consumer")) {
			const message = queue.shift()!;
			working++;
			broker
				.process("order-placed", message, () => ship(message))
				.catch((error: unknown) => log.error({ message_id: message.id, err: error }, "order not shipped"))
				.finally(() => {
					working--;
					workOn();
				});
		}
	}

	await broker.subscribe("order-placed", (message) => {
		if (queue.length >= QUEUED) {
			log.error({ message_id: queue.shift()?.id }, "queue is full, oldest order dropped");
		}
		queue.push(message);
		workOn();
	});

	let report: NodeJS.Timeout | undefined;
	faults.watch("stuck-consumer", (enabled) => {
		clearInterval(report);
		if (!enabled) return workOn();
		report = setInterval(() => {
			const oldest = queue[0];
			if (!oldest) return;
			const waitS = Math.round((Date.now() - oldest.sentAtMs) / 1_000);
			log.warn({ topic: "order-placed", depth: queue.length, oldest_wait_s: waitS }, "no progress on queue");
		}, STUCK_REPORT_MS);
	});

	const app = jsonApp();
	app.get("/shipments/:orderId", async (request, response) => {
		const shipment = shipments.get(request.params.orderId);
		if (!shipment) {
			log.info({ order_id: request.params.orderId }, "not shipped yet");
			throw new Refusal(404, "not_shipped");
		}
		response.json(shipment);
	});
	await serve(app, port);
});

/** Someone walks to a shelf; gold customers' orders are picked first. */
function pick(tier: string): Promise<void> {
	const ms = (tier === "gold" ? 20 : 40) + Math.random() * 60;
	return new Promise((resolve) => setTimeout(resolve, ms));
}
