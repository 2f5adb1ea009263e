import http from "node:http";
import pino from "pino";
import { cases } from "./pino-cases.cjs";

const all = cases(pino);
const server = http.createServer((request, response) => {
	all[request.url.slice(1)]();
	response.end();
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
