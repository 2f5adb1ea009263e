/**
 * `npm run stack`: Tempo, Loki, Prometheus, Alertmanager and the collector as processes of this machine, built when they are missing, with
 * the files of `collector-config/`; the console over them, and the demo shop sending to the collector. Ctrl-C stops all of it.
 */
import { join } from "node:path";
import { z } from "zod";
import { lockDirectory } from "../backends/embedded/lock.ts";
import { openStack } from "../backends/stack/backend.ts";
import { InvalidInput } from "../core/ports.ts";
import { buildEngines, ENGINE_NAMES, freePort, missingEngines } from "../engines/engines.ts";
import type { ServerConfig } from "../server/config.ts";
import { lifecycle } from "./lifecycle.ts";
import { helpText, type Options, readOptions, STACK } from "./options.ts";
import { checkStack } from "./stack-check.ts";
import { settingsOf, startAll } from "./stack-engines.ts";
import { startRedis } from "./stack-redis.ts";
import { consoleLogger, demandFreePort, startConsole } from "./start.ts";

export async function main(args: string[], root: string): Promise<void> {
	const options = readOptions(args, root, STACK);
	if (options.help) {
		process.stdout.write(helpText(STACK));
		return;
	}
	const ports = portsOf(options.config, options.environment);
	await build();
	if (options.switches.has("build")) return;
	if (options.switches.has("check")) {
		process.exitCode = (await checkStack()) ? 0 : 1;
		return;
	}
	await run(options, ports, root);
}

async function build(): Promise<void> {
	const missing = missingEngines(ENGINE_NAMES);
	if (missing.length === 0) return;
	process.stderr.write(
		`  To build: ${missing.join(", ")}. From cold this takes some minutes each, and happens once.\n`,
	);
	await buildEngines(missing, (line) => process.stderr.write(`  ${line}\n`));
}

async function run({ config, demo }: Options, ports: Ports, root: string): Promise<void> {
	await demandFreePort(config.port, config.host, "--port");
	for (const [port, flag] of Object.values(ports)) await demandFreePort(port, "127.0.0.1", `--${flag}`);
	// Alertmanager has to know it before the console listens.
	const port = config.port === 0 ? await freePort() : config.port;

	const logger = consoleLogger();
	const life = lifecycle(logger);
	try {
		const dir = join(config.dataDir, "stack");
		const lock = lockDirectory(dir);
		life.onStop(async () => lock.release());
		const engines = await startAll({
			dir,
			ports: Object.fromEntries(Object.entries(ports).map(([name, [number]]) => [name, number])),
			webhook: { url: `http://127.0.0.1:${port}/api/alerts`, ...(config.token ? { token: config.token } : {}) },
		});
		life.onStop(() => engines.stop());
		const redis = demo ? await startRedis(dir) : null;
		if (redis) life.onStop(() => redis.stop());
		const backend = openStack(settingsOf(engines));
		life.onStop(() => backend.close());
		await startConsole({
			backend,
			otlpEndpoint: engines.collector.otlpUrl.replace("127.0.0.1", "localhost"),
			config: { ...config, port },
			demo,
			...(redis ? { redisUrl: redis.url } : {}),
			root,
			logger,
			life,
			places: [
				["OTLP/gRPC", `http://localhost:${engines.collector.port("otlpGrpc")}   (the same; the default of most SDKs)`],
				["Tempo", engines.tempo.url],
				["Loki", engines.loki.url],
				["Prometheus", `${engines.prometheus.url}   (its own pages)`],
				["Alertmanager", `${engines.alertmanager.url}   (what fires arrives under Incidents)`],
				...(redis ? [["Redis", `${redis.url}   (the demo's carts)`] as const] : []),
				["Data", `${dir}   (npm run reset erases it)`],
			],
		});
	} catch (error) {
		await life.stop();
		throw error;
	}
}

/** Port of the engine to number and flag. */
type Ports = Record<string, [number: number, flag: string]>;

/** Whoever takes any port for the collector takes any for the others. */
function portsOf({ otlpPort, otlpGrpcPort }: ServerConfig, environment: Options["environment"]): Ports {
	const given = (engine: string, byDefault: number): [number, string] => {
		const variable = `TRIVET_${engine.toUpperCase()}_PORT`;
		const parsed = z.coerce
			.number()
			.int()
			.min(0)
			.max(65535)
			.safeParse(environment[variable] ?? (otlpPort === 0 ? 0 : byDefault));
		if (!parsed.success) throw new InvalidInput(`${variable}=${environment[variable]}: give a port number`);
		return [parsed.data, `${engine}-port`];
	};
	return {
		"collector.otlp": [otlpPort, "otlp-port"],
		"collector.otlpGrpc": [otlpGrpcPort, "otlp-grpc-port"],
		"tempo.http": given("tempo", 3200),
		"loki.http": given("loki", 3100),
		"prometheus.http": given("prometheus", 9090),
		"alertmanager.http": given("alertmanager", 9093),
	};
}
