/** Where carts are kept: in memory, or in Redis when the shop is given one. */
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

/** @throws when the server does not answer at the start; later it reconnects, and commands fail meanwhile */
export async function cartsInRedis(url: string): Promise<Carts> {
	const client = createClient({
		url,
		disableOfflineQueue: true,
		commandOptions: { timeout: TIMEOUT_MS },
		socket: { connectTimeout: TIMEOUT_MS, reconnectStrategy: (retries) => Math.min(retries * 100, 2_000) },
	});
	client.on("error", (error: Error) => log.warn({ err: error }, "lost the connection to Redis; reconnecting"));
	await client.connect();
	const keyOf = (session: string) => `cart:${session}`;
	return {
		async get(session) {
			const text = await client.get(keyOf(session));
			return text === null ? [] : stored.parse(JSON.parse(text));
		},
		async set(session, items) {
			await client.set(keyOf(session), JSON.stringify(items), { EX: KEPT_SECONDS });
		},
		async remove(session) {
			await client.del(keyOf(session));
		},
		count: () => client.dbSize(),
	};
}
