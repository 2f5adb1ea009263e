import http from "node:http";
import type { AddressInfo } from "node:net";
import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import type { ProfileHandler } from "../profiles/handler.ts";
import { say } from "../say.ts";
import { expose, negotiate, OPENMETRICS_CONTENT_TYPE, TEXT_CONTENT_TYPE } from "./exposition.ts";
import type { MetricSource } from "./source.ts";

const quiet = suppressTracing(ROOT_CONTEXT);

/** Answers one scrape: mount it on any path of the app's own server, or let `serveLocally` open one. */
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

export interface Local {
	metrics?: MetricSource | undefined;
	profiles?: ProfileHandler | undefined;
}

/**
 * A server for /metrics and /profiles that never holds the process open. A port in use is one line on stderr. In a cluster the
 * port is this process's alone: shared, every scrape would be answered by another worker.
 */
export function serveLocally(
	{ metrics, profiles }: Local,
	{ host, port }: { host: string; port: number },
): http.Server {
	const page = metrics === undefined ? undefined : metricsHandler(metrics);
	const what = [...(page ? ["/metrics"] : []), ...(profiles ? ["/profiles"] : [])].join(" and ");
	const server = http.createServer((request, response) => {
		const path = request.url?.split("?")[0];
		const found = path === "/metrics" && page !== undefined;
		if (found && (request.method === "GET" || request.method === "HEAD")) {
			void page(request, response);
		} else if (profiles !== undefined && path?.startsWith("/profiles/")) {
			void profiles(request, response);
		} else {
			response.writeHead(found ? 405 : 404, { "Content-Type": "text/plain" });
			response.end(page === undefined ? "There are no metrics here.\n" : "The metrics are at GET /metrics.\n");
		}
	});
	server.on("error", (error: NodeJS.ErrnoException) => {
		say(
			error.code === "EADDRINUSE"
				? `${host}:${port} is in use, so ${what} is not served; set OTEL_EXPORTER_PROMETHEUS_PORT to a free port`
				: `${what} is not served on ${host}:${port}: ${error.message}`,
		);
	});
	server.on("connection", (socket) => socket.unref());
	server.on("listening", () => {
		const address = server.address() as AddressInfo | null;
		if (port === 0 && address !== null) {
			say(
				`${page === undefined ? "profiles" : "metrics"} on http://${host}:${address.port}${page === undefined ? "" : "/metrics"}`,
			);
		}
	});
	// What is asked here is not traced: requests run in the context of the listening socket.
	context.with(quiet, () => server.listen({ port, host, exclusive: true }));
	server.unref();
	return server;
}
