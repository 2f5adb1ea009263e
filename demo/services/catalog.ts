/** Products and search, ranked by what sold. */
import { Histogram } from "prom-client";
import { z } from "zod";
import { fastifyApp, serve } from "./fastify-app.ts";
import { openInventory } from "./inventory-api.ts";
import { openPool } from "./postgres-pool.ts";
import { log, runService } from "./service.ts";
import type { Product } from "./shop-types.ts";

const SEASON_START = "2026-06-01";

const results = new Histogram({
	name: "search_results",
	help: "Products found per search",
	buckets: [0, 1, 5, 10, 20, 40, 80],
});

const columns = `p.id, p.sku, p.name, p.category, p.price_cents,
	(SELECT coalesce(sum(quantity), 0)::int FROM purchases WHERE product_id = p.id AND bought_on >= $2) AS sold`;

runService("catalog", async (port, faults) => {
	const pool = openPool("catalog");
	const inventory = openInventory("inventory");
	const app = fastifyApp();

	app.get("/products/:id", async (request, reply) => {
		const { id } = z.object({ id: z.coerce.number().int() }).parse(request.params);
		const found = await pool.query<Product>(`SELECT ${columns} FROM products p WHERE p.id = $1`, [id, SEASON_START]);
		const product = found.rows[0];
		if (!product) {
			log.warn({ product_id: id }, "no such product");
			return reply.code(404).send({ error: "no_such_product" });
		}
		const stock = await inventory("GetStock", { productId: id }).catch((error: unknown) => {
			log.warn({ product_id: id, err: error }, "stock unknown, page served without it");
			return null;
		});
		log.info({ product_id: id, sku: product.sku, price_cents: product.price_cents }, "product read");
		return { ...product, available: stock?.available ?? null };
	});

	/** Others of its kind, best sellers first. */
	app.get("/products/:id/related", async (request) => {
		const { id } = z.object({ id: z.coerce.number().int() }).parse(request.params);
		const found = await pool.query<Product>(
			`SELECT ${columns} FROM products p JOIN products same USING (category)
			WHERE same.id = $1 AND p.id BETWEEN $1 - 40 AND $1 + 40 AND p.id <> $1 ORDER BY sold DESC LIMIT 4`,
			[id, SEASON_START],
		);
		return found.rows;
	});

	app.get("/search", async (request) => {
		const { q } = z.object({ q: z.string().min(1).max(60) }).parse(request.query);
		const startedMs = performance.now();
		const found = await pool.query<Product>(
			`SELECT ${columns} FROM products p WHERE p.name ILIKE '%' || $1 || '%' ORDER BY sold DESC LIMIT 12`,
			[q.replace(/[%_\\]/g, ""), SEASON_START],
		);
		results.observe(found.rows.length);
		const tookMs = Math.round(performance.now() - startedMs);
		const fields = { q, results: found.rows.length, took_ms: tookMs };
		if (tookMs > 150) log.warn(fields, "slow search");
		else log.info(fields, "search done");
		return found.rows;
	});

	faults.watch("slow-query", (enabled) => {
		// The same query either way: only the plan changes, which is how it happens.
		const change = enabled
			? "DROP INDEX IF EXISTS purchases_product_idx"
			: "CREATE INDEX IF NOT EXISTS purchases_product_idx ON purchases (product_id, bought_on)";
		log.info({ statement: change }, "migration applied");
		pool.query(change).catch((error: unknown) => log.error({ err: error }, "migration failed"));
	});

	await serve(app, port);
});
