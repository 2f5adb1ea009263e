import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const INSTALL_WITHIN_MS = 4 * 60_000;
const START_WITHIN_MS = 90_000;

/** Either the thing, or why there is none: a test that cannot run says so. */
export type Found<T> = { found: T } | { missing: string };

/** To be started in `beforeAll`: a run that skips all tests of a file would never stop what its module started. */
export type Startable = Found<() => Promise<RunningServer>>;

/** A program of the system, installed from its Debian package when this is CI and we may. */
export async function findProgram(name: string, debianPackage: string): Promise<Found<string>> {
	const present = onPath(name);
	if (present !== undefined) {
		return { found: present };
	}
	if (process.env.CI !== "true" || process.getuid?.() !== 0 || onPath("apt-get") === undefined) {
		return { missing: `${name} is not installed (apt-get install ${debianPackage})` };
	}
	await run("apt-get", ["update"], { withinMs: INSTALL_WITHIN_MS });
	const options = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=180"];
	const said = await run("apt-get", ["install", ...options, debianPackage], { withinMs: INSTALL_WITHIN_MS });
	const installed = onPath(name);
	return installed === undefined
		? { missing: `${debianPackage} could not be installed: ${said.slice(-300)}` }
		: { found: installed };
}

export function onPath(name: string): string | undefined {
	const folders = (process.env.PATH ?? "").split(delimiter).concat("/usr/sbin", "/usr/local/sbin");
	return folders
		.map((folder) => join(folder, name))
		.find((path) => {
			try {
				accessSync(path, constants.X_OK);
				return true;
			} catch {
				return false;
			}
		});
}

/** Another user than this one: some servers refuse to run as root. */
export interface RunAs {
	uid: number;
	gid: number;
}

/** Runs to the end; resolves to what was written, with the exit code as the last line when that is not 0. */
export async function run(
	command: string,
	args: readonly string[],
	{ withinMs, ...options }: { withinMs: number; cwd?: string } & Partial<RunAs>,
): Promise<string> {
	const child = spawn(command, args, {
		...options,
		timeout: withinMs,
		killSignal: "SIGKILL",
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
	});
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding("utf8").on("data", (text: string) => {
			output = (output + text).slice(-20_000);
		});
	}
	const [code] = await once(child, "close").catch(() => ["not started"]);
	return code === 0 ? output : `${output}\nexit ${String(code)}`;
}

export interface RunningServer {
	port: number;
	/** Ends the process and removes its folder. */
	stop(): Promise<void>;
}

/** Start a server in a temporary folder of its own and wait until it says `ready`. */
export async function startServer(
	command: string,
	args: (folder: string, port: number) => readonly string[],
	ready: RegExp,
	prepare?: (folder: string, port: number) => Promise<void>,
	as?: RunAs,
): Promise<RunningServer> {
	const folder = mkdtempSync(join(tmpdir(), "trivet-server-"));
	const port = await freePort();
	let child: ChildProcess | undefined;
	const stop = async (): Promise<void> => {
		if (child !== undefined && child.exitCode === null && child.signalCode === null) {
			const closed = once(child, "close");
			child.kill("SIGKILL");
			await closed;
		}
		rmSync(folder, { recursive: true, force: true });
	};
	try {
		await prepare?.(folder, port);
		child = spawn(command, args(folder, port), { cwd: folder, stdio: ["ignore", "pipe", "pipe"], ...as });
		await untilReady(child, command, ready);
		return { port, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

function untilReady(child: ChildProcess, command: string, ready: RegExp): Promise<void> {
	return new Promise((resolve, reject) => {
		let output = "";
		const fail = (why: string): void => {
			clearTimeout(timer);
			reject(new Error(`${command} ${why}:\n${output.slice(-4_000)}`));
		};
		const timer = setTimeout(() => fail(`was not ready within ${START_WITHIN_MS} ms`), START_WITHIN_MS);
		const read = (text: string): void => {
			output = (output + text).slice(-50_000);
			if (ready.test(output)) {
				clearTimeout(timer);
				resolve();
			}
		};
		child.stdout?.setEncoding("utf8").on("data", read);
		child.stderr?.setEncoding("utf8").on("data", read);
		child.once("error", (error) => fail(error.message));
		child.once("exit", (code) => fail(`ended with ${code}`));
	});
}

export async function freePort(): Promise<number> {
	const probe = createServer().listen(0, "127.0.0.1");
	await once(probe, "listening");
	const { port } = probe.address() as { port: number };
	probe.close();
	await once(probe, "close");
	return port;
}
