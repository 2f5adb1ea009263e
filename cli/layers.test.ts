/** The folders are the architecture: what may import what, held by a test. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Folder to the folders of ours it may import besides itself. */
const MAY_IMPORT: Record<string, string[]> = {
	core: [],
	backends: ["core"],
	server: ["core"],
	console: ["core"],
	instrumentation: [],
	demo: [],
	engines: [],
	dashboards: ["core"],
	rules: ["core"],
	cli: ["core", "backends", "server", "engines", "rules"],
	bench: ["core", "backends", "server", "engines", "dashboards"],
};

/** Types alone cross here: the pages and the demo's control speak the API that the server validates. */
const SCHEMA = join("server", "api", "schema.ts");
const TAKES_ITS_TYPES = ["console", "demo"];

const IMPORT = /(?:^|\n)\s*(import|export)\s+(type\s)?[^"'`;]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)/g;

function sources(folder: string): string[] {
	return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
		if (["node_modules", "dist", ".next"].includes(entry.name)) return [];
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return sources(path);
		const forTests = /\.test\.tsx?$|^testing-/.test(entry.name);
		return /\.(ts|tsx|mts|mjs)$/.test(entry.name) && !forTests ? [path] : [];
	});
}

function imports(file: string): { target: string; types: boolean }[] {
	const text = readFileSync(join(root, file), "utf8");
	return [...text.matchAll(IMPORT)].map((match) => ({
		target: (match[3] ?? match[4]) as string,
		types: match[2] !== undefined,
	}));
}

test.each(Object.keys(MAY_IMPORT))("%s imports only what it may", (folder) => {
	const wrong: string[] = [];
	for (const file of sources(folder)) {
		for (const { target, types } of imports(file)) {
			if (!target.startsWith(".")) continue;
			const path = relative(root, resolve(root, dirname(file), target));
			const to = path.split(sep)[0] as string;
			const exempt = types && path === SCHEMA && TAKES_ITS_TYPES.includes(folder);
			if (to !== folder && !exempt && !MAY_IMPORT[folder]?.includes(to)) wrong.push(`${file} -> ${target}`);
		}
	}
	expect(wrong).toEqual([]);
});

test("core depends on nothing: no package, no Node module, no clock, no randomness", () => {
	const wrong = sources("core").flatMap((file) => {
		const foreign = imports(file).filter(({ target }) => !target.startsWith("."));
		const impure = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(/.test(
			readFileSync(join(root, file), "utf8"),
		);
		return [
			...foreign.map(({ target }) => `${file} -> ${target}`),
			...(impure ? [`${file} reads a clock or chance`] : []),
		];
	});
	expect(wrong).toEqual([]);
});
