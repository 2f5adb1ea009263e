// What Next does: its server is there first, then it calls `register` of instrumentation.ts in the runtime it names.
import http from "node:http";

const server = http.createServer((_request, response) => response.end("page"));
const { register } = await import("@trivet/instrumentation/next");
await register();
const started = Symbol.for("@trivet/instrumentation") in globalThis;
server.listen(0, "127.0.0.1", () => console.log(`started ${started}\nlistening ${server.address().port}`));
