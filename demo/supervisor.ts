/**
 * Keeps the shop's processes running: starts them, restarts what ends with growing pauses, tells them about faults, and takes all of
 * them down. A child that loses its supervisor ends by itself (child.ts).
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { fromChildSchema, type ToChild } from "./messages.ts";
import type { Component } from "./shop.ts";

export type ComponentState = "waiting" | "starting" | "running" | "restarting" | "stopped";

export interface Launch {
	component: Component;
	execArgv: readonly string[];
	env: Readonly<Record<string, string>>;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** Running this long clears the record. */
const HEALTHY_MS = 20_000;
const GRACE_MS = 2_500;
const STDERR_KEPT = 4_000;
const NOT_INHERITED = /^(?:OTEL_|TRIVET_|NODE_OPTIONS$|LOG_LEVEL$)/;

export class Supervised {
	readonly component: Component;
	state: ComponentState = "waiting";
	/** The end of what it last wrote to stderr. */
	lastWords = "";
	restarts = 0;
	readonly #launch: Launch;
	readonly #onProgress: (text: string) => void;
	#child: ChildProcess | null = null;
	#started = false;
	#faults: readonly string[] = [];
	#pauseMs = FIRST_PAUSE_MS;
	#restart: NodeJS.Timeout | undefined;
	#ready: (() => void)[] = [];

	constructor(launch: Launch, onProgress: (text: string) => void) {
		this.component = launch.component;
		this.#launch = launch;
		this.#onProgress = onProgress;
	}

	get pid(): number | null {
		return this.#child?.pid ?? null;
	}

	/** Starts the process; it loads its code and waits for `go`. */
	spawn(): void {
		const entry = fileURLToPath(new URL(`./${this.component.module}`, import.meta.url));
		const child = fork(entry, [], {
			execArgv: [...this.#launch.execArgv],
			env: { ...inheritedEnvironment(), ...this.#launch.env } as NodeJS.ProcessEnv,
			stdio: ["ignore", "ignore", "pipe", "ipc"],
		});
		const bornMs = performance.now();
		this.#child = child;
		this.lastWords = "";
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			this.lastWords = (this.lastWords + text).slice(-STDERR_KEPT);
		});
		child.on("message", (raw) => this.#hear(raw));
		child.on("error", () => {});
		child.once("exit", () => this.#ended(performance.now() - bornMs));
		if (this.#started) this.#send({ type: "start", faults: [...this.#faults] });
		this.state = this.#started ? "starting" : "waiting";
	}

	/** Lets it begin, now and after every restart. */
	go(faults: readonly string[]): void {
		this.#started = true;
		this.#faults = faults;
		this.state = "starting";
		this.#send({ type: "start", faults: [...faults] });
	}

	setFaults(faults: readonly string[]): void {
		this.#faults = faults;
		if (this.#started) this.#send({ type: "faults", faults: [...faults] });
	}

	whenReady(): Promise<void> {
		if (this.state === "running") return Promise.resolve();
		return new Promise((resolve) => this.#ready.push(resolve));
	}

	/** Resolves when the process is gone, by force if need be. */
	async stop(): Promise<void> {
		this.state = "stopped";
		clearTimeout(this.#restart);
		const child = this.#child;
		if (!child || child.exitCode !== null || child.signalCode !== null) return;
		await new Promise<void>((resolve) => {
			const force = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
			child.once("exit", () => {
				clearTimeout(force);
				resolve();
			});
			child.kill("SIGTERM");
		});
	}

	#send(message: ToChild): void {
		if (this.#child?.connected) this.#child.send(message, () => {});
	}

	#hear(raw: unknown): void {
		const message = fromChildSchema.safeParse(raw);
		if (!message.success || this.state === "stopped") return;
		if (message.data.type === "progress") {
			this.#onProgress(message.data.text);
			return;
		}
		this.state = "running";
		for (const resolve of this.#ready.splice(0)) resolve();
	}

	#ended(livedMs: number): void {
		this.#child = null;
		if (this.state === "stopped") return;
		this.state = "restarting";
		this.restarts++;
		if (livedMs > HEALTHY_MS) this.#pauseMs = FIRST_PAUSE_MS;
		this.#restart = setTimeout(() => this.spawn(), this.#pauseMs);
		this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
	}
}

/** A user's own OpenTelemetry or Node settings must not redirect the demo's telemetry. */
function inheritedEnvironment(): Record<string, string | undefined> {
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name)));
}
