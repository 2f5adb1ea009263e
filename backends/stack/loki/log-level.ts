/** Where a log line's level stands in Loki, for reading and for asking: OTLP's number, its text, what Loki detected, or a label of the shipper's. */
import { levelOf } from "../../../core/attribute-value.ts";
import type { LogLevel } from "../../../core/model.ts";
import { allOf, anyOf, type LabelFilter, quote } from "./logql.ts";

export const LEVELS: readonly LogLevel[] = ["unspecified", "trace", "debug", "info", "warn", "error", "fatal"];

/** The first of these that is there says it. */
const NUMBER = "severity_number";
const TEXTS = ["severity_text", "detected_level", "level"] as const;

/** The words that core's `levelOf` knows; a test holds the two together. */
export const LEVEL_WORDS: Record<Exclude<LogLevel, "unspecified">, readonly string[]> = {
	trace: ["trace", "verbose", "finest"],
	debug: ["debug", "fine"],
	info: ["info", "information", "informational", "notice"],
	warn: ["warn", "warning"],
	error: ["error", "err", "severe"],
	fatal: ["fatal", "critical", "crit", "alert", "emergency", "emerg", "panic"],
};

export interface Severity {
	severityNumber: number;
	severityText: string;
	level: LogLevel;
}

export function severityOf(label: (name: string) => string | undefined): Severity {
	const number = Number(label(NUMBER) ?? 0);
	const severityNumber = Number.isInteger(number) && number > 0 && number <= 24 ? number : 0;
	const text = TEXTS.map(label).find((value) => value !== undefined && value !== "") ?? "";
	return { severityNumber, severityText: label("severity_text") ?? "", level: levelOf(severityNumber, text) };
}

/** Lines of one of these levels. */
export function levelFilter(levels: readonly LogLevel[]): LabelFilter {
	if (levels.includes("unspecified")) return notLevels(LEVELS.filter((level) => !levels.includes(level)));
	const { numbers, words } = patternsOf(levels);
	return anyOf([
		`${NUMBER}=~${numbers}`,
		...TEXTS.map((name, at) =>
			allOf([...[NUMBER, ...TEXTS.slice(0, at)].map((earlier) => `${earlier}=""`), `${name}=~${words}`]),
		),
	]);
}

/** Lines of none of these levels: the opposite, written out because LogQL's label filters know no `not`. */
function notLevels(levels: readonly LogLevel[]): LabelFilter {
	const { numbers, words } = patternsOf(levels);
	return allOf([
		`${NUMBER}!~${numbers}`,
		...TEXTS.map((name, at) =>
			anyOf([...[NUMBER, ...TEXTS.slice(0, at)].map((earlier) => `${earlier}!=""`), `${name}!~${words}`]),
		),
	]);
}

function patternsOf(levels: readonly LogLevel[]): { numbers: string; words: string } {
	const known = levels.filter((level) => level !== "unspecified");
	const numbers = known.flatMap((level) => [1, 2, 3, 4].map((n) => (LEVELS.indexOf(level) - 1) * 4 + n));
	const words = known.flatMap((level) => LEVEL_WORDS[level]);
	return {
		numbers: quote(known.length === 0 ? "none" : numbers.join("|")),
		words: quote(known.length === 0 ? "none" : `(?i)(${words.join("|")})[2-4]?`),
	};
}
