// The routes both express apps serve: the same app, loaded by require and by import.
const http = require("node:http");

exports.routes = (app, express, log, client) => {
	const duration = new client.Histogram({
		name: "app_work_seconds",
		help: 'Work, in "seconds"\nand more',
		labelNames: ["kind"],
		buckets: [0.1, 1],
	});
	const orders = new client.Counter({ name: "app_orders", help: "Orders.", labelNames: ["state"] });
	const router = express.Router();
	router.get("/:id", (request, response) => {
		log.info({ user: request.params.id }, "user asked for");
		duration.observe({ kind: "read" }, 0.05);
		duration.labels("labels").observe(0.5);
		const end = duration.startTimer({ kind: "timer" });
		end();
		orders.inc({ state: "new" });
		orders.labels("labels").inc(2);
		response.json({ id: request.params.id });
	});
	app.use("/users", router);
	app.get("/chain", (request, response) => {
		const { port } = request.socket.address();
		http.get({ port, host: "127.0.0.1", path: "/users/7?token=s3cret&page=2" }, (inner) => {
			inner.resume();
			inner.on("end", () => {
				log.info("inner request ended");
				response.json({ inner: inner.statusCode });
			});
		});
	});
	app.get("/fetch", async (request, response) => {
		const { port } = request.socket.address();
		const inner = await fetch(`http://127.0.0.1:${port}/users/8`);
		await inner.text();
		log.info("fetched");
		response.json({ inner: inner.status });
	});
	app.post("/echo", express.json(), (request, response) => {
		log.info("body read");
		response.json(request.body);
	});
	app.get("/boom", async () => {
		throw new RangeError("out of stock");
	});
	app.get("/health", (_request, response) => {
		log.info("probed");
		response.json({ traceparent: null });
	});
	app.get("/ready", (_request, response) => response.status(503).json({ database: "down" }));
	app.get("/raw-end", (request, response) => {
		request.on("end", () => {
			log.info("request ended");
			response.end("done");
		});
		request.resume();
	});
	app.get("/stream", (_request, response) => {
		response.write("first");
	});
	app.get("/never", () => {});
	app.get("/headers", (request, response) => response.json(request.headers));
	app.get("/metrics", async (_request, response) => {
		response.type("text/plain").send(await client.register.metrics());
	});
};
