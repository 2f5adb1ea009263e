import { readFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { join, sep } from "node:path";
import { Hook as ImportHook } from "import-in-the-middle";
import { diag } from "opentelemetry-api-latest";
import { Hook as RequireHook } from "require-in-the-middle";
import { here } from "./here.ts";
import { say } from "./say.ts";

interface SyncHooks {
	supportsSyncHooks(): boolean;
	register(options: { include: readonly string[] }): void;
}

/**
 * Make `import` of the named modules visible to the patches. Synchronous hooks in this thread where Node has them working,
 * else the loader thread. Only the named modules are wrapped: wrapping everything breaks bundled apps.
 *
 * @returns which way was taken.
 */
export function hookImports(include: readonly string[]): "synchronous" | "loader thread" | "none" {
	try {
		const sync = syncHooks();
		if (sync?.supportsSyncHooks() === true) {
			sync.register({ include });
			return "synchronous";
		}
		register("import-in-the-middle/hook.mjs", here, { data: { include: [...include] } });
		return "loader thread";
	} catch (error) {
		say(`ESM imports are not instrumented (${String(error)}); CommonJS is`);
		return "none";
	}
}

/** Only Node versions that can `require` ESM have the synchronous hooks, so this needs no top-level await. */
function syncHooks(): SyncHooks | undefined {
	const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
	if (major < 22 || (major === 22 && minor < 22)) {
		return undefined;
	}
	try {
		return createRequire(here)("import-in-the-middle/register-hooks.mjs") as SyncHooks;
	} catch {
		return undefined;
	}
}

/**
 * @param exports the CommonJS exports. @param version from its package.json. @param folder where it lives.
 * @returns what whoever requires the module gets in its place; undefined for the module itself.
 */
export type Patch = (exports: unknown, version: string | undefined, folder: string | undefined) => unknown;

/** Run a patch when its module is first loaded, by `require` or `import`; each copy of the module gets its own turn. */
export function onModules(patches: Readonly<Record<string, Patch>>): void {
	const names = Object.keys(patches);
	const done = new WeakMap<object, unknown>();
	const apply = (exports: unknown, name: string, folder: string | undefined): unknown => {
		const module = commonJs(exports);
		const patch = patches[name];
		if (patch === undefined || module === undefined) {
			return undefined;
		}
		if (!done.has(module)) {
			done.set(module, undefined);
			try {
				const version = folder === undefined ? undefined : versionIn(folder);
				done.set(module, patch(module, version, folder));
				diag.debug(`hooked ${name} ${version ?? ""} in ${folder ?? "?"}`);
			} catch (error) {
				say(`${name} could not be instrumented: ${String(error)}`);
			}
		}
		return done.get(module);
	};
	for (const [exports, name, folder] of alreadyLoaded(names)) {
		apply(exports, name, folder);
	}
	new RequireHook(
		names,
		(exports, name, folder) => (apply(exports, name, folder) as typeof exports | undefined) ?? exports,
	);
	new ImportHook(names, (exports, name, folder) => {
		apply(exports, name, folder === undefined ? undefined : folder || undefined);
	});
}

/** The copies that were there before us, as when `start()` is called by the app itself. */
function alreadyLoaded(names: readonly string[]): [unknown, string, string][] {
	const load = createRequire(here);
	const found: [unknown, string, string][] = [];
	for (const file of Object.keys(load.cache)) {
		for (const name of names) {
			const inside = join("node_modules", name) + sep;
			const at = file.lastIndexOf(inside);
			if (at === -1) {
				continue;
			}
			const folder = file.slice(0, at + inside.length - 1);
			try {
				if (load.resolve(folder) === file) {
					found.push([load.cache[file]?.exports, name, folder]);
				}
			} catch {
				// Not a package's own entry.
			}
		}
	}
	return found;
}

/** The CommonJS exports behind an ESM namespace, or the exports themselves. */
function commonJs(exports: unknown): object | undefined {
	const candidate =
		typeof exports === "object" && exports !== null && "default" in exports && isObject(exports.default)
			? exports.default
			: exports;
	return isObject(candidate) ? candidate : undefined;
}

function isObject(value: unknown): value is object {
	return (typeof value === "object" && value !== null) || typeof value === "function";
}

function versionIn(folder: string): string | undefined {
	try {
		const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version?: unknown };
		return typeof manifest.version === "string" ? manifest.version : undefined;
	} catch {
		return undefined;
	}
}
