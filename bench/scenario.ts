import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "./report.ts";

/** Flags of the command line, `--seconds 20` or `--seconds=20`; every one is a number or a text. */
export type Flags = Readonly<Record<string, string>>;

export interface ScenarioResult {
	what: string;
	figures: Figure[];
	details: Record<string, unknown>;
}

export interface Scenario {
	/** One line for `--help`. */
	help: string;
	/** Flags it knows with their full-size values. */
	flags: Record<string, string>;
	run(flags: Flags, root: string): Promise<ScenarioResult>;
}

export function numberFlag(flags: Flags, name: string): number {
	const value = Number(flags[name]);
	if (!Number.isFinite(value) || value <= 0)
		throw new Error(`--${name} must be a positive number, not "${flags[name]}".`);
	return value;
}

export function say(sentence: string): void {
	process.stdout.write(`  ${sentence}\n`);
}

/** A line that is written over by the next one; on a pipe only every tenth call is shown. */
export function sayOver(): (sentence: string) => void {
	let calls = 0;
	return (sentence) => {
		if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K  ${sentence}`);
		else if (calls++ % 10 === 0) say(sentence);
	};
}

const folders: string[] = [];
process.on("exit", () => {
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone when the process ends. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "trivet-bench-"));
	folders.push(folder);
	return folder;
}
