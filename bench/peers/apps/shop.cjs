/** The measured app: a route, a line and an observation a request. The same for all; only what is preloaded differs. */
const express = require("express");
const pino = require("pino");
const client = require("prom-client");

const log = pino();
const placed = new client.Histogram({
	name: "order_duration_seconds",
	help: "Placing an order.",
	labelNames: ["kind"],
	buckets: [0.01, 0.1, 1],
});
const app = express();
app.disable("x-powered-by");
app.get("/orders/:id", (request, response) => {
	log.info({ order: request.params.id }, "order placed");
	placed.observe({ kind: "card" }, 0.05);
	response.json({ ok: true });
});
const server = app.listen(0, "127.0.0.1", () => {
	const { user, system } = process.cpuUsage();
	process.send({ port: server.address().port, cpuUs: user + system });
});

let before = process.cpuUsage();
process.on("message", ({ ask }) => {
	if (ask === "begin") before = process.cpuUsage();
	if (ask === "memory") globalThis.gc?.();
	const { user, system } = process.cpuUsage(before);
	const { rss, heapUsed } = process.memoryUsage();
	process.send({ cpuUs: user + system, rss, heapUsed });
});
