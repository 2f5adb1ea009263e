/** Payment: asks fraud, then charges the card at the external provider, with one retry. */
import { request as httpRequest } from "node:http";
import { Counter, Histogram } from "prom-client";
import { z } from "zod";
import { urlOf } from "../addresses.ts";
import { call } from "./call.ts";
import { callerOf, jsonApp, Refusal, serve } from "./express-app.ts";
import { nextHop } from "./risk-hops.ts";
import { runService } from "./service.ts";
import type { Charge, Score } from "./shop-types.ts";

const PROVIDER = "api.payments.example";
const ATTEMPTS = 2;
const TIMEOUT_MS = 1_500;
const ANSWER_LIMIT = 16_384;

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

	app.post("/charges", async (request, response) => {
		const { log, requestId } = callerOf(request);
		const charge = newCharge.parse(request.body);
		const facts = { order_id: charge.order_id, amount_cents: charge.amount_cents, tier: charge.tier };
		const { card_token: _, ...forFraud } = charge;
		const risk = await call<Score>("fraud", "/score", { method: "POST", body: forFraud, requestId });
		if (risk.verdict === "review") log.warn({ ...facts, score: risk.score }, "charge flagged for review");

		for (let attempt = 1; ; attempt++) {
			const answer = await askProvider(charge, charge.order_id);
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
		const { log, requestId } = callerOf(request);
		const hop = nextHop(request.headers);
		if (hop) {
			log.info({ customer_id: request.params.id, ...hop.fields }, "standing needs the customer's fraud signals");
			await call("fraud", `/customers/${request.params.id}/signals`, { requestId, headers: hop.headers });
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

/** Somebody else's API over plain node:http: no request ID of ours leaves the shop. Never rejects. */
function askProvider(charge: z.infer<typeof newCharge>, idempotencyKey: string): Promise<ProviderAnswer> {
	const stop = latency.startTimer();
	const body = JSON.stringify({ amount: charge.amount_cents, currency: "eur", source: charge.card_token });
	return new Promise((resolve) => {
		const settle = (status: number, reason: string, id = "") => {
			stop({ outcome: status === 201 ? "charged" : status === 402 ? "declined" : "failed" });
			resolve({ status, id, reason });
		};
		const request = httpRequest(
			urlOf(PROVIDER, "/v1/charges"),
			{
				method: "POST",
				headers: { "content-type": "application/json", "idempotency-key": idempotencyKey },
				signal: AbortSignal.timeout(TIMEOUT_MS),
			},
			(response) => {
				let text = "";
				response.setEncoding("utf8");
				response.on("data", (chunk: string) => {
					if (text.length < ANSWER_LIMIT) text += chunk;
				});
				response.on("end", () => settle(response.statusCode ?? 0, `status ${response.statusCode}`, chargeId(text)));
				response.on("error", (error) => settle(0, error.message));
			},
		);
		request.on("error", (error) => settle(0, error.name === "AbortError" ? "timeout" : error.message));
		request.end(body);
	});
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
