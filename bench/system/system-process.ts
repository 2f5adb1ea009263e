/** Trivet without pages and demo, in a process of its own: the embedded backend (which forks its store) and the API. */
import { pino } from "pino";
import { openEmbedded } from "../../backends/embedded/backend.ts";
import { startServer } from "../../server/server.ts";

export interface SystemOptions {
	dataDir: string;
	memoryMb: number;
}
export interface SystemReady {
	apiUrl: string;
	otlpUrl: string;
	/** Of the store's process. */
	storePid: number;
}

const { dataDir, memoryMb } = JSON.parse(process.argv[2] ?? "{}") as SystemOptions;
const host = "127.0.0.1";
const backend = await openEmbedded({
	dataDir,
	host,
	otlpPort: 0,
	memoryMb,
	retention: { ageHours: 720 },
	// The whole load is eight services': each would be held to its share before the receiver is at its end.
	quotas: { perServicePerSecond: 1e9 },
});
const otlpUrl = `http://${host}:${backend.otlpPort}`;
const logger = pino({ level: "warn" }, pino.destination(2));
const options = { host, port: 0, token: null, allowedHosts: [], version: "bench", pages: null };
const server = await startServer({ ...options, backend, otlpEndpoint: otlpUrl, logger });

let closing = false;
const close = async (): Promise<void> => {
	if (closing) return;
	closing = true;
	await server.close();
	await backend.close();
	process.exit(0);
};
process.on("SIGTERM", () => void close());
process.on("disconnect", () => void close());
process.send?.({
	apiUrl: server.url.replace("localhost", host),
	otlpUrl,
	storePid: backend.pid ?? 0,
} satisfies SystemReady);
