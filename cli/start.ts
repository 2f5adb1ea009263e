/**
 * `npm start`: the backend, the server with the pages, and the demo shop; Ctrl-C stops all of it. The backend is the embedded one unless
 * TEMPO_URL, LOKI_URL or PROMETHEUS_URL name engines to read.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { type Logger, pino } from "pino";
import { openEmbedded } from "../backends/embedded/backend.ts";
import { openStack } from "../backends/stack/backend.ts";
import { readStackSettings, type StackSettings } from "../backends/stack/settings.ts";
import { openStateFile, type StateFile } from "../backends/state/state-file.ts";
import type { Backend } from "../core/ports.ts";
import { mayForgetIncident } from "../server/api/incident-book.ts";
import type { ServerConfig } from "../server/config.ts";
import { loadPages } from "../server/pages.ts";
import { startServer } from "../server/server.ts";
import { type DemoProcess, forkDemo } from "./demo-process.ts";
import { type Lifecycle, lifecycle } from "./lifecycle.ts";
import { helpText, readOptions } from "./options.ts";
import { progress } from "./progress.mjs";
import { welcome } from "./welcome.ts";

export async function main(args: string[], root: string): Promise<void> {
	const { config, demo, help } = readOptions(args, root);
	if (help) {
		process.stdout.write(helpText());
		return;
	}
	const stack = readStackSettings(process.env);
	const logger = consoleLogger();
	await demandFreePort(config.port, config.host, "--port");
	if (stack === null) {
		await demandFreePort(config.otlpPort, config.host, "--otlp-port");
		await demandFreePort(config.otlpGrpcPort, config.host, "--otlp-grpc-port");
	}

	const life = lifecycle(logger);
	try {
		const opened = stack === null ? await openOwnStore(config) : openEngines(stack, config);
		life.onStop(() => opened.backend.close());
		await startConsole({ ...opened, config, demo, root, logger, life });
	} catch (error) {
		await life.stop();
		throw error;
	}
}

export function consoleLogger(): Logger {
	return pino({ name: "trivet", level: process.env.TRIVET_LOG_LEVEL ?? "warn" }, pino.destination(2));
}

type Opened = Pick<ConsoleOptions, "backend" | "otlpEndpoint" | "places">;

async function openOwnStore(config: ServerConfig): Promise<Opened> {
	const done = progress("Starting the store");
	const { dataDir, host, otlpPort, otlpGrpcPort, memoryMb, retention, scrapeTargets } = config;
	const backend = await openEmbedded({ dataDir, host, otlpPort, otlpGrpcPort, memoryMb, retention, scrapeTargets });
	done();
	return {
		backend,
		otlpEndpoint: `http://localhost:${backend.otlpPort}`,
		places: [
			["OTLP/gRPC", `http://localhost:${backend.otlpGrpcPort}   (the same; the default of most SDKs)`],
			["Data", `${dataDir}   (npm run reset erases it)`],
		],
	};
}

function openEngines(settings: StackSettings, { otlpEndpoint }: ServerConfig): Opened {
	return { backend: openStack(settings), otlpEndpoint, places: enginePlaces(settings) };
}

/** What the console reads, for the welcome. */
export function enginePlaces({ tempo, loki, prometheus }: StackSettings): [string, string][] {
	return Object.entries({ Tempo: tempo, Loki: loki, Prometheus: prometheus }).map(([name, engine]) => [
		name,
		engine?.url ?? `not configured: set ${name.toUpperCase()}_URL`,
	]);
}

export interface ConsoleOptions {
	backend: Backend;
	/** Where apps, the demo among them, send OTLP/HTTP; null when nobody said. */
	otlpEndpoint: string | null;
	config: ServerConfig;
	demo: boolean;
	/** For the demo. */
	redisUrl?: string;
	root: string;
	logger: Logger;
	life: Lifecycle;
	/** Lines of the welcome: what else listens or where the data is. */
	places: readonly (readonly [name: string, place: string])[];
}

/** The server with its pages over a backend, the demo beside it when there is somewhere to send, and the welcome. */
export async function startConsole(options: ConsoleOptions): Promise<void> {
	const { backend, otlpEndpoint, redisUrl, config, root, logger, life } = options;
	const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
	const started = progress("Starting the console");
	const demoStarting: Promise<DemoProcess> | null =
		options.demo && otlpEndpoint !== null
			? forkDemo({ otlpEndpoint, dataDir: config.dataDir, ...(redisUrl === undefined ? {} : { redisUrl }) })
			: null;
	demoStarting?.catch(() => undefined);
	const state = await openState(config.dataDir, logger);
	life.onStop(() => state.close());
	const pages = await loadPages(join(root, "console"));
	const server = await startServer({ ...config, backend, state, otlpEndpoint, version, pages, logger });
	life.onStop(() => server.close());
	started();

	if (demoStarting) {
		const startedDemo = progress("Starting the demo shop");
		try {
			const running = await demoStarting;
			life.onStop(() => running.stop());
			server.demo.url = running.controlUrl;
			startedDemo();
		} catch (error) {
			startedDemo(`did not start (${(error as Error).message}); everything else runs`);
		}
	}
	process.stdout.write(
		welcome({
			consoleUrl: server.url,
			otlpEndpoint,
			demo: server.demo.url !== null,
			places: options.places,
			root: resolve(root),
		}),
	);
}

/** What the console itself remembers, over its own store and over engines alike. */
async function openState(dataDir: string, logger: Logger): Promise<StateFile> {
	const directory = join(dataDir, "state");
	const state = await openStateFile({ directory, mayDrop: mayForgetIncident });
	if (state.damaged > 0) {
		logger.warn(
			{ directory, lines: state.damaged },
			"lines of state.jsonl could not be read; a copy of it is beside it",
		);
	}
	return state;
}

/** Asks before anything is started, so that a port in use is one sentence and nothing has to be undone. */
export function demandFreePort(port: number, host: string, flag: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const probe = createServer();
		probe.once("error", (error: NodeJS.ErrnoException) => {
			reject(
				new Error(
					error.code === "EADDRINUSE"
						? `Port ${port} is in use (another Trivet?): stop what listens there, or start with ${flag} ${port + 10}.`
						: `Cannot listen on ${host}:${port}: ${error.message}`,
				),
			);
		});
		probe.listen(port, host, () => probe.close(() => resolve()));
	});
}
