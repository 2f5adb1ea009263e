import http from "node:http";
import type { AddressInfo } from "node:net";
import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { say } from "../say.ts";
import { expose, negotiate, OPENMETRICS_CONTENT_TYPE, TEXT_CONTENT_TYPE } from "./exposition.ts";
import type { MetricSource } from "./source.ts";

const quiet = suppressTracing(ROOT_CONTEXT);

/** Answers one scrape: mount it on any path of the app's own server, or let `serveMetrics` open one. */
export function metricsHandler(metrics: MetricSource) {
	return async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
		try {
			const format = negotiate(request.headers.accept);
			const page = expose(await metrics.collect(), format);
			response.writeHead(200, {
				"Content-Type": format === "openmetrics" ? OPENMETRICS_CONTENT_TYPE : TEXT_CONTENT_TYPE,
				"Cache-Control": "no-store",
			});
			response.end(request.method === "HEAD" ? undefined : page);
		} catch (error) {
			say(`the metrics page failed: ${String(error)}`);
			if (!response.headersSent) {
				response.writeHead(500);
			}
			response.end();
		}
	};
}

/**
 * A server for /metrics that never holds the process open. A port in use is one line on stderr. In a cluster the port is this
 * process's alone: shared, every scrape would be answered by another worker.
 */
export function serveMetrics(metrics: MetricSource, host: string, port: number): http.Server {
	const handle = metricsHandler(metrics);
	const server = context.with(quiet, () =>
		http.createServer((request, response) => {
			const path = request.url?.split("?")[0];
			if (path === "/metrics" && (request.method === "GET" || request.method === "HEAD")) {
				void handle(request, response);
			} else {
				response.writeHead(path === "/metrics" ? 405 : 404, { "Content-Type": "text/plain" });
				response.end("The metrics are at GET /metrics.\n");
			}
		}),
	);
	server.on("error", (error: NodeJS.ErrnoException) => {
		say(
			error.code === "EADDRINUSE"
				? `${host}:${port} is in use, so /metrics is not served; set OTEL_EXPORTER_PROMETHEUS_PORT to a free port`
				: `/metrics is not served on ${host}:${port}: ${error.message}`,
		);
	});
	server.on("connection", (socket) => socket.unref());
	server.on("listening", () => {
		const address = server.address() as AddressInfo | null;
		if (port === 0 && address !== null) {
			say(`metrics on http://${host}:${address.port}/metrics`);
		}
	});
	server.listen({ port, host, exclusive: true });
	server.unref();
	return server;
}
