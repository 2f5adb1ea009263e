/** The embedded backend as the server sees it: a process of its own, started again when it dies. */
import { type ChildProcess, fork } from "node:child_process";
import { resolve } from "node:path";
import type { LogRecord, Signal } from "../../core/model.ts";
import {
	type Answer,
	type Backend,
	type BackendStatus,
	type Call,
	type IngestResult,
	type LogQuery,
	type LogStore,
	type MetricStore,
	NotSupported,
	type TraceQuery,
	type TraceStore,
	type TraceSummary,
	Unavailable,
} from "../../core/ports.ts";
import { builtFile } from "./built-file.ts";
import type { FromProcess, ToProcess } from "./process.ts";
import { Caller } from "./rpc/caller.ts";
import { type EmbeddedOptions, type Settings, settingsOf } from "./settings.ts";

export interface EmbeddedBackend extends Backend {
	/** Where it receives OTLP over HTTP. */
	readonly otlpPort: number;
	/** The same over gRPC; null when it was not asked for. */
	readonly otlpGrpcPort: number | null;
	/** Of the process, for measurements and tests; null while it is down. */
	readonly pid: number | null;
}

const START_MS = 60_000;
const CLOSE_MS = 20_000;
const MAX_BACKOFF_MS = 30_000;
const DOWN = "the embedded store is down and is being started again";

/** Starts it and waits until it can answer. Rejects with one sentence when it cannot (port in use, directory in use, ...). */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedBackend> {
	const settings = settingsOf({ ...options, dataDir: resolve(options.dataDir) });
	const host = new ProcessHost(settings);
	await host.start();
	return host.backend();
}

class ProcessHost {
	private settings: Settings;
	private readonly caller: Caller;
	private child: ChildProcess | null = null;
	private ready = false;
	private closing = false;
	private backoffMs = 250;
	private lastError: string | null = null;
	private timer: NodeJS.Timeout | null = null;

	constructor(settings: Settings) {
		this.settings = settings;
		this.caller = new Caller((message) => this.post(message));
	}

	private post(message: ToProcess): void {
		if (this.child?.connected) this.child.send(message, () => {});
	}

	async start(): Promise<void> {
		const child = fork(builtFile(import.meta.url, "./process.js"), [], {
			serialization: "advanced",
			stdio: ["ignore", "inherit", "inherit", "ipc"],
			execArgv: [],
		});
		this.child = child;
		await new Promise<void>((resolve, reject) => {
			const timer = setTimeout(() => {
				child.kill("SIGKILL");
				reject(new Unavailable(`the embedded store did not start within ${START_MS / 1000} s`));
			}, START_MS);
			child.on("message", (message: FromProcess) => {
				if (message.kind === "ready") {
					clearTimeout(timer);
					// A restart must come up where the senders already send.
					this.settings = { ...this.settings, otlpPort: message.otlpPort, otlpGrpcPort: message.otlpGrpcPort };
					this.ready = true;
					this.backoffMs = 250;
					resolve();
				} else if (message.kind === "failed") {
					clearTimeout(timer);
					this.lastError = message.message;
					reject(new Unavailable(message.message));
				} else this.caller.receive(message);
			});
			child.on("error", reject);
			child.once("exit", (code, signal) => {
				clearTimeout(timer);
				reject(new Unavailable(`the embedded store ended with ${signal ?? code}`));
				this.onExit(child, code, signal);
			});
			this.post({ kind: "start", settings: this.settings });
		});
	}

	private onExit(child: ChildProcess, code: number | null, signal: string | null): void {
		if (this.child !== child) return;
		this.child = null;
		const served = this.ready;
		this.ready = false;
		this.caller.failAll(DOWN);
		if (this.closing || !served) return;
		this.lastError ??= `the process ended with ${signal ?? `code ${code}`}`;
		this.restart();
	}

