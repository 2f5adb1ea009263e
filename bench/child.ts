import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Child<To, From> {
	pid: number;
	/** The first message, which said that it is ready. */
	ready: From;
	send(message: To): void;
	onMessage(listener: (message: From) => void): void;
	/** Sends and resolves with the next message. */
	ask(message: To): Promise<From>;
	onExit(listener: (code: number | string) => void): void;
	/** SIGTERM, and SIGKILL when that has not helped after `patienceMs` (20 s). */
	stop(patienceMs?: number): Promise<void>;
	/** The exit code or the signal's name, as soon as it has ended. */
	exited: Promise<number | string>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
	for (const child of running) child.kill("SIGKILL");
});

/** Forks a module that sends a message when it is ready. `env` replaces this process's own; `quiet` hides its stderr. */
export async function startChild<To extends object, From>(
	module: URL,
	args: string[] = [],
	options: { execArgv?: string[]; readyMs?: number; env?: Record<string, string>; cwd?: string; quiet?: boolean } = {},
): Promise<Child<To, From>> {
	const child = fork(fileURLToPath(module), args, {
		stdio: ["ignore", "ignore", options.quiet && !process.env.TRIVET_DEBUG ? "ignore" : "inherit", "ipc"],
		execArgv: options.execArgv ?? [],
		...(options.cwd === undefined ? {} : { cwd: options.cwd }),
		...(options.env === undefined ? {} : { env: options.env as unknown as NodeJS.ProcessEnv }),
	});
	running.add(child);
	const exited = once(child, "exit").then(([code, signal]) => {
		running.delete(child);
		return (code ?? signal) as number | string;
	});
	const ready = await Promise.race([
		once(child, "message", { signal: AbortSignal.timeout(options.readyMs ?? 60_000) }).then(
			([message]) => message as From,
		),
		exited.then((code) => Promise.reject(new Error(`${module.pathname.split("/").at(-1)} ended at once (${code})`))),
	]);
	return {
		pid: child.pid!,
		ready,
		send: (message) => void (child.connected && child.send(message)),
		onMessage: (listener) => void child.on("message", listener),
		ask: async (message) => {
			const answered = once(child, "message", { signal: AbortSignal.timeout(120_000) });
			child.send(message);
			return Promise.race([
				answered.then(([answer]) => answer as From),
				exited.then((code) => Promise.reject(new Error(`it ended instead of answering (${code})`))),
			]);
		},
		onExit: (listener) => void exited.then(listener),
		exited,
		stop: async (patienceMs = 20_000) => {
			if (!running.has(child)) return;
			child.kill("SIGTERM");
			const force = setTimeout(() => child.kill("SIGKILL"), patienceMs);
			await exited;
			clearTimeout(force);
		},
	};
}
