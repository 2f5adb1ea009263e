/** Bad network between two services: used only while its fault is on. */
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { listen } from "../listen.ts";

const TRACE_HEADERS = ["traceparent", "tracestate", "baggage"];
const UPSTREAM_TIMEOUT_MS = 10_000;

/** An HTTP gateway that loses the trace context: the bug that breaks traces in two. */
export async function startForgetfulGateway(port: number, upstreamPort: number): Promise<void> {
	const server = createHttpServer((request, response) => {
		const headers = { ...request.headers };
		for (const name of TRACE_HEADERS) delete headers[name];
		const upstream = httpRequest(
			{ host: "127.0.0.1", port: upstreamPort, method: request.method, path: request.url, headers },
			(answer) => {
				response.writeHead(answer.statusCode ?? 502, answer.headers);
				answer.pipe(response);
			},
		);
		upstream.setTimeout(UPSTREAM_TIMEOUT_MS, () => upstream.destroy(new Error("upstream timed out")));
		upstream.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
		request.pipe(upstream);
	});
	await listen(server, port);
}

/** A TCP hop that adds this many milliseconds each way and keeps the order. */
export async function startLongWire(port: number, upstreamPort: number, delayMs: number): Promise<void> {
	const server = createServer((near) => {
		const far = connect(upstreamPort, "127.0.0.1");
		delay(near, far, delayMs);
		delay(far, near, delayMs);
	});
	await listen(server, port);
}

/** Timers of one length fire in order, so the bytes stay in order. */
function delay(from: Socket, to: Socket, delayMs: number): void {
	from.setNoDelay(true);
	from.on("data", (bytes) => {
		setTimeout(() => {
			if (to.writable) to.write(bytes);
		}, delayMs);
	});
	from.on("error", () => to.destroy());
	from.on("close", () => setTimeout(() => to.destroy(), delayMs));
}
