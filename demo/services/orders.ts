/** Orders: reserves stock, takes the money, remembers, and announces `order-placed`. */
import { counter, health, histogram } from "@trivet/instrumentation";
import { z } from "zod";
import { urlOf } from "../addresses.ts";
import { call, UpstreamError } from "./call.ts";
import { jsonApp, Refusal, serve } from "./express-app.ts";
import { type OrderLines, openInventory } from "./inventory-api.ts";
import { openBroker } from "./messaging.ts";
import { inTransaction, openPool } from "./postgres-pool.ts";
import { nextHop } from "./risk-hops.ts";
import { log, runService } from "./service.ts";
import type { Charge, Order, OrderPlaced } from "./shop-types.ts";

const KEPT = "6 hours";
const PRUNE_MS = 10 * 60_000;

const placed = counter({
	name: "shop.orders",
	unit: "{order}",
	help: "Orders by how they ended; the paid ones' share is the success rate",
	labels: { status: ["paid", "declined", "out_of_stock", "failed"] },
});
const payment = histogram({
	name: "shop.payment.duration",
	unit: "s",
	help: "From the order being accepted to it being paid, with what the database takes of that",
	labels: { outcome: ["paid", "declined", "failed"] },
	bounds: [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 8],
});

const newOrder = z.object({
	customer_id: z.string().min(1).max(40),
	tier: z.string().min(1).max(20),
	card_token: z.string().min(1).max(60),
	items: z
		.array(
			z.object({
				product_id: z.number().int(),
				quantity: z.number().int().min(1).max(200),
				price_cents: z.number().int().min(0),
			}),
		)
		.min(1)
		.max(50),
});

runService("orders", async (port, faults) => {
	const pool = openPool("orders");
	const near = openInventory("inventory");
	const far = openInventory("inventory-far");
	const inventory = () => (faults.has("slow-edge") ? far : near);
	const broker = await openBroker("orders");
	let count = 0;
	const app = jsonApp();
	const own = health({
		checks: {
			"orders-db": { kind: "database", critical: true, probe: () => pool.query("SELECT 1") },
			payment: { url: urlOf("payment", "/health"), deep: true },
		},
	});
	app.get("/health", own.handler);

	app.post("/orders", async (request, response) => {
		const form = newOrder.parse(request.body);
		const id = `ord-${Date.now().toString(36)}${(count++ % 1296).toString(36).padStart(2, "0")}`;
		const total = form.items.reduce((sum, item) => sum + item.price_cents * item.quantity, 0);
		const stock: OrderLines = {
			orderId: id,
			lines: form.items.map((item) => ({ productId: item.product_id, quantity: item.quantity })),
		};
		const facts = { order_id: id, customer_id: form.customer_id, tier: form.tier, amount_cents: total };

		await inventory()("Reserve", stock).catch((error: unknown) => {
			const soldOut = error instanceof UpstreamError && error.status === 409;
			placed.add({ status: soldOut ? "out_of_stock" : "failed" });
			if (!soldOut) throw error;
			log.warn({ ...facts, reason: error.code }, "order refused: out of stock");
			throw new Refusal(409, "out_of_stock");
		});
		await insert(id, form, total);
		log.info({ ...facts, items: form.items.length }, "order accepted, taking payment");

		const ended = payment.start();
		const charge = await takePayment(id, form, total, stock, ended);
		await pool.query("UPDATE orders SET status = 'paid' WHERE id = $1", [id]);
		ended({ outcome: "paid" });
		placed.add({ status: "paid" });
		const message: OrderPlaced = {
			order_id: id,
			customer_id: form.customer_id,
			tier: form.tier,
			lines: stock.lines,
		};
		await broker.publish("order-placed", message);
		log.info({ ...facts, charge_id: charge.charge_id, attempts: charge.attempts }, "order placed");
		const order: Order = {
			id,
			customer_id: form.customer_id,
			tier: form.tier,
			status: "paid",
			total_cents: total,
		};
		response.status(201).json(order);
	});

	app.get("/orders/:id", async (request, response) => {
		const found = await pool.query<Order>(
			"SELECT id, customer_id, tier, status, total_cents FROM orders WHERE id = $1",
			[request.params.id],
		);
		const order = found.rows[0];
		if (!order) {
			log.warn({ order_id: request.params.id }, "no such order");
			throw new Refusal(404, "no_such_order");
		}
		const items = await pool.query("SELECT product_id, quantity, price_cents FROM order_items WHERE order_id = $1", [
			order.id,
		]);
		response.json({ ...order, items: items.rows });
	});

	/** Asked by the fraud check while the dependency cycle is on. */
	app.get("/customers/:id/history", async (request, response) => {
		const customer = request.params.id;
		const found = await pool.query<{ orders: number; spent_cents: number }>(
			`SELECT count(*)::int AS orders, coalesce(sum(total_cents), 0)::int AS spent_cents
			FROM orders WHERE customer_id = $1 AND created_at > now() - interval '90 days'`,
			[customer],
		);
		const hop = nextHop(request.headers);
		if (hop) {
			log.info({ customer_id: customer, ...hop.fields }, "history needs the customer's payment standing");
			await call("payment", `/customers/${customer}/standing`, { headers: hop.headers });
		}
		response.json(found.rows[0]);
	});

	async function insert(id: string, form: z.infer<typeof newOrder>, total: number): Promise<void> {
		await inTransaction(pool, async (client) => {
			await client.query(
				"INSERT INTO orders (id, customer_id, tier, status, total_cents) VALUES ($1, $2, $3, $4, $5)",
				[id, form.customer_id, form.tier, "pending", total],
			);
			await client.query(
				`INSERT INTO order_items (order_id, product_id, quantity, price_cents)
				SELECT $1, * FROM unnest($2::int[], $3::int[], $4::int[])`,
				[
					id,
					form.items.map((item) => item.product_id),
					form.items.map((item) => item.quantity),
					form.items.map((item) => item.price_cents),
				],
			);
		});
	}

	async function takePayment(
		id: string,
		form: z.infer<typeof newOrder>,
		total: number,
		stock: OrderLines,
		ended: ReturnType<typeof payment.start>,
	): Promise<Charge> {
		try {
			const body = {
				order_id: id,
				customer_id: form.customer_id,
				tier: form.tier,
				amount_cents: total,
				card_token: form.card_token,
			};
			return await call<Charge>("payment", "/charges", { method: "POST", body, timeoutMs: 8_000 });
		} catch (error) {
			const declined = error instanceof UpstreamError && error.status === 402;
			const status = declined ? "declined" : "failed";
			ended({ outcome: status });
			placed.add({ status });
			const fields = { order_id: id, amount_cents: total, status };
			if (declined) log.warn(fields, "payment declined, order cancelled");
			else log.error({ ...fields, err: error }, "payment failed, order cancelled");
			await pool.query("UPDATE orders SET status = $2 WHERE id = $1", [id, status]);
			await inventory()("Release", stock).catch((failure: unknown) =>
				log.error({ order_id: id, err: failure }, "reserved stock not released"),
			);
			throw error;
		}
	}

	setInterval(() => {
		pool
			.query(`DELETE FROM orders WHERE created_at < now() - interval '${KEPT}'`)
			.then((result) => log.info({ removed: result.rowCount }, "old orders removed"))
			.catch((error: unknown) => log.error({ err: error }, "old orders not removed"));
	}, PRUNE_MS);

	await serve(app, port);
});
