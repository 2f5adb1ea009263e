/** One HTTP server: the guard first, then the API, and every other path to the pages. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Logger } from "pino";
import type { Backend, StateStore } from "../core/ports.ts";
import { createApi } from "./api/app.ts";
import type { Services } from "./api/endpoint.ts";
import { IncidentBook } from "./api/incident-book.ts";
import { toProblem } from "./api/problem.ts";
import { DemoControl } from "./demo-control.ts";
import { guard, TOKEN_COOKIE, tokenOfUrl } from "./guard.ts";
import { ImportJobs } from "./import-jobs.ts";
import type { PageHandler } from "./pages.ts";

export interface ServerOptions {
	host: string;
	port: number;
	token: string | null;
	allowedHosts: readonly string[];
	backend: Backend;
	/** What the console itself remembers; the caller closes it. */
	state: StateStore;
	otlpEndpoint: string | null;
	/** A Grafana that has our boards. */
	grafanaUrl?: string | null;
	/** Of a demo that somebody else started. */
	demoUrl?: string | null;
	version: string;
	/** Null: the API alone, for tests and tools. */
	pages: PageHandler | null;
	logger: Logger;
}

export interface TrivetServer {
	url: string;
	demo: DemoControl;
	close(): Promise<void>;
}

/** Listens. A port in use rejects with a sentence that says so and what to do. */
export async function startServer(options: ServerOptions): Promise<TrivetServer> {
	const { backend, state, token, pages, logger } = options;
	const services: Services = {
		backend,
		imports: new ImportJobs(backend),
		demo: new DemoControl(options.demoUrl ?? null),
		incidents: new IncidentBook(state),
		version: options.version,
		startedMs: Date.now(),
		otlpEndpoint: options.otlpEndpoint,
		grafanaUrl: options.grafanaUrl ?? null,
	};
	const api = getRequestListener(createApi(services, logger).fetch, { overrideGlobalObjects: false });
	const server = createServer((request, response) => {
		respond(request, response).catch((error: unknown) => fail(response, error, logger));
	});

	async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
		guard(request, options);
		response.setHeader("x-content-type-options", "nosniff");
		response.setHeader("x-frame-options", "DENY");
		response.setHeader("referrer-policy", "no-referrer");
		const path = (request.url ?? "/").split("?", 1)[0] as string;
		if (path === "/metrics" || path === "/api" || path.startsWith("/api/"))
			return api(request, response) as Promise<void>;
		if (token !== null && tokenOfUrl(request.url) !== null) return signIn(response, token, path);
		if (pages === null) throw new Error("This server has no pages.");
		return pages(request, response);
	}

	await listen(server, options.port, options.host);
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://${options.host === "127.0.0.1" ? "localhost" : options.host}:${port}`,
		demo: services.demo,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

/** The token goes from the address bar into a cookie that scripts cannot read. */
function signIn(response: ServerResponse, token: string, path: string): void {
	response.writeHead(303, {
		"set-cookie": `${TOKEN_COOKIE}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Strict`,
		location: path,
	});
	response.end();
}

function fail(response: ServerResponse, error: unknown, logger: Logger): void {
	const problem = toProblem(error);
	if (problem.status >= 500) logger.error({ err: error }, "request failed");
	if (response.headersSent) {
		response.destroy();
		return;
	}
	response.writeHead(problem.status, { "content-type": "application/problem+json", connection: "close" });
	response.end(JSON.stringify(problem));
}

function listen(server: Server, port: number, host: string): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once("error", (error: NodeJS.ErrnoException) => {
			reject(
				error.code === "EADDRINUSE"
					? new Error(`Port ${port} is in use: stop what listens there, or start with --port ${port + 1}.`)
					: error,
			);
		});
		// A dual-stack localhost resolves to ::1 first in some browsers; 127.0.0.1 is where it ends up.
		server.listen(port, host, () => resolve());
	});
}
