/** The edge: what shoppers talk to. */
import { health } from "@trivet/instrumentation";
import { Counter, Histogram } from "prom-client";
import { z } from "zod";
import { urlOf } from "../addresses.ts";
import { call, UpstreamError } from "./call.ts";
import { jsonApp, Refusal, serve } from "./express-app.ts";
import { log, runService } from "./service.ts";
import type { CartContents, Order, Product, Shipment } from "./shop-types.ts";

const checkouts = new Histogram({
	name: "checkout_duration_seconds",
	help: "From the shopper's click to the answer",
	labelNames: ["outcome"],
	buckets: [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 4, 8],
});
const revenue = new Counter({ name: "revenue_cents_total", help: "Paid orders, in cents", labelNames: ["tier"] });

const sessionHeader = z.string().regex(/^[\w-]{1,64}$/);
const productId = z.coerce.number().int().min(1).max(1_000_000);
const searchQuery = z.object({ q: z.string().trim().min(1).max(60) });
const newItem = z.object({ product_id: productId, quantity: z.number().int().min(1).max(20) });
const checkoutForm = z.object({
	customer_id: z.string().regex(/^cust-\d{1,6}$/),
	tier: z.enum(["standard", "silver", "gold"]),
	card_token: z.string().regex(/^tok_\w{1,40}$/),
});
const orderId = z.string().regex(/^ord-[\w-]{1,40}$/);

runService("storefront", async (port, faults) => {
	const cartHost = () => (faults.has("lost-link") ? "cart-gateway" : "cart");
	const app = jsonApp();
	app.get("/health", health({ checks: { orders: { url: urlOf("orders", "/health"), deep: true } } }).handler);

	app.get("/products/:id", async (request, response) => {
		const id = productId.parse(request.params.id);
		const [product, related] = await Promise.all([
			call<Product>("catalog", `/products/${id}`),
			call<Product[]>("catalog", `/products/${id}/related`),
		]);
		if (product.available === 0) log.warn({ product_id: id }, "product page shown without stock");
		response.json({ ...product, related });
	});

	app.get("/search", async (request, response) => {
		const { q } = searchQuery.parse(request.query);
		const found = await call<Product[]>("catalog", `/search?q=${encodeURIComponent(q)}`);
		log.info({ q, results: found.length }, "search served");
		response.json(found);
	});

	app.get("/cart", async (request, response) => {
		const session = sessionHeader.parse(request.get("x-session-id"));
		response.json(await call<CartContents>(cartHost(), `/carts/${session}`));
	});

	app.post("/cart/items", async (request, response) => {
		const session = sessionHeader.parse(request.get("x-session-id"));
		const body = newItem.parse(request.body);
		response
			.status(201)
			.json(await call<CartContents>(cartHost(), `/carts/${session}/items`, { method: "POST", body }));
	});

	app.post("/checkout", async (request, response) => {
		const session = sessionHeader.parse(request.get("x-session-id"));
		const form = checkoutForm.parse(request.body);
		const stop = checkouts.startTimer();
		try {
			const cart = await call<CartContents>(cartHost(), `/carts/${session}`);
			if (cart.items.length === 0) throw new Refusal(409, "cart_is_empty");
			log.info(
				{ customer_id: form.customer_id, tier: form.tier, items: cart.items.length, amount_cents: cart.total_cents },
				"checkout started",
			);
			const order = await call<Order>("orders", "/orders", {
				method: "POST",
				body: { ...form, items: cart.items },
				timeoutMs: 9_000,
			});
			revenue.inc({ tier: form.tier }, order.total_cents);
			stop({ outcome: "paid" });
			log.info({ order_id: order.id, amount_cents: order.total_cents, tier: form.tier }, "checkout completed");
			// The order stands, whether or not the cart can be emptied.
			await call(cartHost(), `/carts/${session}`, { method: "DELETE" }).catch((error: unknown) =>
				log.warn({ order_id: order.id, err: error }, "cart not emptied after checkout"),
			);
			response.status(201).json(order);
		} catch (error) {
			const refused = error instanceof Refusal || (error instanceof UpstreamError && error.status < 500);
			stop({ outcome: refused ? "refused" : "failed" });
			if (refused) log.warn({ customer_id: form.customer_id, reason: error.code }, "checkout refused");
			throw error;
		}
	});

	app.get("/orders/:id", async (request, response) => {
		const id = orderId.parse(request.params.id);
		const [order, shipment] = await Promise.all([
			call<Order>("orders", `/orders/${id}`),
			call<Shipment>("fulfilment", `/shipments/${id}`).catch((error: unknown) => {
				if (!(error instanceof UpstreamError && error.status === 404)) throw error;
				return null;
			}),
		]);
		response.json({ ...order, shipment });
	});

	await serve(app, port);
});
