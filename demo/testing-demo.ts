/** A demo in its own process, and a shopper to send through it, for the demo's tests. They run the built files in dist/. */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Demo, demoSchema } from "../server/api/schema.ts";

const START_TIMEOUT_MS = 100_000;

export interface StartedDemo {
	process: ChildProcess;
	controlUrl: string;
	progress: string[];
	state(): Promise<Demo>;
	setFault(id: string, enabled: boolean): Promise<void>;
	/** Asks it to end, and resolves when it has. */
	stop(): Promise<void>;
}

/** A folder for a demo's data, and how to remove it. */
export async function makeDataDir(): Promise<{ path: string; remove(): Promise<void> }> {
	const path = await mkdtemp(join(tmpdir(), "trivet-demo-"));
	return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export async function startDemoProcess(
	otlpEndpoint: string,
	dataDir: string,
	rate = 6,
	more: Record<string, string> = {},
): Promise<StartedDemo> {
	const entry = fileURLToPath(new URL("../dist/demo/process.js", import.meta.url));
	if (!existsSync(entry)) throw new Error(`${entry} is not there: run npm run build first.`);
	const options = {
		"otlp-endpoint": otlpEndpoint,
		"data-dir": dataDir,
		"first-port": "0",
		rate: String(rate),
		...more,
	};
	const child = fork(
		entry,
		Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
		{ execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] },
	);
	const progress: string[] = [];
	const controlUrl = await new Promise<string>((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error("the demo did not start in time")), START_TIMEOUT_MS);
		child.on("message", (message: { progress?: string; controlUrl?: string; error?: string }) => {
			if (message.progress) progress.push(message.progress);
			if (message.error) reject(new Error(message.error));
			if (message.controlUrl) resolve(message.controlUrl);
			if (message.error || message.controlUrl) clearTimeout(timer);
		});
		child.once("exit", (code) => reject(new Error(`the demo ended with ${code}`)));
	});
	return {
		process: child,
		controlUrl,
		progress,
		async state() {
			return demoSchema.parse(await (await fetch(`${controlUrl}/state`)).json());
		},
		async setFault(id, enabled) {
			const response = await fetch(`${controlUrl}/faults/${id}`, {
				method: "PUT",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({ enabled }),
			});
			if (!response.ok) throw new Error(`${id}: ${response.status} ${await response.text()}`);
		},
		async stop() {
			if (child.exitCode !== null || child.signalCode !== null) return;
			const ended = new Promise((resolve) => child.once("exit", resolve));
			child.kill("SIGTERM");
			await ended;
		},
	};
}

/** A shopper whose requests are all in one trace of ours. */
export class Shopper {
	readonly traceId = randomBytes(16).toString("hex");
	readonly requestId = `test-${this.traceId.slice(0, 8)}`;
	readonly #session = `test-${this.traceId.slice(0, 12)}`;
	readonly #url: string;

	constructor(storefrontUrl: string) {
		this.#url = storefrontUrl;
	}

	async ask(method: string, path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> {
		const response = await fetch(`${this.#url}${path}`, {
			method,
			headers: {
				traceparent: `00-${this.traceId}-${randomBytes(8).toString("hex")}-01`,
				"x-session-id": this.#session,
				"x-request-id": this.requestId,
				...(body ? { "content-type": "application/json" } : {}),
			},
			...(body ? { body: JSON.stringify(body) } : {}),
		});
		return { status: response.status, body: (await response.json()) as Record<string, unknown> };
	}

	fillCart(): Promise<{ status: number }> {
		return this.ask("POST", "/cart/items", { product_id: 7, quantity: 1 });
	}

	checkout(card = "tok_visa"): Promise<{ status: number; body: Record<string, unknown> }> {
		return this.ask("POST", "/checkout", { customer_id: "cust-5", tier: "gold", card_token: card });
	}
}

/** Process IDs of everything that descends from `pid`. */
export function descendantsOf(pid: number): number[] {
	const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
	const parents = rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number]);
	const found = new Set([pid]);
	for (let grew = true; grew; ) {
		const before = found.size;
		for (const [child, parent] of parents) if (found.has(parent)) found.add(child);
		grew = found.size > before;
	}
	found.delete(pid);
	return [...found];
}

export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
