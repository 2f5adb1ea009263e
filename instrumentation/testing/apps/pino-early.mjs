// A logger that exists before the instrumentation does, in an ESM app: imports run before the first statement.
import http from "node:http";
import { start } from "@trivet/instrumentation";
import pino from "pino";

const logger = pino();
const child = logger.child({ module: "early" });
logger.info("before start");
start();
const server = http.createServer((_request, response) => {
	child.info("in a request");
	response.end();
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
