import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { here } from "../here.ts";
import type { Report } from "./watch.ts";

export interface AppRun {
	reports: Report[];
	/** How it ended by itself; undefined when it was still running and was stopped. */
	ended: { code: number | null; signal: NodeJS.Signals | null } | undefined;
	/** Why it could not be started. */
	failed: string | undefined;
}

const LOOK_EVERY_MS = 100;
/** After it listens: what else it loads. */
const SETTLE_MS = 1_500;
const STOP_MS = 5_000;
/** Its watch, written for ESM: a preload runs before the app in either format. */
const WATCH = new URL("../esm/doctor/watch.js", here).href;

/** Run the app as it is, its output on stderr, until it listens, ends, or `seconds` are over; then stop it. Never rejects. */
export async function runApp(command: readonly string[], env: NodeJS.ProcessEnv, seconds: number): Promise<AppRun> {
	const folder = mkdtempSync(join(tmpdir(), "trivet-doctor-"));
	const [file = "", ...args] = command;
	// A group of its own, so that what npm or a shell starts is stopped with it.
	const detached = process.platform !== "win32";
	const child = spawn(file, args, {
		detached,
		stdio: ["ignore", 2, 2],
		env: {
			...env,
			NODE_OPTIONS: `--import=${WATCH} ${env.NODE_OPTIONS ?? ""}`.trim(),
			TRIVET_DOCTOR_DIR: folder,
		},
	});
	const stopNow = (): void => kill(child, detached, "SIGKILL");
	process.once("exit", stopNow);
	try {
		let failed: string | undefined;
		let ended: AppRun["ended"];
		const over = new Promise<void>((resolve) => {
			child.once("error", (error) => {
				failed = error.message;
				resolve();
			});
			child.once("exit", (code, signal) => {
				ended = { code, signal };
				resolve();
			});
		});
		const deadline = Date.now() + seconds * 1000;
		let listenedMs: number | undefined;
		while (failed === undefined && ended === undefined && Date.now() < deadline) {
			await Promise.race([over, pause(LOOK_EVERY_MS)]);
			if (listenedMs === undefined && reportsIn(folder).some(({ listening }) => listening)) {
				listenedMs = Date.now();
			}
			if (listenedMs !== undefined && Date.now() - listenedMs > SETTLE_MS) {
				break;
			}
		}
		const byItself = ended;
		if (failed === undefined && ended === undefined) {
			kill(child, detached, "SIGTERM");
			await Promise.race([over, pause(STOP_MS)]);
		}
		return { reports: reportsIn(folder), ended: byItself, failed };
	} finally {
		stopNow();
		process.removeListener("exit", stopNow);
		rmSync(folder, { recursive: true, force: true });
	}
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

function kill(child: ChildProcess, group: boolean, signal: NodeJS.Signals): void {
	try {
		if (group && child.pid !== undefined) {
			process.kill(-child.pid, signal);
		} else {
			child.kill(signal);
		}
	} catch {
		// It is gone.
	}
}

function reportsIn(folder: string): Report[] {
	return readdirSync(folder)
		.filter((name) => name.endsWith(".json"))
		.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Report);
}
