/** Trivet without pages and demo, in a process of its own: a backend (the embedded one forks its store) and the API. */
import { join } from "node:path";
import { pino } from "pino";
import { openEmbedded } from "../../backends/embedded/backend.ts";
import { openStack } from "../../backends/stack/backend.ts";
import type { StackSettings } from "../../backends/stack/settings.ts";
import { openStateFile } from "../../backends/state/state-file.ts";
import { startServer } from "../../server/server.ts";

/** Over its own store, or over engines that are there. */
export type SystemOptions = { dataDir: string; memoryMb: number } | { dataDir: string; stack: StackSettings };
export interface SystemReady {
	apiUrl: string;
	/** Empty over engines: they take the data in. */
	otlpUrl: string;
	/** Of the store's process, else of this one. */
	storePid: number;
}

const asked = JSON.parse(process.argv[2] ?? "{}") as SystemOptions;
const host = "127.0.0.1";

async function openOwnStore(dataDir: string, memoryMb: number) {
	const backend = await openEmbedded({
		dataDir,
		host,
		otlpPort: 0,
		memoryMb,
		retention: { ageHours: 720 },
		// The whole load is eight services': each would be held to its share before the receiver is at its end.
		quotas: { perServicePerSecond: 1e9 },
	});
	return { backend, otlpUrl: `http://${host}:${backend.otlpPort}`, storePid: backend.pid ?? 0 };
}

const { backend, otlpUrl, storePid } =
	"stack" in asked
		? { backend: openStack(asked.stack), otlpUrl: "", storePid: process.pid }
		: await openOwnStore(asked.dataDir, asked.memoryMb);
const logger = pino({ level: "warn" }, pino.destination(2));
const state = await openStateFile({ directory: join(asked.dataDir, "state") });
const options = { host, port: 0, token: null, allowedHosts: [], version: "bench", pages: null };
const server = await startServer({ ...options, backend, state, otlpEndpoint: otlpUrl || null, logger });

let closing = false;
const close = async (): Promise<void> => {
	if (closing) return;
	closing = true;
	await server.close();
	await backend.close();
	await state.close();
	process.exit(0);
};
process.on("SIGTERM", () => void close());
process.on("disconnect", () => void close());
process.send?.({ apiUrl: server.url.replace("localhost", host), otlpUrl, storePid } satisfies SystemReady);
