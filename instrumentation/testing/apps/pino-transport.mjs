import http from "node:http";
import pino from "pino";

const logger = pino(pino.transport({ target: "pino/file", options: { destination: 1 } }));
const server = http.createServer((_request, response) => {
	logger.info("through a worker");
	response.end();
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
