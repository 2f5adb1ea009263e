// Two worker threads that log and call, and a pino transport, which is a worker thread too.
import http from "node:http";
import { Worker } from "node:worker_threads";
import pino from "pino";

const [mode = "threads"] = process.argv.slice(2);
const log = mode === "transport" ? pino(pino.transport({ target: "pino/file", options: { destination: 1 } })) : pino();
const server = http
	.createServer((_request, response) => response.end("an answer"))
	.listen(0, "127.0.0.1", () => {
		const url = `http://127.0.0.1:${server.address().port}`;
		const threads = mode === "transport" ? 0 : 2;
		let ended = 0;
		for (let i = 0; i < threads; i++) {
			new Worker(new URL("thread.cjs", import.meta.url), { workerData: { url } }).on("exit", (code) => {
				log.info({ code }, "thread ended");
				if (++ended === threads) {
					console.log(`listening ${server.address().port}`);
				}
			});
		}
		if (threads === 0) {
			log.info("through a transport");
			console.log(`listening ${server.address().port}`);
		}
	});