	private restart(): void {
		this.timer = setTimeout(() => {
			if (this.closing) return;
			this.start().catch((error: unknown) => {
				this.lastError = error instanceof Error ? error.message : String(error);
				if (!this.closing) this.restart();
			});
		}, this.backoffMs);
		this.backoffMs = Math.min(this.backoffMs * 2, MAX_BACKOFF_MS);
	}

	private call<T>(
		method: string,
		args: unknown[],
		options?: { deadlineMs?: number; signal?: AbortSignal },
	): Promise<T> {
		if (!this.ready) return Promise.reject(new Unavailable(this.closing ? "the embedded store is closed" : DOWN));
		return this.caller.call<T>(method, args, options);
	}

	backend(): EmbeddedBackend {
		const host = this;
		/** A reader's method: its last argument is the `Call`, whose signal stays on this side. */
		const ask =
			(method: string) =>
			<T>(...args: [...unknown[], Call]): Promise<T> => {
				const { signal, ...call } = args.at(-1) as Call;
				return host.call<T>(method, [...args.slice(0, -1), call], {
					deadlineMs: call.deadlineMs,
					...(signal ? { signal } : {}),
				});
			};
		const traces: TraceStore = {
			skeleton: ask("traces.skeleton"),
			trace: ask("traces.trace"),
			span: ask("traces.span"),
			search: refusing<TraceQuery, TraceSummary[]>("traceql", "TraceQL", ask("traces.search")),
			byRequestId: ask("traces.byRequestId"),
			services: ask("traces.services"),
			topology: ask("traces.topology"),
			durations: ask("traces.durations"),
			fields: ask("traces.fields"),
		};
		const logs: LogStore = { logs: refusing<LogQuery, LogRecord[]>("logql", "LogQL", ask("logs.logs")) };
		const metrics: MetricStore = {
			red: ask("metrics.red"),
			exemplars: ask("metrics.exemplars"),
			series: ask("metrics.series"),
		};
		return {
			traces,
			logs,
			metrics,
			get otlpPort() {
				return host.settings.otlpPort;
			},
			get otlpGrpcPort() {
				return host.settings.otlpGrpcPort;
			},
			get pid() {
				return host.child?.pid ?? null;
			},
			status: () => host.status(),
			ingest: (signal: Signal, otlpJson: string, options: { keep: boolean }) =>
				host.call<IngestResult>("backend.ingest", [signal, otlpJson, options]),
			erase: (environment: string) => host.call("backend.erase", [environment]),
			close: () => host.close(),
		};
	}

	private async status(): Promise<BackendStatus> {
		try {
			return await this.call<BackendStatus>("backend.status", [], { deadlineMs: 5_000 });
		} catch (error) {
			const none = { accepted: 0, rejected: 0, dropped: 0, stored: 0 };
			return {
				kind: "embedded",
				stores: [
					{
						name: "embedded",
						signals: ["traces", "logs", "metrics"],
						state: "down",
						reason: error instanceof Error ? error.message : String(error),
						latencyMs: null,
						lastError: this.lastError,
					},
				],
				ingest: { traces: none, logs: none, metrics: none },
				dataWindow: null,
				capabilities: { ingest: true, traceql: false, logql: false },
				facts: [],
			};
		}
	}

	private async close(): Promise<void> {
		this.closing = true;
		this.ready = false;
		if (this.timer) clearTimeout(this.timer);
		const { child } = this;
		if (child === null) return;
		const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
		const timer = setTimeout(() => child.kill("SIGKILL"), CLOSE_MS);
		this.post({ kind: "close" });
		await exited;
		clearTimeout(timer);
	}
}

/** The store has no query language of an engine: asking for one is told, not ignored. */
function refusing<Q extends object, T>(
	parameter: keyof Q & string,
	language: string,
	ask: (query: Q, call: Call) => Promise<Answer<T>>,
): (query: Q, call: Call) => Promise<Answer<T>> {
	return async (query, call) => {
		if (query[parameter] === undefined) return ask(query, call);
		throw new NotSupported(
			`The embedded backend does not speak ${language}: say it in the search text (q=), or run Trivet over the engine that does.`,
		);
	};
}
