/** Plays the shoppers against the storefront. Not instrumented: the storefront's spans are the roots. */
import { randomUUID } from "node:crypto";
import { Agent, request as httpRequest } from "node:http";
import { seededRandom } from "./random.ts";
import { planVisit, STEPS_PER_VISIT, type Step, tide, type Visit } from "./shoppers.ts";

export interface TrafficOptions {
	port: number;
	/** Requests per second to aim for, on average over the tides. */
	rate: number;
	seed?: number;
}
export interface Traffic {
	stop(): void;
}

const HOST = "shop.example";
const TIMEOUT_MS = 12_000;
/** More open visits than this and newcomers turn away. */
const VISITS = 300;
const ANSWER_LIMIT = 65_536;
/** The first visitors are in a hurry, so that there is something to see at once. */
const OPENING_VISITS = 6;
const OPENING_HURRY = 0.08;
const USER_AGENTS = {
	web: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	app: "TrivetShop/6.2 (Android 16)",
};

export function startTraffic({ port, rate, seed = 2026 }: TrafficOptions): Traffic {
	const random = seededRandom(seed);
	const agent = new Agent({ keepAlive: true, maxSockets: 64 });
	const startedMs = performance.now();
	const timers = new Set<NodeJS.Timeout>();
	let open = 0;
	let stopped = false;

	const wait = (ms: number) =>
		new Promise<void>((resolve) => {
			const timer = setTimeout(() => {
				timers.delete(timer);
				resolve();
			}, ms);
			timers.add(timer);
		});

	async function visit(plan: Visit, hurry: number): Promise<void> {
		const session = randomUUID();
		let orderId: string | null = null;
		for (const step of plan.steps) {
			await wait(step.thinkMs * hurry);
			if (stopped) return;
			if (step.do === "order" && !orderId) continue;
			const answer = await ask(agent, port, plan, session, step, orderId);
			if (step.do === "checkout" && answer.status === 201) orderId = orderIdOf(answer.text);
			// Nobody goes on shopping in a shop that is broken.
			if (answer.status >= 500 && random.chance(0.5)) return;
		}
	}

	function admit(hurry: number): void {
		if (open >= VISITS) return;
		open++;
		visit(planVisit(random), hurry).finally(() => open--);
	}

	async function arrivals(): Promise<void> {
		for (let i = 0; i < OPENING_VISITS; i++) admit(OPENING_HURRY);
		while (!stopped) {
			const perSecond = (rate / STEPS_PER_VISIT) * tide(performance.now() - startedMs);
			await wait(random.exponential(1_000 / perSecond));
			if (!stopped) admit(1);
		}
	}
	void arrivals();

	return {
		stop() {
			stopped = true;
			for (const timer of timers) clearTimeout(timer);
			agent.destroy();
		},
	};
}

interface Answer {
	/** 0 when there was none. */
	status: number;
	text: string;
}

function ask(
	agent: Agent,
	port: number,
	plan: Visit,
	session: string,
	step: Step,
	orderId: string | null,
): Promise<Answer> {
	const { method, path, body } = requestFor(step, plan, orderId);
	const headers: Record<string, string> = {
		host: HOST,
		"user-agent": USER_AGENTS[plan.client],
		"x-session-id": session,
	};
	if (plan.client === "app") headers["x-request-id"] = `req-${randomUUID()}`;
	if (body) headers["content-type"] = "application/json";
	return new Promise((resolve) => {
		const request = httpRequest(
			{ agent, host: "127.0.0.1", port, method, path, headers, timeout: TIMEOUT_MS },
			(response) => {
				let text = "";
				response.setEncoding("utf8").on("data", (chunk: string) => {
					if (text.length < ANSWER_LIMIT) text += chunk;
				});
				response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
				response.on("error", () => resolve({ status: 0, text: "" }));
			},
		);
		request.on("timeout", () => request.destroy());
		request.on("error", () => resolve({ status: 0, text: "" }));
		request.end(body ? JSON.stringify(body) : undefined);
	});
}

function requestFor(step: Step, plan: Visit, orderId: string | null): { method: string; path: string; body?: object } {
	switch (step.do) {
		case "search":
			return { method: "GET", path: `/search?q=${encodeURIComponent(step.q)}` };
		case "product":
			return { method: "GET", path: `/products/${step.id}` };
		case "add":
			return { method: "POST", path: "/cart/items", body: { product_id: step.id, quantity: step.quantity } };
		case "cart":
			return { method: "GET", path: "/cart" };
		case "checkout":
			return {
				method: "POST",
				path: "/checkout",
				body: { customer_id: plan.customerId, tier: plan.tier, card_token: step.card },
			};
		case "order":
			return { method: "GET", path: `/orders/${orderId}` };
	}
}

function orderIdOf(text: string): string | null {
	return /"id":"(ord-[\w-]+)"/.exec(text)?.[1] ?? null;
}
