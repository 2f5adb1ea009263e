/**
 * `npm test`: lint, types, then every unit, conformance and browser test, those on the real engines (`*.engines.test.ts`) last; ends with
 * `N passed, N failed`. With CI=true missing engines are built before; else those tests are skipped and say so.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildEngines, ENGINE_NAMES, missingEngines } from "../engines/engines.ts";
import { findChromium } from "./chromium.ts";

interface Counts {
	passed: number;
	failed: number;
	skipped: number;
}

/** With arguments: only the test files whose path contains one of them, without lint and types. */
export async function main(args: string[], root: string): Promise<void> {
	const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
	const node = (path: string, ...rest: string[]): Promise<boolean> =>
		run(root, [join(root, "node_modules", path), ...rest]);
	const step = async (name: string, ok: Promise<boolean>): Promise<void> => {
		const passed = await ok;
		counts[passed ? "passed" : "failed"]++;
		process.stdout.write(`${passed ? "ok  " : "FAIL"} ${name}\n`);
	};
	if (args.length === 0) {
		await step("lint", node("@biomejs/biome/bin/biome", "check", ".", "--error-on-warnings"));
		await step("types of the code", node("typescript/bin/tsc", "--noEmit", "-p", "tsconfig.json"));
		await step("types of the console", node("typescript/bin/tsc", "--noEmit", "-p", "console/tsconfig.json"));
	}
	try {
		process.env.TRIVET_CHROMIUM = await findChromium(root);
	} catch (error) {
		counts.failed++;
		process.stdout.write(`FAIL browser: ${(error as Error).message}\n`);
	}
	const folder = mkdtempSync(join(tmpdir(), "trivet-test-"));
	for (const part of ["here", "engines"] as const) {
		// Not beside the other tests: a build takes the whole machine.
		if (part === "engines" && process.env.CI === "true") await step("build of the engines", buildMissing());
		const report = join(folder, `${part}.json`);
		const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
		process.env.TRIVET_TEST_PART = part;
		await node("vitest/vitest.mjs", "run", "--passWithNoTests", ...args, ...reporters);
		add(counts, report);
	}
	rmSync(folder, { recursive: true, force: true });
	process.stdout.write(
		`\n${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ""}\n`,
	);
	process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

/** One after the other. */
async function buildMissing(): Promise<boolean> {
	try {
		await buildEngines(missingEngines(ENGINE_NAMES), (line) => process.stdout.write(`${line}\n`));
		return true;
	} catch (error) {
		process.stdout.write(`${(error as Error).message}\n`);
		return false;
	}
}

/** A run that left no report, or a file that did not load, is a failure of its own: nothing may pass by not running. */
function add(counts: Counts, report: string): void {
	if (!existsSync(report)) {
		counts.failed++;
		return;
	}
	const result = JSON.parse(readFileSync(report, "utf8")) as {
		numPassedTests: number;
		numFailedTests: number;
		numPendingTests: number;
		numTodoTests: number;
		success: boolean;
	};
	counts.passed += result.numPassedTests;
	counts.skipped += result.numPendingTests + result.numTodoTests;
	counts.failed += result.numFailedTests;
	if (!result.success && result.numFailedTests === 0) counts.failed++;
}

function run(root: string, args: string[]): Promise<boolean> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, args, { cwd: root, stdio: "inherit" });
		child.on("error", reject);
		child.on("exit", (code) => resolve(code === 0));
	});
}
