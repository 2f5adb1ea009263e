/** Where carts are kept: in memory, or in Redis when the shop is given one. */
import { type Attributes, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { createClient } from "@redis/client";
import { z } from "zod";
import { log } from "./service.ts";
import type { CartItem } from "./shop-types.ts";

export interface Carts {
	/** Empty when there is none. */
	get(session: string): Promise<CartItem[]>;
	set(session: string, items: CartItem[]): Promise<void>;
	remove(session: string): Promise<void>;
	count(): Promise<number>;
}

/** The oldest go when there are more. */
const KEPT_IN_MEMORY = 5_000;
const KEPT_SECONDS = 3_600;
const TIMEOUT_MS = 2_000;

export function cartsInMemory(): Carts {
	const carts = new Map<string, CartItem[]>();
	return {
		get: async (session) => carts.get(session) ?? [],
		async set(session, items) {
			carts.delete(session);
			carts.set(session, items);
			if (carts.size > KEPT_IN_MEMORY) carts.delete(carts.keys().next().value!);
		},
		async remove(session) {
			carts.delete(session);
		},
		count: async () => carts.size,
	};
}

const stored = z.array(
	z.object({ product_id: z.number(), name: z.string(), quantity: z.number(), price_cents: z.number() }),
);

/**
 * The instrumentation does not know Redis, so each command makes its own client span.
 * @throws when the server does not answer at the start; later it reconnects, and commands fail meanwhile
 */
export async function cartsInRedis(url: string): Promise<Carts> {
	const client = createClient({
		url,
		disableOfflineQueue: true,
		commandOptions: { timeout: TIMEOUT_MS },
		socket: { connectTimeout: TIMEOUT_MS, reconnectStrategy: (retries) => Math.min(retries * 100, 2_000) },
	});
	client.on("error", (error: Error) => log.warn({ err: error }, "lost the connection to Redis; reconnecting"));
	await client.connect();
	const { hostname, port } = new URL(url);
	const server: Attributes = {
		"db.system.name": "redis",
		"db.namespace": "0",
		"server.address": hostname,
		"server.port": Number(port || 6379),
	};
	const tracer = trace.getTracer("trivet-demo");
	function traced<T>(command: string, run: () => Promise<T>): Promise<T> {
		const attributes = { ...server, "db.operation.name": command };
		return tracer.startActiveSpan(command, { kind: SpanKind.CLIENT, attributes }, async (span) => {
			try {
				return await run();
			} catch (error) {
				span.recordException(error as Error);
				span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
				throw error;
			} finally {
				span.end();
			}
		});
	}
	const keyOf = (session: string) => `cart:${session}`;
	return {
		async get(session) {
			const text = await traced("GET", () => client.get(keyOf(session)));
			return text === null ? [] : stored.parse(JSON.parse(text));
		},
		async set(session, items) {
			await traced("SET", () => client.set(keyOf(session), JSON.stringify(items), { EX: KEPT_SECONDS }));
		},
		async remove(session) {
			await traced("DEL", () => client.del(keyOf(session)));
		},
		// Asked by the scrape, not by a shopper: no span.
		count: () => client.dbSize(),
	};
}
