import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../scenario.ts";

const run = promisify(execFile);
const NPM = ["--prefer-offline", "--no-audit", "--no-fund"];

export interface Installed {
	folder: string;
	bytes: number;
	packages: number;
}

/** The package as users get it: packed, and installed alone in an empty project. Everything is measured with this copy. */
export async function installOurs(root: string): Promise<Installed> {
	const folder = temporaryFolder();
	const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
		cwd: join(root, "instrumentation"),
	});
	const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
	const project = join(folder, "project");
	mkdirSync(project);
	writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true }));
	await run("npm", ["install", ...NPM, join(folder, filename)], { cwd: project });
	return measured(project);
}

/** The app's packages and the peers, by their lock file; they stay for the next time. */
export async function installPeers(root: string): Promise<string> {
	const folder = join(root, "bench", "peers");
	const lock = readFileSync(join(folder, "package-lock.json"), "utf8");
	const stamp = join(folder, "node_modules", ".installed-from");
	if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
		await run("npm", ["ci", ...NPM, "--ignore-scripts"], { cwd: folder });
		writeFileSync(stamp, lock);
	}
	return folder;
}

/** One peer alone in an empty project. */
export async function installAlone(name: string, version: string): Promise<Installed> {
	const project = temporaryFolder();
	writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true }));
	await run("npm", ["install", ...NPM, "--ignore-scripts", `${name}@${version}`], { cwd: project });
	return measured(project);
}

/** All files' bytes, and all packages npm put there. */
export function measured(project: string): Installed {
	const modules = join(project, "node_modules");
	const { packages } = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8")) as {
		packages: Record<string, unknown>;
	};
	let bytes = 0;
	for (const name of readdirSync(modules, { recursive: true, encoding: "utf8" })) {
		const file = statSync(join(modules, name));
		bytes += file.isFile() ? file.size : 0;
	}
	return { folder: project, bytes, packages: Object.keys(packages).length };
}
