/** A Chromium for the browser tests: one that is there, else Playwright's own, else the system's package manager as root. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright";
import { progress } from "./progress.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const DOWNLOAD_WITHIN_MS = 4 * 60_000;
const INSTALL_WITHIN_MS = 10 * 60_000;

/** Resolves to the path of an executable; rejects with what to do when none can be had. */
export async function findChromium(root: string): Promise<string> {
	const present = installed();
	if (present) return present;
	const playwright = join(root, "node_modules/playwright/cli.js");
	await attempt("Downloading Chromium", process.execPath, [playwright, "install", "chromium"], DOWNLOAD_WITHIN_MS);
	const downloaded = installed();
	if (downloaded) return downloaded;
	if (process.getuid?.() === 0) {
		for (const [manager, ...commands] of PACKAGE_MANAGERS) {
			if (!onPath(manager)) continue;
			for (const args of commands) await attempt(`Installing Chromium (${manager})`, manager, args, INSTALL_WITHIN_MS);
			const packaged = installed();
			if (packaged) return packaged;
		}
	}
	throw new Error(
		"no Chromium could be found, downloaded or installed. Install Chromium or Chrome, or set CHROMIUM_PATH to one, and run the tests again.",
	);
}

const PACKAGE_MANAGERS: [string, ...string[][]][] = [
	["apt-get", ["update"], ["install", "-y", "--no-install-recommends", "chromium"]],
	["dnf", ["install", "-y", "chromium"]],
	["apk", ["add", "chromium"]],
];

function installed(): string | undefined {
	const named = process.env.CHROMIUM_PATH;
	if (named) {
		if (!executable(named)) throw new Error(`CHROMIUM_PATH=${named} is no executable.`);
		return named;
	}
	const onSystem = NAMES.map(onPath).find((path) => path !== undefined);
	const own = chromium.executablePath();
	return onSystem ?? (executable(own) ? own : undefined);
}

function onPath(name: string): string | undefined {
	return (process.env.PATH ?? "")
		.split(delimiter)
		.map((folder) => join(folder, name))
		.find(executable);
}

function executable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

/** Whether it worked shows in what is installed afterwards. */
function attempt(what: string, command: string, args: string[], withinMs: number): Promise<void> {
	return new Promise((resolve) => {
		const end = progress(what);
		const child = spawn(command, args, {
			stdio: "ignore",
			timeout: withinMs,
			env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
		});
		child.on("error", () => {
			end("not possible");
			resolve();
		});
		child.on("exit", (code) => {
			end(code === 0 ? "done" : "failed");
			resolve();
		});
	});
}
