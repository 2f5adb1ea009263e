/** What shoppers do, as a plan without clock or network: one seed, one crowd. */
import type { Random } from "./random.ts";

export type Step =
	| { do: "search"; q: string }
	| { do: "product"; id: number }
	| { do: "add"; id: number; quantity: number }
	| { do: "cart" }
	| { do: "checkout"; card: "tok_visa" | "tok_mastercard" | "tok_declined" }
	| { do: "order" };

export interface Visit {
	customerId: string;
	tier: "standard" | "silver" | "gold";
	/** Apps send an X-Request-ID, browsers do not. */
	client: "web" | "app";
	/** Each after `thinkMs` of reading. */
	steps: (Step & { thinkMs: number })[];
}

const PRODUCTS = 480;
const CUSTOMERS = 400;
const WORDS = ["oak", "lamp", "desk", "mug", "walnut", "chair", "linen", "rug", "copper", "clock", "kettle", "birch"];
const THINK_MS = 2_400;
const LONGEST_THINK_MS = 20_000;

/** Requests of a visit on average: what turns a rate of requests into a rate of visits. Held by a test. */
export const STEPS_PER_VISIT = 6;

export function planVisit(random: Random): Visit {
	const customer = random.between(1, CUSTOMERS);
	const steps: Step[] = [];
	const look = (times: number) => {
		for (let i = 0; i < times; i++) {
			if (random.chance(0.35)) steps.push({ do: "search", q: random.pick(WORDS) });
			else steps.push({ do: "product", id: productId(random) });
		}
	};
	look(random.between(2, 5));
	// Just looking; fills a cart and leaves; buys.
	const intent = random.next();
	if (intent > 0.5) {
		const items = random.between(1, 3);
		for (let i = 0; i < items; i++) steps.push({ do: "add", id: liveProduct(random), quantity: random.between(1, 3) });
		steps.push({ do: "cart" });
	}
	if (intent > 0.68) {
		const card = random.chance(0.03) ? "tok_declined" : random.pick(["tok_visa", "tok_mastercard"] as const);
		steps.push({ do: "checkout", card });
		for (let i = random.between(0, 2); i > 0; i--) steps.push({ do: "order" });
	}
	return {
		customerId: `cust-${customer}`,
		tier: customer % 11 === 0 ? "gold" : customer % 4 === 0 ? "silver" : "standard",
		client: customer % 5 < 3 ? "app" : "web",
		steps: steps.map((step) => ({ ...step, thinkMs: Math.min(LONGEST_THINK_MS, random.logNormal(THINK_MS, 0.7)) })),
	};
}

/** How busy the shop is, 1 on average: a slow tide, a quicker one, and now and then a rush. */
export function tide(elapsedMs: number): number {
	const slow = 0.3 * Math.sin((2 * Math.PI * elapsedMs) / 600_000);
	const quick = 0.12 * Math.sin((2 * Math.PI * elapsedMs) / 97_000);
	return 0.94 + slow + quick + (isRush(elapsedMs) ? 1 : 0);
}

const RUSH_EVERY_MS = 240_000;
const RUSH_MS = 15_000;

/** A quarter of a minute in every four, at a moment that differs from one to the next. */
function isRush(elapsedMs: number): boolean {
	const round = Math.floor(elapsedMs / RUSH_EVERY_MS);
	const startMs = 60_000 + ((round * 7_919) % 11) * 14_000;
	const sinceMs = elapsedMs - round * RUSH_EVERY_MS - startMs;
	return sinceMs >= 0 && sinceMs < RUSH_MS;
}

/** A few products are on everybody's list; a stale bookmark now and then leads nowhere. */
function productId(random: Random): number {
	return random.chance(0.012) ? PRODUCTS + random.between(1, 500) : liveProduct(random);
}

function liveProduct(random: Random): number {
	return 1 + Math.floor(PRODUCTS * random.next() ** 2);
}
