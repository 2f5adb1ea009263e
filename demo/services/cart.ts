/** Carts by session. */
import { gauge } from "@trivet/instrumentation";
import { Counter } from "prom-client";
import { z } from "zod";
import { call } from "./call.ts";
import { cartsInMemory, cartsInRedis } from "./carts.ts";
import { fastifyApp, serve } from "./fastify-app.ts";
import { log, runService } from "./service.ts";
import type { CartContents, CartItem, Product } from "./shop-types.ts";

const ITEMS = 50;
const FAILING = 0.35;

const params = z.object({ session: z.string().regex(/^[\w-]{1,64}$/) });
const newItem = z.object({ product_id: z.number().int(), quantity: z.number().int().min(1).max(20) });

runService("cart", async (port, faults) => {
	const redisUrl = process.env.TRIVET_DEMO_REDIS_URL;
	const carts = redisUrl ? await cartsInRedis(redisUrl) : cartsInMemory();
	const added = new Counter({ name: "cart_items_added_total", help: "Items put into carts", labelNames: ["category"] });
	gauge({
		name: "shop.carts.open",
		unit: "{cart}",
		help: "Carts with something in them",
		read: () => carts.count(),
	});

	const contents = (items: CartItem[]): CartContents => ({
		items,
		total_cents: items.reduce((sum, item) => sum + item.price_cents * item.quantity, 0),
	});
	/** The bug of the bad release: discounts are read from a campaign that has ended. */
	const applyCampaign = () => {
		if (!faults.has("error-burst") || Math.random() > FAILING) return;
		const campaign = new Map<string, { discount: number }>().get("summer") as { discount: number };
		log.debug({ discount: campaign.discount }, "campaign applied");
	};

	const app = fastifyApp();
	app.get("/carts/:session", async (request) => {
		applyCampaign();
		return contents(await carts.get(params.parse(request.params).session));
	});

	app.post("/carts/:session/items", async (request, reply) => {
		const { session } = params.parse(request.params);
		const { product_id, quantity } = newItem.parse(request.body);
		applyCampaign();
		const product = await call<Product>("catalog", `/products/${product_id}`);
		const items = await carts.get(session);
		const same = items.find((item) => item.product_id === product_id);
		if (same) same.quantity += quantity;
		else if (items.length < ITEMS) {
			items.push({ product_id, name: product.name, quantity, price_cents: product.price_cents });
		}
		await carts.set(session, items);
		added.inc({ category: product.category }, quantity);
		log.info({ product_id, quantity, price_cents: product.price_cents }, "item added");
		return reply.code(201).send(contents(items));
	});

	app.delete("/carts/:session", async (request, reply) => {
		await carts.remove(params.parse(request.params).session);
		return reply.code(204).send();
	});

	await serve(app, port);
});
