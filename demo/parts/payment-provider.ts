/** The external payment provider: somebody else's API, so it is not instrumented and shows as an external node. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { FaultSwitches } from "../child.ts";
import { listen } from "../listen.ts";
import { seededRandom } from "../random.ts";

const SEED = 7;
const MEDIAN_MS = 55;
const SLOWEST_MS = 1_200;
const BODY_LIMIT = 4_096;
/** Of the answers while it is failing; the rest never come. */
const REFUSED = 0.5;
const FAILING = 0.85;
export const DECLINED_CARD = "tok_declined";

export async function startPaymentProvider(port: number, faults: FaultSwitches): Promise<void> {
	const random = seededRandom(SEED);
	let charges = 0;
	const answer = (response: ServerResponse, status: number, body: object) => {
		response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
	};
	const server = createServer(async (request, response) => {
		const text = await readText(request).catch(() => null);
		if (text === null || request.method !== "POST" || request.url !== "/v1/charges") {
			return answer(response, 400, { error: { code: "bad_request" } });
		}
		if (faults.has("payment-failing") && random.chance(FAILING)) {
			if (random.chance(REFUSED)) answer(response, 503, { error: { code: "provider_unavailable" } });
			return;
		}
		const delayMs = Math.min(SLOWEST_MS, random.logNormal(MEDIAN_MS, 0.6));
		setTimeout(() => {
			if (text.includes(DECLINED_CARD)) answer(response, 402, { error: { code: "card_declined" } });
			else answer(response, 201, { id: `ch_${(++charges).toString(36).padStart(8, "0")}`, status: "succeeded" });
		}, delayMs);
	});
	server.requestTimeout = 10_000;
	await listen(server, port);
}

async function readText(request: IncomingMessage): Promise<string> {
	let text = "";
	for await (const chunk of request.setEncoding("utf8")) {
		text += chunk;
		if (text.length > BODY_LIMIT) throw new Error("body too long");
	}
	return text;
}
