/** A Trivet started the way a user starts it, as a process of its own: for the tests of the whole product, the screenshots and the bench. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Started {
	consoleUrl: string;
	otlpUrl: string;
	readonly otlpGrpcUrl: string;
	process: ChildProcess;
	/** Everything it has printed. */
	output(): string;
	/** Sends the signal (Ctrl-C's by default) and resolves with the exit code. */
	stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const RUN = "cli/run.mjs";

/** The repository, wherever this file runs from: its source or dist/. */
export const ROOT = fileURLToPath(new URL(import.meta.url.includes("/dist/cli/") ? "../.." : "..", import.meta.url));

/** Runs `npm run <command>`. Resolves when the welcome is printed; rejects with the output when the process ends before, or at `withinMs`. */
export async function startTrivet(command: "start" | "stack", args: string[], withinMs = 240_000): Promise<Started> {
	const child = spawn(process.execPath, [RUN, command, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
	let printed = "";
	let timer: NodeJS.Timeout | undefined;
	try {
		await new Promise<void>((resolve, reject) => {
			const take = (chunk: Buffer): void => {
				printed += chunk.toString("utf8");
				if (printed.includes("Ctrl-C stops everything")) resolve();
			};
			child.stdout.on("data", take);
			child.stderr.on("data", take);
			child.once("error", reject);
			child.once("exit", (code) => reject(new Error(`npm run ${command} ended with ${code}:\n${printed}`)));
			timer = setTimeout(() => reject(new Error(`npm run ${command} took over ${withinMs} ms:\n${printed}`)), withinMs);
		});
	} catch (error) {
		child.kill("SIGKILL");
		throw error;
	} finally {
		clearTimeout(timer);
	}
	return {
		consoleUrl: url(printed, "Console"),
		otlpUrl: url(printed, "OTLP/HTTP"),
		get otlpGrpcUrl() {
			return url(printed, "OTLP/gRPC");
		},
		process: child,
		output: () => printed,
		async stop(signal = "SIGINT") {
			if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
			const exited = once(child, "exit") as Promise<[number | null]>;
			child.kill(signal);
			return (await exited)[0];
		},
	};
}

function url(printed: string, label: string): string {
	const found = new RegExp(`${label}\\s+(http://\\S+)`).exec(printed)?.[1];
	if (found === undefined) throw new Error(`No ${label} URL in:\n${printed}`);
	return found;
}

/** Asks until `found` gives something; rejects with the last answer at `withinMs`. */
export async function until<T>(found: () => Promise<T | null | undefined | false>, withinMs = 30_000): Promise<T> {
	const deadline = Date.now() + withinMs;
	let last: unknown;
	while (Date.now() < deadline) {
		try {
			const value = await found();
			if (value) return value;
			last = value;
		} catch (error) {
			last = error;
		}
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`not within ${withinMs} ms; last: ${String(last)}`);
}
