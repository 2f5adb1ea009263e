import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { commitOf, thisMachine } from "./machine.ts";
import { isMet, number, type Result, readmeWithFigures, writeResult } from "./report.ts";
import { type Scenario, say } from "./scenario.ts";
import { boards } from "./scenarios/boards.ts";
import { ingest } from "./scenarios/ingest.ts";
import { instrumentation } from "./scenarios/instrumentation.ts";
import { instrumentationSoak } from "./scenarios/instrumentation-soak.ts";
import { pivot } from "./scenarios/pivot.ts";
import { soak } from "./scenarios/soak.ts";
import { stack } from "./scenarios/stack.ts";
import { start } from "./scenarios/start.ts";

const SCENARIOS: Record<string, Scenario> = {
	ingest,
	soak,
	pivot,
	start,
	stack,
	boards,
	instrumentation,
	"instrumentation-soak": instrumentationSoak,
};

/** `npm run bench -- [name] [--flag value]`: one scenario, or all. Writes bench/results and the README's table; a goal that is missed is told, not an error. */
export async function main(args: string[], root: string): Promise<void> {
	const [name = "", ...rest] = args[0]?.startsWith("-") ? ["", ...args] : args;
	if (args.includes("--help") || args.includes("-h")) {
		process.stdout.write(help());
		return;
	}
	if (name !== "" && !Object.hasOwn(SCENARIOS, name)) {
		throw new Error(`There is no measurement "${name}": it is one of ${Object.keys(SCENARIOS).join(", ")}.`);
	}
	const official = join(root, "bench", "results");
	for (const one of name === "" ? Object.keys(SCENARIOS) : [name]) {
		const scenario = SCENARIOS[one]!;
		const { flags, changed, folder } = readFlags(scenario, rest, official);
		process.stdout.write(`\n${one}: ${scenario.help}\n`);
		const facts = { name: one, machine: thisMachine(), date: new Date().toISOString(), commit: commitOf(root) };
		const result: Result = { ...facts, flags: changed, ...(await scenario.run(flags, root)) };
		const all = writeResult(folder, result);
		if (folder === official) {
			const readme = join(root, "README.md");
			writeFileSync(readme, readmeWithFigures(readFileSync(readme, "utf8"), all));
		}
		print(result);
	}
}

function readFlags(scenario: Scenario, args: string[], results: string) {
	const options = Object.fromEntries(Object.keys(scenario.flags).map((flag) => [flag, { type: "string" as const }]));
	const { values } = parseArgs({ args, options: { ...options, results: { type: "string" } }, allowPositionals: false });
	const { results: folder, ...given } = values as Record<string, string>;
	// Where the stock lies is no matter of size.
	const changed = Object.entries(given).filter(
		([flag, value]) => flag !== "data-dir" && scenario.flags[flag] !== value,
	);
	return {
		flags: { ...scenario.flags, ...given },
		changed: changed.map(([flag, value]) => `--${flag} ${value}`),
		folder: folder ?? results,
	};
}

function print({ figures }: Result): void {
	say("");
	for (const figure of figures) {
		const { name, value, unit, goal, baseline } = figure;
		const met = isMet(figure);
		const aim = goal
			? `  (${met ? "reached" : "MISSED"}: ${goal.at === "most" ? "≤" : "≥"} ${number(goal.value)})`
			: "";
		const peer =
			baseline && baseline.value !== 0
				? `  ${(value / baseline.value).toFixed(2)} × ${baseline.name} (${number(baseline.value)})`
				: "";
		process.stdout.write(`  ${name.padEnd(52)} ${number(value).padStart(10)} ${unit}${aim}${peer}\n`);
	}
}

function help(): string {
	const lines = Object.entries(SCENARIOS).map(([name, { help, flags }]) => {
		const known = Object.entries(flags).map(([flag, value]) => `--${flag}${value ? ` ${value}` : ""}`);
		return `  ${name.padEnd(8)} ${help}\n           ${known.join(" ")}`;
	});
	return `npm run bench -- [name] [flags] [--results folder]\n\n${lines.join("\n")}\n`;
}
