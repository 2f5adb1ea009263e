import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Manifest {
	version: string;
}

/**
 * A place where `name` is the older version that is installed as `alias`: hooks go by the folder's name.
 *
 * @param files of `apps/`, copied there. @returns the path of the first.
 */
export function copyOf(alias: string, name: string, files: readonly [string, ...string[]]): string {
	const cache = join(root, "node_modules/.cache/trivet");
	const { version } = JSON.parse(readFileSync(join(root, "node_modules", alias, "package.json"), "utf8")) as Manifest;
	const place = join(cache, `older-${name}-${version}`);
	if (!existsSync(join(place, "node_modules", name))) {
		mkdirSync(cache, { recursive: true });
		const next = mkdtempSync(join(cache, "next-"));
		cpSync(join(root, "node_modules", alias), join(next, "node_modules", name), { recursive: true });
		try {
			renameSync(next, place);
		} catch {
			// Another test was first.
			rmSync(next, { recursive: true, force: true });
		}
	}
	for (const file of files) {
		copyFileSync(fileURLToPath(new URL(`apps/${file}`, import.meta.url)), join(place, file));
	}
	return join(place, files[0]);
}
