/** Where the compiled file beside a module is: processes and threads start from `dist`, also when the caller runs from source (tests). */
import { fileURLToPath } from "node:url";

/** `builtFile(import.meta.url, "./process.js")`. */
export function builtFile(from: string, relative: string): URL {
	const url = new URL(relative, from);
	if (!from.endsWith(".ts")) return url;
	const root = new URL("../../", import.meta.url);
	const path = fileURLToPath(url).slice(fileURLToPath(root).length);
	return new URL(`dist/${path}`, root);
}
