import { pino } from "pino";
import { type ServerOptions, startServer, type TrivetServer } from "./server.ts";

/** The server of a test: on a port of its own, without pages and without a word. */
export function startTestingServer(
	options: Pick<ServerOptions, "backend" | "state"> & Partial<ServerOptions>,
): Promise<TrivetServer> {
	return startServer({
		host: "127.0.0.1",
		port: 0,
		token: null,
		allowedHosts: [],
		otlpEndpoint: null,
		version: "test",
		pages: null,
		logger: pino({ level: "silent" }),
		...options,
	});
}
