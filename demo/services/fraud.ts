/** Fraud: scores a charge from what it is told; while the dependency cycle is on, it asks orders for more. */
import { createHash } from "node:crypto";
import { counter, health } from "@trivet/instrumentation";
import { Histogram } from "prom-client";
import { z } from "zod";
import { call } from "./call.ts";
import { fastifyApp, serve } from "./fastify-app.ts";
import { firstHop, nextRound } from "./risk-hops.ts";
import { log, runService } from "./service.ts";
import type { Score } from "./shop-types.ts";

const scores = new Histogram({
	name: "fraud_score",
	help: "Scores given, 0 to 1",
	buckets: [0.1, 0.25, 0.5, 0.75, 0.9, 1],
});

const identityChecks = counter({
	name: "shop.identity.checks",
	unit: "{check}",
	help: "Customers checked before they are charged",
	labels: { result: ["passed", "review"], tier: ["standard", "silver", "gold"] },
});

const subject = z.object({
	order_id: z.string().max(60),
	customer_id: z.string().max(60),
	tier: z.enum(["standard", "silver", "gold"]),
	amount_cents: z.number().int(),
});
const customer = z.object({ id: z.string().regex(/^[\w-]{1,60}$/) });
const REVIEW_FROM = 0.97;

runService("fraud", async (port, faults) => {
	const app = fastifyApp();
	app.get("/health", health().fastifyHandler);

	app.post("/score", async (request): Promise<Score> => {
		const charge = subject.parse(request.body);
		if (faults.has("dependency-cycle")) {
			const hop = firstHop();
			log.info({ order_id: charge.order_id, ...hop.fields }, "score needs the customer's history");
			await call("orders", `/customers/${charge.customer_id}/history`, { headers: hop.headers });
		}
		const digest = createHash("sha256").update(`${charge.customer_id}/${charge.order_id}`).digest();
		const score = Math.round((digest.readUInt16BE(0) / 65_536) * 1_000) / 1_000;
		scores.observe(score);
		const verdict = score >= REVIEW_FROM ? "review" : "accept";
		identityChecks.add({ result: verdict === "review" ? "review" : "passed", tier: charge.tier });
		log.info({ order_id: charge.order_id, score, verdict }, "charge scored");
		return { score, verdict };
	});

	app.get("/customers/:id/signals", async (request) => {
		const { id } = customer.parse(request.params);
		const hop = nextRound(request.headers);
		if (hop) {
			log.warn({ customer_id: id, ...hop.fields }, "signals need the customer's history again");
			await call("orders", `/customers/${id}/history`, { headers: hop.headers });
		}
		return { signals: [] };
	});

	await serve(app, port);
});
