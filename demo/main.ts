/** Starts the shop: backing parts, services, traffic and the control server. */
import { mkdir } from "node:fs/promises";
import type { Demo } from "../server/api/schema.ts";
import { startControl } from "./control.ts";
import { FaultBoard } from "./fault-board.ts";
import { choosePorts } from "./ports.ts";
import { BACKING, DEMO_ENVIRONMENT, PARTS, SERVICES } from "./shop.ts";
import { type Launch, Supervised } from "./supervisor.ts";
import { startTraffic } from "./traffic.ts";

export interface DemoOptions {
	/** Base URL of an OTLP/HTTP receiver, e.g. http://127.0.0.1:4318. */
	otlpEndpoint: string;
	/** Folder for the databases; made when missing. */
	dataDir: string;
	/** 0, the default: a free one. */
	controlPort?: number;
	/** First of the shop's ports, see shop.ts; 0: free ones. */
	firstPort?: number;
	/** Requests per second to aim for. */
	rate?: number;
	seed?: number;
	/** Where the control server and /metrics listen, 127.0.0.1 by default: a container listens to its neighbours. The shop itself stays on 127.0.0.1. */
	host?: string;
	/** Services serve /metrics from this port on, in the order of shop.ts, for a Prometheus to scrape, instead of pushing OTLP metrics. */
	metricsPort?: number;
	/** A PostgreSQL server whose user may create databases, instead of the shop's own. */
	postgresUrl?: string;
	/** A Redis for the carts, which are otherwise in memory. */
	redisUrl?: string;
	onProgress: (text: string) => void;
}
export interface RunningDemo {
	controlUrl: string;
	/** Resolves when every process has ended. */
	stop(): Promise<void>;
}

export const DEFAULT_RATE = 6;
const START_TIMEOUT_MS = 90_000;
/** Small heaps: these services hold next to nothing. */
const SMALL = ["--max-semi-space-size=2"];

/**
 * Resolves when every service is up and the first shoppers are in.
 * @throws when a service does not come up in 90 s, with what it last wrote
 */
export async function startDemo(options: DemoOptions): Promise<RunningDemo> {
	const { otlpEndpoint, dataDir, controlPort = 0, rate = DEFAULT_RATE, onProgress } = options;
	await mkdir(dataDir, { recursive: true });
	const ports = await choosePorts(options.firstPort);
	const env = {
		TRIVET_DEMO_PORTS: JSON.stringify(ports),
		TRIVET_DEMO_DATA_DIR: dataDir,
		...(options.postgresUrl === undefined ? {} : { TRIVET_DEMO_POSTGRES_URL: options.postgresUrl }),
		...(options.redisUrl === undefined ? {} : { TRIVET_DEMO_REDIS_URL: options.redisUrl }),
	};
	const backing = new Supervised({ component: BACKING, execArgv: SMALL, env }, onProgress);
	const services = SERVICES.map((service, index) => {
		const telemetry = { ...telemetryOf(service, otlpEndpoint), ...metricsOf(options, index) };
		return new Supervised(launchOf(service, { ...env, ...telemetry }), onProgress);
	});
	const all = [backing, ...services];
	const board = new FaultBoard((faults) => {
		for (const child of all) child.setFaults(faults);
	});
	const stopAll = () => Promise.all(all.map((child) => child.stop()));

	const state = (): Demo => ({
		running: true,
		rate,
		services: [
			...services.map(({ component: { name }, state }) => ({ name, url: `http://127.0.0.1:${ports[name]}`, state })),
			...partsOf(options, ports).map(([name, url]) => ({ name, url, state: backing.state })),
		],
		faults: board.list(),
	});
	const control = await startControl(controlPort, board, state, options.host);
	try {
		onProgress("starting the demo shop");
		for (const child of all) child.spawn();
		await bringUp([backing], board);
		await bringUp(services, board);
	} catch (error) {
		control.close();
		await stopAll();
		throw error;
	}
	const traffic = startTraffic({ port: ports.storefront!, rate, ...(options.seed ? { seed: options.seed } : {}) });
	onProgress(`the demo shop is open: ${SERVICES.length} services, about ${rate} requests/s`);
	return {
		controlUrl: control.url,
		async stop() {
			traffic.stop();
			board.close();
			control.close();
			await stopAll();
		},
	};
}

function launchOf(service: (typeof SERVICES)[number], env: Record<string, string>): Launch {
	const register = import.meta.resolve("@trivet/instrumentation/register");
	return { component: service, execArgv: [...SMALL, "--max-old-space-size=96", "--import", register], env };
}

function telemetryOf(service: (typeof SERVICES)[number], otlpEndpoint: string): Record<string, string> {
	return {
		OTEL_SERVICE_NAME: service.name,
		OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=${DEMO_ENVIRONMENT},service.version=${service.version}`,
		OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
		OTEL_BSP_SCHEDULE_DELAY: "1000",
		OTEL_BLRP_SCHEDULE_DELAY: "1000",
	};
}

/** Pushed or scraped, never both: a series is counted once. */
function metricsOf({ host = "127.0.0.1", metricsPort }: DemoOptions, index: number): Record<string, string> {
	if (metricsPort === undefined) return { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "5000" };
	return {
		OTEL_METRICS_EXPORTER: "prometheus",
		OTEL_EXPORTER_PROMETHEUS_HOST: host,
		OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort + index),
	};
}

async function bringUp(children: readonly Supervised[], board: FaultBoard): Promise<void> {
	for (const child of children) child.go(board.enabled());
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => {
			const missing = children.filter((child) => child.state !== "running");
			const names = missing.map((child) => child.component.name).join(", ");
			reject(
				new Error(`The demo's ${names} did not start in ${START_TIMEOUT_MS / 1000} s: ${missing[0]?.lastWords.trim()}`),
			);
		}, START_TIMEOUT_MS);
	});
	try {
		await Promise.race([Promise.all(children.map((child) => child.whenReady())), late]);
	} finally {
		clearTimeout(timer);
	}
}

/** The hosts the services depend on, with where they are; without the user and password of those that are somebody else's. */
function partsOf({ postgresUrl, redisUrl }: DemoOptions, ports: Record<string, number>): [string, string][] {
	const own = PARTS.filter((name) => postgresUrl === undefined || !name.endsWith("-db"));
	const parts = own.map((name): [string, string] => [name, `${schemeOf(name)}://127.0.0.1:${ports[name]}`]);
	if (postgresUrl !== undefined) parts.push(["postgres", `postgresql://${new URL(postgresUrl).host}`]);
	if (redisUrl !== undefined) parts.push(["redis", `redis://${new URL(redisUrl).host}`]);
	return parts;
}

function schemeOf(part: string): string {
	return part.endsWith("-db") ? "postgresql" : part === "broker" ? "mqtt" : part === "inventory-far" ? "tcp" : "http";
}
