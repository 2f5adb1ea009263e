// A shop's own metrics, with or without prom-client in the app.
import http from "node:http";
import { counter, gauge, histogram } from "@trivet/instrumentation";

const client = process.argv[2] === "with prom-client" ? (await import("prom-client")).default : undefined;
const labels = { status: ["paid", "declined", "failed"] };
const orders = counter({ name: "shop.orders", unit: "{order}", help: "Orders by how they ended.", labels });
const latency = histogram({
	name: "shop.payment.duration",
	unit: "s",
	help: "Taking the money.",
	labels: { outcome: ["paid", "declined"] },
});
gauge({
	name: "shop.carts.open",
	unit: "{cart}",
	help: "Carts with something in them.",
	labels: { tier: ["gold", "plain"] },
	read: async () => [
		{ labels: { tier: "gold" }, value: 2 },
		{ labels: { tier: "silver" }, value: 3 },
		{ labels: { tier: "bronze" }, value: 2 },
	],
});
gauge({ name: "shop.queue.depth", unit: "{message}", help: "Waiting.", read: () => 7 });
gauge({ name: "shop.broken", unit: "{x}", help: "Never.", read: () => Promise.reject(new Error("no luck")) });
gauge({ name: "shop.hanging", unit: "{x}", help: "Never.", timeoutMs: 20, read: () => new Promise(() => {}) });

const server = http.createServer(async (request, response) => {
	const url = new URL(request.url, "http://localhost");
	if (url.pathname === "/metrics") {
		response.end(await client?.register.metrics());
		return;
	}
	const status = url.searchParams.get("status");
	const stop = latency.start();
	await new Promise(setImmediate);
	stop({ outcome: status });
	orders.add({ status });
	response.end("done");
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
