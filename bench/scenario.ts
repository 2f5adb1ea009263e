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

/** On a terminal a line may be written over: this goes to its start and empties it. */
const CLEAR = process.stdout.isTTY ? "\r\u001b[K" : "";

export function say(sentence: string): void {
	process.stdout.write(`${CLEAR}  ${sentence}\n`);
}

/** A line that is written over by the next one; on a pipe only every tenth call is shown. */
export function sayOver(): (sentence: string) => void {
	let calls = 0;
	return (sentence) => {
		if (CLEAR) process.stdout.write(`${CLEAR}  ${sentence}`);
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
