// Spans that say too much: more attributes, longer values, more events and links than the limits allow.
import http from "node:http";
import { trace } from "@opentelemetry/api";

const tracer = trace.getTracer("shop");
const server = http.createServer((_request, response) => {
	const links = Array.from({ length: 300 }, (_, i) => ({
		context: { traceId: (i + 1).toString(16).padStart(32, "0"), spanId: "b7ad6b7169203331", traceFlags: 1 },
	}));
	tracer.startActiveSpan("talkative", { links }, (span) => {
		for (let i = 0; i < 300; i++) {
			span.setAttribute(`key.${i}`, i);
			span.addEvent(`event ${i}`, Object.fromEntries(Array.from({ length: 200 }, (_, key) => [`key.${key}`, key])));
		}
		span.end();
	});
	tracer.startActiveSpan("long", (span) => {
		span.setAttribute("long", "x".repeat(1_000_000));
		span.setAttribute("list", ["y".repeat(1_000_000), "short"]);
		span.end();
	});
	response.end();
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
