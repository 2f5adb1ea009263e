/** Payment: asks fraud, then charges the card at the external provider, with one retry. */
import { health } from "@trivet/instrumentation";
import { Counter, Histogram } from "prom-client";
import { z } from "zod";
import { urlOf } from "../addresses.ts";
import { call, exchange } from "./call.ts";
import { jsonApp, Refusal, serve } from "./express-app.ts";
import { nextHop } from "./risk-hops.ts";
import { log, runService } from "./service.ts";
import type { Charge, Score } from "./shop-types.ts";

const PROVIDER = "api.payments.example";
const ATTEMPTS = 2;
const TIMEOUT_MS = 1_500;

const latency = new Histogram({
	name: "payment_provider_duration_seconds",
	help: "One call to the payment provider",
	labelNames: ["outcome"],
	buckets: [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5],
});
const charged = new Counter({ name: "payments_total", help: "Charges by outcome", labelNames: ["outcome"] });

const newCharge = z.object({
	order_id: z.string().max(60),
	customer_id: z.string().max(60),
	tier: z.string().max(20),
	amount_cents: z.number().int().min(0),
	card_token: z.string().max(60),
});

runService("payment", async (port) => {
	const app = jsonApp();
	app.get("/health", health({ checks: { fraud: { url: urlOf("fraud", "/health"), deep: true } } }).handler);

	app.post("/charges", async (request, response) => {
		const charge = newCharge.parse(request.body);
		const facts = { order_id: charge.order_id, amount_cents: charge.amount_cents, tier: charge.tier };
		const { card_token: _, ...forFraud } = charge;
		const risk = await call<Score>("fraud", "/score", { method: "POST", body: forFraud });
		if (risk.verdict === "review") log.warn({ ...facts, score: risk.score }, "charge flagged for review");

		for (let attempt = 1; ; attempt++) {
			const answer = await askProvider(charge);
			if (answer.status === 201) {
				charged.inc({ outcome: "charged" });
				log.info({ ...facts, charge_id: answer.id, attempts: attempt }, "card charged");
				const result: Charge = { charge_id: answer.id, attempts: attempt };
				response.status(201).json(result);
				return;
			}
			if (answer.status === 402) {
				charged.inc({ outcome: "declined" });
				log.warn({ ...facts, reason: "card_declined" }, "card declined");
				throw new Refusal(402, "card_declined");
			}
			const failure = { ...facts, attempt, provider_status: answer.status, reason: answer.reason };
			if (attempt === ATTEMPTS) {
				charged.inc({ outcome: "failed" });
				log.error(failure, "payment provider failed, giving up");
				throw new Refusal(502, "payment_provider_failed");
			}
			log.warn(failure, "payment provider failed, retrying");
		}
	});

	/** Asked by orders while the dependency cycle is on. */
	app.get("/customers/:id/standing", async (request, response) => {
		const hop = nextHop(request.headers);
		if (hop) {
			log.info({ customer_id: request.params.id, ...hop.fields }, "standing needs the customer's fraud signals");
			await call("fraud", `/customers/${request.params.id}/signals`, { headers: hop.headers });
		}
		response.json({ standing: "good" });
	});

	await serve(app, port);
});

interface ProviderAnswer {
	/** 0 when there was none. */
	status: number;
	id: string;
	reason: string;
}

/** Never rejects: what can go wrong with somebody else's API is an answer too. */
async function askProvider(charge: z.infer<typeof newCharge>): Promise<ProviderAnswer> {
	const stop = latency.startTimer();
	const body = { amount: charge.amount_cents, currency: "eur", source: charge.card_token };
	const headers = { "idempotency-key": charge.order_id };
	const answer = await exchange(PROVIDER, "/v1/charges", { method: "POST", body, headers, timeoutMs: TIMEOUT_MS }).then(
		({ status, text }) => ({ status, id: chargeId(text), reason: `status ${status}` }),
		(error: Error) => ({ status: 0, id: "", reason: error.name === "AbortError" ? "timeout" : error.message }),
	);
	stop({ outcome: answer.status === 201 ? "charged" : answer.status === 402 ? "declined" : "failed" });
	return answer;
}

function chargeId(text: string): string {
	const parsed = z.object({ id: z.string() }).safeParse(safeJson(text));
	return parsed.success ? parsed.data.id : "";
}

function safeJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
