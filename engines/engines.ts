/**
 * The real engines without containers: built from their Go modules (`build.ts`), run with the very files of `collector-config/`
 * (`recipes.ts`), on 127.0.0.1 only.
 */
import { mkdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { binaryOf, buildEngines, missingEngines } from "./build.ts";
import { type EngineProcess, guardAgainstOrphans, startProcess } from "./engine-process.ts";
import { ENGINE_NAMES, type EngineName, RECIPES, ROOT, type Setup } from "./recipes.ts";

export { buildEngines, ENGINE_NAMES, type EngineName, missingEngines };

export interface RunningEngine {
	/** Its HTTP API; the collector's health check. */
	url: string;
	/** POST OTLP/HTTP here: with /v1/traces, /v1/logs, /v1/metrics added for Tempo and the collector, as it is for Loki and Prometheus. */
	otlpUrl: string;
	/** Milliseconds from the start of its process until it was ready. */
	readyMs: number;
	port(name: string): number;
	/** Everything it has printed. */
	output(): string;
	stop(): Promise<void>;
}

export type RunningEngines<N extends EngineName> = { [name in N]: RunningEngine } & { stop(): Promise<void> };

export interface EngineOptions {
	/** Data, logs and copied configuration, a folder for each engine. */
	dir: string;
	/** Takes and keeps data of any age, years back too: for tests and imports. */
	anyAge?: boolean;
	/** Ports by `engine.port`, e.g. `collector.otlp`; the others are free ones. */
	ports?: Record<string, number>;
	/** Over the variables of `collector-config/`, e.g. TEMPO_TRACE_IDLE. */
	env?: Record<string, string>;
	webhook?: { url: string; token?: string };
}

const READY_WITHIN_MS = 90_000;
/** Free ports can be taken by someone else before the engine listens. */
const TRIES = 3;
/** Nothing of the caller's environment changes how an engine runs, but where its tools are. */
const INHERITED = ["PATH", "HOME", "TMPDIR", "GOMAXPROCS", "GOMEMLIMIT"];

/**
 * Starts the engines side by side and resolves when all are ready. Throws when one is not built (naming the command) or does not get
 * ready; then none is left running. They end with this process.
 */
export async function startEngines<N extends EngineName>(
	names: readonly N[],
	options: EngineOptions,
): Promise<RunningEngines<N>> {
	const missing = missingEngines(names);
	if (missing.length > 0) throw new Error(howToBuild(missing));
	for (let attempt = 1; ; attempt++) {
		try {
			return await startOnce(names, options);
		} catch (error) {
			if (attempt === TRIES || !/address already in use/.test((error as Error).message)) throw error;
		}
	}
}

/** One sentence for whoever skips or stops because engines are not built. */
export function howToBuild(missing: readonly EngineName[]): string {
	return `Not built: ${missing.join(", ")}. \`npm run stack -- --build\` builds them (it needs Go).`;
}

async function startOnce<N extends EngineName>(
	names: readonly N[],
	options: EngineOptions,
): Promise<RunningEngines<N>> {
	const ordered = ENGINE_NAMES.filter((name): name is N => (names as readonly EngineName[]).includes(name));
	const ports = await choosePorts(ordered, options.ports ?? {});
	const inherited = INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
	const started: [N, EngineProcess][] = [];
	let callOffGuard = (): void => undefined;
	const stop = async (): Promise<void> => {
		// Who sends stops before who is sent to.
		for (const [, engine] of [...started].reverse()) await engine.stop();
		callOffGuard();
	};
	try {
		for (const name of ordered) {
			const dir = join(options.dir, name);
			mkdirSync(dir, { recursive: true });
			const setup: Setup = {
				dir,
				ports,
				anyAge: options.anyAge === true,
				webhook: { url: options.webhook?.url ?? "http://127.0.0.1:9/", token: options.webhook?.token ?? "" },
			};
			const { args, env = {}, cwd = ROOT } = RECIPES[name].launch(setup);
			const engine = startProcess({
				title: RECIPES[name].title,
				binary: binaryOf(name),
				args,
				env: { ...(Object.fromEntries(inherited) as Record<string, string>), ...env, ...options.env },
				cwd,
				logFile: join(dir, `${name}.log`),
			});
			started.push([name, engine]);
		}
		callOffGuard = guardAgainstOrphans(started.map(([, { pid }]) => pid).filter((pid) => pid > 0));
		const running = await Promise.all(
			started.map(async ([name, engine]) => {
				const begun = performance.now();
				const { ready, otlp } = RECIPES[name];
				const at = (port: string): string => `http://127.0.0.1:${ports[`${name}.${port}`]}`;
				const url = at(ready.port ?? "http");
				for (const path of ready.paths) await engine.ready(url + path, READY_WITHIN_MS);
				const readyMs = Math.round(performance.now() - begun);
				const known: RunningEngine = {
					url,
					otlpUrl: otlp ? at(otlp.port) + otlp.path : "",
					readyMs,
					port: (port) => ports[`${name}.${port}`] ?? 0,
					output: engine.output,
					stop: engine.stop,
				};
				return [name, known] as const;
			}),
		);
		return { ...(Object.fromEntries(running) as { [name in N]: RunningEngine }), stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

/** One that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
	const [, port, free] = await holdPort("");
	await free();
	return port;
}

/** All held at once until all are known, so that no two are the same. */
async function choosePorts(
	names: readonly EngineName[],
	given: Record<string, number>,
): Promise<Record<string, number>> {
	const wanted = names.flatMap((name) => RECIPES[name].ports.map((port) => `${name}.${port}`));
	const held = await Promise.all(wanted.map((name) => holdPort(name, given[name])));
	await Promise.all(held.map(([, , free]) => free()));
	return Object.fromEntries(held.map(([name, port]) => [name, port]));
}

type Held = readonly [name: string, port: number, free: () => Promise<void>];

function holdPort(name: string, given = 0): Promise<Held> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once("error", reject);
		server.listen(given, "127.0.0.1", () => {
			const { port } = server.address() as AddressInfo;
			resolve([name, port, () => new Promise((done) => server.close(() => done()))]);
		});
	});
}
