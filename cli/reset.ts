/** `npm run reset`: erases the data directory; refuses while a Trivet runs on it, and for a directory that is not Trivet's. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lockDirectory } from "../backends/embedded/lock.ts";
import { readOptions } from "./options.ts";

export async function main(args: string[], root: string): Promise<void> {
	const { config, help } = readOptions(args, root);
	const { dataDir } = config;
	if (help) {
		process.stdout.write(
			`npm run reset -- [--data-dir DIR]\n\nErases the data directory, which is ${dataDir}: telemetry and incidents alike.\n`,
		);
		return;
	}
	if (!existsSync(dataDir)) {
		process.stdout.write(`Nothing to erase: ${dataDir} does not exist.\n`);
		return;
	}
	// Each refuses with a sentence that names the process that has it; over engines only the state is in use.
	for (const directory of [dataDir, join(dataDir, "state"), join(dataDir, "stack")])
		if (existsSync(directory)) lockDirectory(directory).release();
	const foreign = readdirSync(dataDir).filter((name) => !OURS.test(name));
	if (foreign.length > 0) {
		throw new Error(
			`${dataDir} holds things that are not Trivet's (${foreign.slice(0, 3).join(", ")}): erase it yourself if you mean it.`,
		);
	}
	rmSync(dataDir, { recursive: true });
	process.stdout.write(`Erased ${dataDir}.\n`);
}

/** What the store, the journal, the state, the engines and the demo put into the directory. */
const OURS = /^(store\.duckdb.*|journal|state|stack|demo|lock.*|tmp|\.tmp)$/;
