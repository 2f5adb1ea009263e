import { readFileSync } from "node:fs";

/** Resident memory of a process in MB, now and at its highest; null where /proc does not exist or the process is gone. */
export function residentMb(pid: number): { now: number; peak: number } | null {
	try {
		const status = readFileSync(`/proc/${pid}/status`, "utf8");
		const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? Number.NaN);
		return { now: Math.round(kb("VmRSS") / 1024), peak: Math.round(kb("VmHWM") / 1024) };
	} catch {
		return null;
	}
}
