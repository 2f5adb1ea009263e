import { readFileSync } from "node:fs";
import Module, { createRequire, register } from "node:module";
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

/** What is made once, right before the first of some modules is loaded, so that its own hooks see this very load. */
export interface Preparation {
	names: readonly string[];
	/** Which versions need it; all without. */
	versions?(version: string | undefined): boolean;
	/** Must not throw. */
	prepare(): void;
}

/** What is to be done for modules when they are loaded. */
export interface ModuleWork {
	/** Patches by the module's name; each copy of the module gets its own turn. */
	patches: readonly Readonly<Record<string, Patch>>[];
	preparations: readonly Preparation[];
}

/** Do the work of a module when the app loads it, by `require` or `import`. To be called once: every hook costs each `require`. */
export function onModules({ patches, preparations }: ModuleWork): void {
	const byName = new Map<string, Patch[]>();
	for (const [name, patch] of patches.flatMap((of) => Object.entries(of))) {
		byName.set(name, [...(byName.get(name) ?? []), patch]);
	}
	beforeLoading(preparations);
	patchOnLoad(byName);
}

function patchOnLoad(patches: ReadonlyMap<string, readonly Patch[]>): void {
	const names = [...patches.keys()];
	const done = new WeakMap<object, unknown>();
	const apply = (exports: unknown, name: string, folder: string | undefined): unknown => {
		const module = commonJs(exports);
		if (module === undefined) {
			return undefined;
		}
		if (!done.has(module)) {
			done.set(module, undefined);
			const version = folder === undefined ? undefined : versionIn(folder);
			for (const patch of patches.get(name) ?? []) {
				try {
					done.set(module, patch(module, version, folder) ?? done.get(module));
					diag.debug(`hooked ${name} ${version ?? ""} in ${folder ?? "?"}`);
				} catch (error) {
					say(`${name} could not be instrumented: ${String(error)}`);
				}
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

interface Loader {
	_load(this: unknown, request: string, parent: object | undefined, ...rest: unknown[]): unknown;
	_resolveFilename(request: string, parent: object | undefined): string;
	prototype: { require(this: object, id: string): unknown };
}

/**
 * Every CommonJS module comes by `Module._load`, whether it is required or imported. A `require` under way has passed the hooks
 * that were there, so it is made anew to meet those just added; an `import` meets them in import-in-the-middle.
 */
function beforeLoading(preparations: readonly Preparation[]): void {
	const waiting = new Map(preparations.flatMap((one) => one.names.map((name) => [name, one] as const)));
	if (waiting.size === 0) {
		return;
	}
	const of = [...waiting.keys()].map((name) => name.replace("/", "[\\\\/]")).join("|");
	const known = new RegExp(`(?:^|[\\\\/]node_modules[\\\\/])(${of})(?:$|[\\\\/])`);
	const loader = Module as unknown as Loader;
	const load = loader._load;
	loader._load = function loadPrepared(request, parent, ...rest) {
		const name = waiting.size === 0 ? undefined : known.exec(request)?.[1]?.replace("\\", "/");
		const preparation = name === undefined ? undefined : waiting.get(name);
		if (preparation === undefined || !isNeeded(preparation, name!, () => loader._resolveFilename(request, parent))) {
			return load.call(this, request, parent, ...rest);
		}
		for (const other of preparation.names) {
			waiting.delete(other);
		}
		preparation.prepare();
		return parent instanceof Module
			? loader.prototype.require.call(parent, request)
			: load.call(this, request, parent, ...rest);
	};
}

function isNeeded({ versions }: Preparation, name: string, resolve: () => string): boolean {
	try {
		const folder = folderIn(resolve(), name);
		return versions === undefined || folder === undefined || versions(versionIn(folder));
	} catch {
		// It is not there: whoever asks is told so by Node.
		return false;
	}
}

/** The folder of the package `name` that `file` is in. */
function folderIn(file: string, name: string): string | undefined {
	const inside = join("node_modules", name) + sep;
	const at = file.lastIndexOf(inside);
	return at === -1 ? undefined : file.slice(0, at + inside.length - 1);
}

/** The copies that were there before us, as when `start()` is called by the app itself. */
function alreadyLoaded(names: readonly string[]): [unknown, string, string][] {
	const load = createRequire(here);
	const found: [unknown, string, string][] = [];
	for (const file of Object.keys(load.cache)) {
		for (const name of names) {
			const folder = folderIn(file, name);
			if (folder === undefined) {
				continue;
			}
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
