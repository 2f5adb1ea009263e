/** One process at a time on a data directory: DuckDB opened twice would split the file and lose rows. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface Lock {
	release(): void;
}

/** Takes the directory, also over from a process that died. Throws a sentence when a living one has it. */
export function lockDirectory(directory: string): Lock {
	mkdirSync(directory, { recursive: true });
	const path = join(directory, "lock");
	for (let attempt = 0; ; attempt++) {
		try {
			const file = openSync(path, "wx");
			writeSync(file, `${process.pid} ${startTime(process.pid) ?? ""}\n`);
			closeSync(file);
			return { release: () => rmSync(path, { force: true }) };
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		}
		const [pid, started] = readOwner(path);
		if (attempt >= 3 || isAlive(pid, started)) {
			throw new Error(
				`the data directory ${directory} is in use by process ${pid}: stop it, or choose another with --data-dir`,
			);
		}
		rmSync(path, { force: true });
	}
}

function readOwner(path: string): [pid: number, started: string] {
	try {
		const [pid = "", started = ""] = readFileSync(path, "utf8").trim().split(" ");
		return [Number(pid), started];
	} catch {
		return [0, ""];
	}
}

function isAlive(pid: number, started: string): boolean {
	if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
	try {
		process.kill(pid, 0);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
	}
	// The number may belong to another process by now (after a reboot, in a container).
	const now = startTime(pid);
	return started === "" || now === null || now === started;
}

/** When a process started, in the kernel's ticks; null where there is no /proc. */
function startTime(pid: number): string | null {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
	} catch {
		return null;
	}
}
