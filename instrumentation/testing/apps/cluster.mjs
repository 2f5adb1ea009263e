import cluster from "node:cluster";
import http from "node:http";
import { metricsHandler, start } from "@trivet/instrumentation";
import client from "prom-client";

const [workers = "2", instrumented = "everywhere"] = process.argv.slice(2);

if (cluster.isPrimary) {
	if (instrumented === "primary-late") {
		cluster.setupPrimary({ execArgv: ["--import", "@trivet/instrumentation/register"] });
		cluster.on("listening", () => start());
	}
	if (instrumented === "in-workers") {
		cluster.setupPrimary({ execArgv: ["--import", "@trivet/instrumentation/register"] });
	}
	for (let i = 0; i < Number(workers); i++) {
		cluster.fork();
	}
	let listening = 0;
	cluster.on("message", (worker, message) => console.log(`primary got ${JSON.stringify(message)} from ${worker.id}`));
	cluster.on("exit", (worker) => console.log(`worker ${worker.id} ended`));
	cluster.on("listening", (_worker, { port }) => {
		listening++;
		if (listening === Number(workers)) {
			console.log(`listening ${port}`);
		}
	});
	process.on("SIGTERM", () => process.exit(0));
} else {
	const { id } = cluster.worker;
	const orders = new client.Counter({ name: "orders_total", help: "Orders.", labelNames: ["state"] });
	const work = new client.Histogram({ name: "work_seconds", help: "Work.", buckets: [0.1, 1] });
	const share = new client.Gauge({ name: "share", help: "Share.", aggregator: "average" });
	share.set(id);
	process.on("message", (message) => console.log(`worker got ${JSON.stringify(message)}`));
	http
		.createServer((request, response) => {
			if (request.url === "/all") {
				void metricsHandler(request, response);
			} else if (request.url === "/end") {
				response.end(String(id), () => process.exit(0));
			} else if (request.url === "/block") {
				response.end(String(id), () => {
					const until = Date.now() + 4_000;
					while (Date.now() < until);
				});
			} else {
				orders.inc({ state: "new" });
				work.observe(0.5);
				// One worker after the other: none keeps its connection.
				response.writeHead(200, { connection: "close" }).end(String(id));
			}
		})
		.listen(0, "127.0.0.1");
}
