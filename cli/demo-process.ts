/** The demo shop as a process of its own: forked, told where to send, watched, stopped. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface DemoProcess {
	controlUrl: string;
	stop(): Promise<void>;
}

const READY_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 8_000;

/** Resolves when every service of the shop listens; rejects with the reason when it does not get there. */
export async function forkDemo(options: {
	otlpEndpoint: string;
	dataDir: string;
	/** Of a real Redis; without it the shop keeps its carts itself. */
	redisUrl?: string;
}): Promise<DemoProcess> {
	const entry = fileURLToPath(new URL("../demo/process.js", import.meta.url));
	// A group of its own: Ctrl-C reaches this process alone, which then stops the shop in order. It ends by itself when the channel closes.
	const child = fork(entry, [], {
		detached: true,
		stdio: ["ignore", "ignore", "inherit", "ipc"],
		env: {
			...process.env,
			TRIVET_DEMO_OTLP_ENDPOINT: options.otlpEndpoint,
			TRIVET_DEMO_DATA_DIR: join(options.dataDir, "demo"),
			...(options.redisUrl === undefined ? {} : { TRIVET_DEMO_REDIS_URL: options.redisUrl }),
		},
	});
	try {
		const controlUrl = await ready(child);
		return { controlUrl, stop: () => stop(child) };
	} catch (error) {
		await stop(child);
		throw error;
	}
}

function ready(child: ChildProcess): Promise<string> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error(`not ready within ${READY_WITHIN_MS / 1000} s`)), READY_WITHIN_MS);
		child.on("message", (message: unknown) => {
			const { ready, controlUrl } = message as { ready?: boolean; controlUrl?: string };
			if (ready !== true || controlUrl === undefined) return;
			clearTimeout(timer);
			resolve(controlUrl);
		});
		child.once("error", reject);
		child.once("exit", (code) => {
			clearTimeout(timer);
			reject(new Error(`its process ended with ${code}`));
		});
	});
}

async function stop(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const exited = once(child, "exit");
	child.kill("SIGTERM");
	const force = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
	await exited;
	clearTimeout(force);
}
