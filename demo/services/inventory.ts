/** Inventory: stock by product, over gRPC. */
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { flush } from "@trivet/instrumentation";
import { Counter, Gauge } from "prom-client";
import { inventoryService, type OrderLines, type StockLevel } from "./inventory-api.ts";
import { inTransaction, openPool } from "./postgres-pool.ts";
import { log, runService } from "./service.ts";

const RESTOCK_BELOW = 12;
const RESTOCK_BY = 120;
const CRASH_AFTER_MS = [4_000, 7_000] as const;

class StockError extends Error {
	readonly code: number;
	readonly details: string;
	constructor(code: number, details: string) {
		super(details);
		this.name = "StockError";
		this.code = code;
		this.details = details;
	}
}

runService("inventory", async (port, faults) => {
	const pool = openPool("inventory");
	const reservations = new Counter({ name: "reservations_total", help: "By outcome", labelNames: ["outcome"] });
	const lowest = new Gauge({ name: "stock_lowest", help: "Fewest items left of any product just sold" });

	async function getStock({ productId }: { productId: number }): Promise<StockLevel> {
		const found = await pool.query<{ available: number; reserved: number }>(
			"SELECT available, reserved FROM stock WHERE product_id = $1",
			[productId],
		);
		const level = found.rows[0];
		if (!level) throw new StockError(status.NOT_FOUND, "no_such_product");
		return { productId, ...level };
	}

	async function reserve(order: OrderLines): Promise<object> {
		const low: { product_id: number; available: number }[] = [];
		await inTransaction(pool, async (client) => {
			const updated = await client.query<{ product_id: number; available: number }>(
				`UPDATE stock SET available = available - wanted.quantity, reserved = reserved + wanted.quantity
				FROM unnest($1::int[], $2::int[]) AS wanted (product_id, quantity)
				WHERE stock.product_id = wanted.product_id AND available >= wanted.quantity
				RETURNING stock.product_id, available`,
				columnsOf(order),
			);
			if (updated.rows.length < order.lines.length) {
				throw new StockError(status.FAILED_PRECONDITION, "out_of_stock");
			}
			low.push(...updated.rows.filter((row) => row.available < RESTOCK_BELOW));
			lowest.set(Math.min(...updated.rows.map((row) => row.available)));
		}).catch((error: unknown) => {
			reservations.inc({ outcome: error instanceof StockError ? "out_of_stock" : "failed" });
			throw error;
		});
		reservations.inc({ outcome: "reserved" });
		log.info({ order_id: order.orderId, lines: order.lines.length }, "stock reserved");
		for (const product of low) {
			log.warn(product, "stock is low, restocking");
			await pool.query("UPDATE stock SET available = available + $2 WHERE product_id = $1", [
				product.product_id,
				RESTOCK_BY,
			]);
		}
		return {};
	}

	async function release(order: OrderLines): Promise<object> {
		await pool.query(
			`UPDATE stock SET available = available + back.quantity, reserved = greatest(0, reserved - back.quantity)
			FROM unnest($1::int[], $2::int[]) AS back (product_id, quantity) WHERE stock.product_id = back.product_id`,
			columnsOf(order),
		);
		log.info({ order_id: order.orderId }, "reservation released");
		return {};
	}

	async function ship(order: OrderLines): Promise<object> {
		await pool.query(
			`UPDATE stock SET reserved = greatest(0, reserved - gone.quantity)
			FROM unnest($1::int[], $2::int[]) AS gone (product_id, quantity) WHERE stock.product_id = gone.product_id`,
			columnsOf(order),
		);
		log.info({ order_id: order.orderId }, "stock left the warehouse");
		return {};
	}

	const server = new Server();
	server.addService(inventoryService, {
		GetStock: unary(getStock),
		Reserve: unary(reserve),
		Release: unary(release),
		Ship: unary(ship),
	});
	await new Promise<void>((resolve, reject) => {
		server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) =>
			error ? reject(error) : resolve(),
		);
	});

	let crash: NodeJS.Timeout | undefined;
	faults.watch("crash-loop", (enabled) => {
		clearTimeout(crash);
		if (!enabled) return;
		const [least, most] = CRASH_AFTER_MS;
		crash = setTimeout(die, least + Math.random() * (most - least));
	});
});

/** As a service with its wits about it would: the last line gets out before the process does. */
function die(): void {
	const error = new Error("stock cache corrupt: checksum mismatch");
	log.fatal({ err: error, uptime_s: Math.round(process.uptime()) }, "cannot go on");
	void flush(1_000).finally(() => process.exit(1));
}

function columnsOf(order: OrderLines): [number[], number[]] {
	return [order.lines.map((line) => line.productId), order.lines.map((line) => line.quantity)];
}

function unary<Request, Answer>(work: (request: Request) => Promise<Answer>) {
	return (call: ServerUnaryCall<Request, Answer>, done: sendUnaryData<Answer>) => {
		work(call.request).then(
			(answer) => done(null, answer),
			(error: unknown) => {
				if (error instanceof StockError) {
					log.warn({ method: call.getPath(), reason: error.details }, "request refused");
					done({ code: error.code, details: error.details });
				} else {
					log.error({ method: call.getPath(), err: error }, "request failed");
					done({ code: status.INTERNAL, details: "internal" });
				}
			},
		);
	};
}
