/** One engine as a process: started, waited for, stopped; its output goes into a file. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";

const ASK_EVERY_MS = 50;
const ASK_WITHIN_MS = 2_000;
/** Tempo's metrics-generator takes five seconds, its query frontend sometimes for ever. */
const STOP_WITHIN_MS = 8_000;
const TAIL_LINES = 20;

export interface EngineProcess {
	pid: number;
	/** Resolves when it is ready; rejects with the end of its output when it ends before, or at the deadline. */
	ready(url: string, withinMs: number): Promise<void>;
	/** Everything it has printed. */
	output(): string;
	/** Asks it to end, and ends it when it does not. */
	stop(): Promise<void>;
}

export function startProcess(options: {
	title: string;
	binary: string;
	args: string[];
	env: Record<string, string>;
	cwd: string;
	logFile: string;
}): EngineProcess {
	const { title, logFile } = options;
	const log = openSync(logFile, "w");
	// A group of its own: Ctrl-C reaches this process alone, which then stops the engines in order.
	const child = spawn(options.binary, options.args, {
		cwd: options.cwd,
		env: options.env as NodeJS.ProcessEnv,
		detached: true,
		stdio: ["ignore", log, log],
	});
	closeSync(log);
	const output = (): string => readFileSync(logFile, "utf8");
	let failure: Error | undefined;
	child.once("error", (error) => {
		failure = error;
	});
	const ended = (): boolean => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
	const broken = (how: string): Error =>
		new Error(`${title} ${how}. Its log (${logFile}) ends with:\n${tailOf(output())}`);

	return {
		pid: child.pid ?? 0,
		output,
		async ready(url, withinMs) {
			const deadline = Date.now() + withinMs;
			while (!(await answers(url))) {
				if (failure) throw new Error(`${title} did not start: ${failure.message}`);
				if (ended()) throw broken(`ended with ${child.signalCode ?? child.exitCode} instead of getting ready`);
				if (Date.now() > deadline) throw broken(`was not ready within ${Math.round(withinMs / 1000)} s`);
				await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
			}
		},
		async stop() {
			if (!ended()) await end(child);
		},
	};
}

async function end(child: ChildProcess): Promise<void> {
	const exited = once(child, "exit");
	child.kill("SIGTERM");
	const force = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
	await exited;
	clearTimeout(force);
}

async function answers(url: string): Promise<boolean> {
	try {
		const response = await fetch(url, { signal: AbortSignal.timeout(ASK_WITHIN_MS) });
		await response.arrayBuffer();
		return response.ok;
	} catch {
		return false;
	}
}

function tailOf(text: string): string {
	return text.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
}

/**
 * Ends `pids` when this process ends in whatever way, a kill -9 included: a shell that reads from us until there is nobody to read from.
 * Returns what calls it off.
 */
export function guardAgainstOrphans(pids: readonly number[]): () => void {
	const script =
		'trap "" INT TERM HUP; cat >/dev/null; kill -TERM "$@" 2>/dev/null; sleep 5; kill -KILL "$@" 2>/dev/null';
	const guard = spawn("/bin/sh", ["-c", script, "trivet-guard", ...pids.map(String)], {
		detached: true,
		stdio: ["pipe", "ignore", "ignore"],
	});
	guard.on("error", () => undefined);
	guard.stdin.on("error", () => undefined);
	guard.unref();
	(guard.stdin as unknown as { unref?(): void }).unref?.();
	return () => guard.kill("SIGKILL");
}
