/** `npm run reset`: erases the data directory; refuses while a Trivet runs on it, and for a directory that is not Trivet's. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readOptions } from "./options.ts";

export async function main(args: string[], root: string): Promise<void> {
	const { dataDir } = readOptions(args, root).config;
	if (!existsSync(dataDir)) {
		process.stdout.write(`Nothing to erase: ${dataDir} does not exist.\n`);
		return;
	}
	const owner = lockOwner(dataDir);
	if (owner !== null) throw new Error(`Trivet (process ${owner}) is using ${dataDir}: stop it first.`);
	const foreign = readdirSync(dataDir).filter((name) => !OURS.test(name));
	if (foreign.length > 0) {
		throw new Error(
			`${dataDir} holds things that are not Trivet's (${foreign.slice(0, 3).join(", ")}): erase it yourself if you mean it.`,
		);
	}
	rmSync(dataDir, { recursive: true });
	process.stdout.write(`Erased ${dataDir}.\n`);
}

/** What the store, the journal and the demo put into the directory. */
const OURS = /^(lock|journal|demo|state|tmp|trivet\.duckdb.*)$/;

function lockOwner(dataDir: string): number | null {
	const file = join(dataDir, "lock");
	if (!existsSync(file)) return null;
	const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
	try {
		process.kill(pid, 0);
		return pid;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM" ? pid : null;
	}
}
