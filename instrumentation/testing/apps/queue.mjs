// A queue in memory between a producer and a consumer, the context travelling in the message's envelope.
import http from "node:http";
import { injectContext, withConsumerSpan, withProducerSpan } from "@trivet/instrumentation";
import pino from "pino";

const log = pino();
const destination = { system: "mqtt", destination: "orders/paid" };
const kept = [];

const consume = (message, relation) =>
	withConsumerSpan({ ...destination, carrier: message.headers, relation }, async () => {
		await null;
		log.info("message handled");
		if (message.body === "bad") {
			throw new TypeError("cannot ship");
		}
	});

const server = http.createServer((request, response) => {
	const url = new URL(request.url, "http://x");
	const message = withProducerSpan(destination, () => ({
		body: url.searchParams.get("body"),
		headers: injectContext({}),
	}));
	kept.push(message.headers);
	setTimeout(() => consume(message, url.searchParams.get("relation") ?? undefined).catch(() => {}), 1);
	if (url.pathname === "/batch") {
		setTimeout(() => withConsumerSpan({ ...destination, carrier: kept.splice(0) }, () => log.info("batch handled")), 1);
	}
	response.end();
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
