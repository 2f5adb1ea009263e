/**
 * Builds the engines from their Go modules into `engines/bin`, one at a time. `go.mod` and `go.sum` are checked in and only read, so every
 * module is verified by its hash.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ENGINE_NAMES, type EngineName, RECIPES, ROOT } from "./recipes.ts";

/** Another folder serves several checkouts, or a cache of CI's. */
const bin = (): string => process.env.TRIVET_ENGINES_BIN || join(ROOT, "engines/bin");
const LINE_EVERY_MS = 3_000;
const FLAGS = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w"];
/** From here on `go` fetches a newer toolchain by itself. */
const FETCHES_TOOLCHAINS = [1, 21];
const BUILD_WITHIN_MS = 45 * 60_000;
const TAIL_LINES = 15;

/** Of an engine, or of Prometheus' own checker of rules, built with it. */
export function binaryOf(name: EngineName | "promtool"): string {
	return join(bin(), name);
}

/** Those not built yet, or built from other sources than the ones checked out, in the order they are built. */
export function missingEngines(names: readonly EngineName[]): EngineName[] {
	return ENGINE_NAMES.filter((name) => names.includes(name) && builtFrom(name) !== sourceOf(name));
}

/**
 * Builds what is missing of `names`, each in minutes from cold and in seconds from a warm cache. `onLine` hears what is going on every few
 * seconds. Throws with one sentence when Go is missing or too old, or with the end of the compiler's output.
 */
export async function buildEngines(names: readonly EngineName[], onLine: (line: string) => void): Promise<void> {
	const missing = missingEngines(names);
	if (missing.length === 0) return;
	const go = await goVersion();
	for (const [index, name] of missing.entries()) {
		demandGo(go, name);
		const counter = missing.length > 1 ? ` (${index + 1} of ${missing.length})` : "";
		await build(name, (what) => onLine(`Building ${RECIPES[name].title}${counter}: ${what}`));
	}
}

async function build(name: EngineName, onLine: (what: string) => void): Promise<void> {
	const { package: main, tools = [], tags } = RECIPES[name];
	const started = Date.now();
	const source = sourceOf(name);
	mkdirSync(bin(), { recursive: true });
	for (const target of [main, ...tools]) {
		const binary = join(bin(), target === main ? name : basename(target));
		// Under another name until it is whole; one that runs cannot be written over, but replaced.
		const draft = `${binary}.${process.pid}`;
		await compile(name, ["build", "-v", ...FLAGS, ...(tags ? ["-tags", tags] : []), "-o", draft, target], onLine);
		renameSync(draft, binary);
	}
	writeFileSync(stampOf(name), source);
	onLine(`done in ${Math.round((Date.now() - started) / 1000)} s`);
}

function compile(name: EngineName, args: string[], onLine: (what: string) => void): Promise<void> {
	return new Promise((resolve, reject) => {
		const started = Date.now();
		const child: ChildProcess = spawn("go", args, {
			cwd: join(ROOT, "engines", name),
			stdio: ["ignore", "ignore", "pipe"],
			env: { ...process.env, GOFLAGS: "", GOWORK: "off" },
			timeout: BUILD_WITHIN_MS,
		});
		let packages = 0;
		let downloads = 0;
		let tail: string[] = [];
		let rest = "";
		child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
			const lines = (rest + chunk).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) {
				if (line.startsWith("go: downloading")) downloads++;
				else if (/^[\w./~-]+$/.test(line)) packages++;
				else tail = [...tail, line].slice(-TAIL_LINES);
			}
		});
		const ticking = setInterval(() => {
			const seconds = Math.round((Date.now() - started) / 1000);
			const fetched = downloads > 0 ? `${downloads} modules fetched, ` : "";
			onLine(`${fetched}${packages} packages compiled, ${seconds} s`);
		}, LINE_EVERY_MS);
		child.once("error", reject);
		child.once("close", (code, signal) => {
			clearInterval(ticking);
			if (code === 0) resolve();
			else {
				const said = [...tail, rest].filter(Boolean).join("\n");
				reject(new Error(`Building ${RECIPES[name].title} failed (${signal ?? `go ended with ${code}`}):\n${said}`));
			}
		});
	});
}

function goVersion(): Promise<{ version: string; fetches: boolean }> {
	return new Promise((resolve, reject) => {
		execFile("go", ["env", "GOVERSION", "GOTOOLCHAIN"], { cwd: ROOT }, (error, stdout) => {
			const [version = "", toolchain = ""] = stdout.trim().split("\n");
			if (error || !version.startsWith("go")) {
				reject(
					new Error(
						"Go is needed to build the engines, and there is no `go` here: install it (https://go.dev/dl/), or use `docker compose up`.",
					),
				);
			} else resolve({ version: version.slice(2), fetches: toolchain !== "local" });
		});
	});
}

function demandGo(go: { version: string; fetches: boolean }, name: EngineName): void {
	const wanted = /^go (\S+)/m.exec(readFileSync(join(ROOT, "engines", name, "go.mod"), "utf8"))?.[1] ?? "1.26";
	if (!olderThan(go.version, numbers(wanted))) return;
	if (go.fetches && !olderThan(go.version, FETCHES_TOOLCHAINS)) return;
	throw new Error(
		`${RECIPES[name].title} needs Go ${wanted} or newer to build, and this is Go ${go.version}: install a newer one (https://go.dev/dl/).`,
	);
}

function olderThan(version: string, wanted: number[]): boolean {
	const has = numbers(version);
	for (const [i, part] of wanted.entries()) {
		if ((has[i] ?? 0) !== part) return (has[i] ?? 0) < part;
	}
	return false;
}

function numbers(version: string): number[] {
	return version.split(/[^\d]+/, 3).map(Number);
}

/** A digest of what the binary is built from: its module files, its own sources, the flags. */
function sourceOf(name: EngineName): string {
	const folder = join(ROOT, "engines", name);
	const hash = createHash("sha256").update(JSON.stringify([RECIPES[name].package, RECIPES[name].tags ?? "", FLAGS]));
	const files = existsSync(folder) ? readdirSync(folder).filter((file) => /\.go$|^go\.(mod|sum)$/.test(file)) : [];
	for (const file of files.sort()) hash.update(`\0${file}\0`).update(readFileSync(join(folder, file)));
	return hash.digest("hex");
}

function stampOf(name: EngineName): string {
	return join(bin(), `.${name}.source`);
}

function builtFrom(name: EngineName): string | null {
	return existsSync(binaryOf(name)) && existsSync(stampOf(name)) ? readFileSync(stampOf(name), "utf8") : null;
}
