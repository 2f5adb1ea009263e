// Uses the copy of the OpenTelemetry API beside it.
import http from "node:http";
import { trace } from "@opentelemetry/api";

trace.getTracer("app").startSpan("own").end();
const server = http.createServer().listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
