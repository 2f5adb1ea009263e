// Ends in the way its first argument says, after a request and a line.
import http from "node:http";
import pino from "pino";
import client from "prom-client";

const [how, count = "1"] = process.argv.slice(2);
const log = pino(pino.destination({ sync: true }));
const done = new client.Counter({ name: "work_done_total", help: "Work done" });
const server = http.createServer((_request, response) => response.end("ok"));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const started = performance.now();
const answer = await fetch(`http://127.0.0.1:${server.address().port}/work`);
await answer.text();
for (let i = 0; i < Number(count); i++) {
	log.info({ i }, "work done");
	done.inc();
}
const close = () => {
	server.close();
	server.closeAllConnections();
};
console.log(`listening ${server.address().port}`);
process.on("exit", () => console.log(`lived ${Math.round(performance.now() - started)} ms`));
switch (how) {
	case "natural":
		close();
		break;
	case "exit":
		process.exit(3);
		break;
	case "exit-listener":
		process.on("exit", () => log.info("last words"));
		process.exit(3);
		break;
	case "reject":
		void Promise.reject(new Error("as planned"));
		break;
	case "caught":
		process.on("uncaughtException", (error) => {
			log.fatal(error, "going down");
			process.exit(5);
		});
		setTimeout(() => {
			throw new Error("as planned");
		}, 1);
		break;
	case "exits-on-sigterm":
		process.on("SIGTERM", () => {
			log.info("stopping");
			process.exit(0);
		});
		break;
	case "throw":
		setTimeout(() => {
			throw new Error("as planned");
		}, 1);
		break;
	case "own-handler":
		process.on("SIGTERM", () => {
			console.log("own handler ran");
			close();
			setTimeout(() => process.exit(7), 100);
		});
		break;
	case "serve":
		break;
}
