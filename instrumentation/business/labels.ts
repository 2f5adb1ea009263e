import { say } from "../say.ts";

/** The values a label can have: all of them by name, or how many different ones at most. */
export type LabelRule = readonly string[] | { readonly atMost: number };
export type LabelRules = Readonly<Record<string, LabelRule>>;

/** Labels as their rules allow them: a value that is not in its set does not compile. */
export type LabelsOf<Rules extends LabelRules> = {
	readonly [Label in keyof Rules]: Rules[Label] extends readonly (infer Value)[] ? Value : string;
};

/** The first argument is there when there are labels. */
export type WithLabels<Rules extends LabelRules, Rest extends unknown[]> = keyof Rules extends never
	? Rest
	: [labels: LabelsOf<Rules>, ...rest: Rest];

export const OTHER = "other";
const LONGEST = 100;
const MOST_VALUES = 1_000;

/**
 * Label values within bounds, in the rules' order: one that is in no set, or one too many, counts as `other`. What comes from
 * users can then not make a new series of every value.
 */
export class BoundedLabels {
	readonly names: readonly string[];
	private readonly metric: string;
	private readonly allowed: readonly { values: Set<string>; atMost: number }[];
	/** Labels that have been complained of: values come from outside, and a line each would fill the app's log. */
	private readonly told = new Set<string>();

	/** @throws TypeError for a name or a rule that is none */
	constructor(metric: string, rules: LabelRules) {
		this.metric = metric;
		this.names = Object.keys(rules);
		this.allowed = Object.entries(rules).map(([name, rule]) => {
			if (!/^[a-zA-Z_][\w.]{0,99}$/.test(name) || name.startsWith("__") || name === "le" || name === "quantile") {
				throw new TypeError(`${metric}: "${name}" is no name for a label`);
			}
			const values = new Set("atMost" in rule ? [] : rule);
			const atMost = "atMost" in rule ? rule.atMost : 0;
			if (!Number.isInteger(atMost) || atMost < 0 || atMost > MOST_VALUES || (values.size === 0 && atMost === 0)) {
				throw new TypeError(`${metric}: the label "${name}" needs its values, or atMost from 1 to ${MOST_VALUES}`);
			}
			return { values, atMost };
		});
	}

	valuesOf(labels: Readonly<Record<string, unknown>>): string[] {
		return this.names.map((name, index) => {
			const { values, atMost } = this.allowed[index]!;
			const value = textOf(labels, name);
			if (values.has(value)) {
				return value;
			}
			if (atMost > values.size) {
				values.add(value);
				return value;
			}
			if (value !== OTHER && !this.told.has(name)) {
				this.told.add(name);
				say(
					atMost === 0
						? `${this.metric}: ${JSON.stringify(value)} is not a value of its label "${name}"; counted as ${OTHER}`
						: `${this.metric}: its label "${name}" has had ${atMost} values; others are counted as ${OTHER}`,
				);
			}
			return OTHER;
		});
	}

	/** All combinations when every label has a set and there are no more than `most`; none otherwise. */
	combinations(most: number): string[][] {
		let all: string[][] = [[]];
		for (const { values, atMost } of this.allowed) {
			if (atMost > 0 || all.length * values.size > most) {
				return [];
			}
			all = all.flatMap((row) => [...values].map((value) => [...row, value]));
		}
		return all;
	}
}

function textOf(labels: Readonly<Record<string, unknown>>, name: string): string {
	try {
		return String(labels[name] ?? OTHER).slice(0, LONGEST);
	} catch {
		return OTHER;
	}
}
