import { execFileSync } from "node:child_process";
import { cpus, loadavg, type as osType, release, totalmem } from "node:os";

export interface Machine {
	cpu: string;
	cores: number;
	memoryGb: number;
	os: string;
	node: string;
	/** One-minute load average before the run: above a fraction of the cores, others were busy too. */
	loadBefore: number;
}

export function thisMachine(): Machine {
	const all = cpus();
	return {
		cpu: (all[0]?.model ?? "unknown").trim(),
		cores: all.length,
		memoryGb: Math.round(totalmem() / 2 ** 30),
		os: `${osType()} ${release()}`,
		node: process.version,
		loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
	};
}

export function machineSentence({ cpu, cores, memoryGb, os, node, loadBefore }: Machine): string {
	return `${cores} × ${cpu}, ${memoryGb} GB, ${os}, Node ${node}; load average before: ${loadBefore}.`;
}

/** Short hash of what is checked out, with `+changes` when files differ from it. */
export function commitOf(root: string): string {
	const git = (...args: string[]) =>
		execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
	try {
		const changed = git("status", "--porcelain", "--", ".", ":!bench/results") !== "";
		return git("rev-parse", "--short", "HEAD") + (changed ? "+changes" : "");
	} catch {
		return "unknown";
	}
}
