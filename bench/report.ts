import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Machine, machineSentence } from "./machine.ts";

/** One line of the table. */
export interface Figure {
	name: string;
	value: number;
	unit: string;
	/** What has to be reached; absent for what is only told. */
	goal?: {
		at: "most" | "least";
		value: number;
		/** The goal was set as this multiple of the baseline; `value` is what that came to. */
		times?: number;
	};
	/** A peer or a lower bound measured in the same run: `value / baseline.value` is what travels to other machines. */
	baseline?: { name: string; value: number };
}

export interface Result {
	name: string;
	/** What was done, in a sentence or two. */
	what: string;
	machine: Machine;
	/** ISO 8601, of the start. */
	date: string;
	commit: string;
	/** The flags that changed the scenario's size; empty for the full one. */
	flags: string[];
	figures: Figure[];
	/** Whatever else was recorded: series over time, answers' sizes. */
	details: Record<string, unknown>;
}

export function isMet({ value, goal }: Figure): boolean | null {
	if (!goal) return null;
	return goal.at === "most" ? value <= goal.value : value >= goal.value;
}

/** Writes `<folder>/<name>.json` and the table of all results beside it. Returns all results of the folder. */
export function writeResult(folder: string, result: Result): Result[] {
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, `${result.name}.json`), `${JSON.stringify(result, null, "\t")}\n`);
	const all = readdirSync(folder)
		.filter((file) => file.endsWith(".json"))
		.sort()
		.map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Result);
	writeFileSync(join(folder, "README.md"), resultsPage(all));
	return all;
}

const FIGURES = /(<!-- figures[^>]*-->\n)[\s\S]*?(<!-- \/figures -->)/;

/** The project's README with the figures that have a goal between its two markers; unchanged without the markers. */
export function readmeWithFigures(readme: string, results: readonly Result[]): string {
	const rows = results.flatMap(({ figures }) =>
		figures
			.filter(({ goal }) => goal !== undefined)
			.map((figure) => {
				const { name, value, unit, baseline, goal } = figure;
				const ratio = goal?.times !== undefined && baseline ? ` (${(value / baseline.value).toFixed(2)} ×)` : "";
				return `| ${name} | ${number(value)} ${unit}${ratio} | ${aim(figure)}${isMet(figure) ? "" : " (missed)"} |`;
			}),
	);
	const table = ["| figure | measured | goal |", "|---|---:|---:|", ...rows].join("\n");
	return readme.replace(FIGURES, (_, begin: string, end: string) => `${begin}${table}\n${end}`);
}

function aim({ unit, goal, baseline }: Figure): string {
	if (!goal) return "";
	const sign = goal.at === "most" ? "≤" : "≥";
	return goal.times !== undefined && baseline
		? `${sign} ${goal.times} × ${baseline.name}`
		: `${sign} ${number(goal.value)} ${unit}`;
}

export function resultsPage(results: readonly Result[]): string {
	const lines = [
		"# Measured",
		"",
		"Written by `npm run bench`; do not edit. Ratios travel, absolute figures belong to the machine named.",
		"",
	];
	for (const result of results) {
		lines.push(`## ${result.name}`, "", result.what, "");
		if (result.flags.length > 0) lines.push(`Not the full size: \`${result.flags.join(" ")}\`.`, "");
		lines.push("| figure | value | goal | met | baseline of the same run | ratio |", "|---|---:|---:|---|---|---:|");
		for (const figure of result.figures) lines.push(row(figure));
		lines.push(
			"",
			`${result.date.slice(0, 16).replace("T", " ")} UTC, commit ${result.commit}. ${machineSentence(result.machine)}`,
			"",
		);
	}
	return `${lines.join("\n")}`;
}

function row(figure: Figure): string {
	const { name, value, unit, baseline } = figure;
	const met = isMet(figure);
	const cells = [
		name,
		`${number(value)} ${unit}`,
		aim(figure),
		met === null ? "" : met ? "yes" : "**no**",
		baseline ? `${baseline.name}: ${number(baseline.value)} ${unit}` : "",
		baseline && baseline.value !== 0 ? (value / baseline.value).toFixed(2) : "",
	];
	return `| ${cells.join(" | ")} |`;
}

export function number(value: number): string {
	return value.toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
}
