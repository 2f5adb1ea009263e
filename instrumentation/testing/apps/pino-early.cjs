// A logger that exists before the instrumentation does.
const logger = require("pino")();
logger.info("before start");
const { start } = require("@trivet/instrumentation");
start();
const http = require("node:http");
const server = http.createServer((_request, response) => {
	logger.info("in a request");
	response.end();
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
