// pino-pretty in its worker, or in this thread.
import http from "node:http";
import pino from "pino";
import pretty from "pino-pretty";

const logger =
	process.argv[2] === "transport"
		? pino({ transport: { target: "pino-pretty", options: { colorize: false } } })
		: pino(pretty({ colorize: false, sync: true }));
const server = http.createServer((_request, response) => {
	logger.info({ a: 1 }, "pretty");
	response.end();
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
