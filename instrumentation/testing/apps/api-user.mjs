// Makes a span of its own through the copy of the OpenTelemetry API named by the first argument.
import http from "node:http";

const { trace } = await import(process.argv[2]);
const server = http.createServer((_request, response) => {
	trace.getTracer("app").startActiveSpan("own work", (span) => {
		span.end();
		response.end();
	});
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
