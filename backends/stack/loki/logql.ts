/** Pieces of LogQL with every value from outside quoted: what one asks stays a value, whatever it holds. */

/** A LogQL string literal. Unpaired surrogates and NUL, which no query of Loki can hold, become U+FFFD. */
export function quote(text: string): string {
	return JSON.stringify(text.replace(/[\p{Surrogate}\0]/gu, "\ufffd")).replace(
		/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

/** The text as an RE2 pattern that matches nothing but itself. */
export function escapeRegex(text: string): string {
	return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** An RE2 pattern from a search value: `*` stands for anything, `\*` for a star. null when it has no star that is one. */
export function wildcardRegex(value: string): string | null {
	const parts = value.split(/(?<!\\)\*/);
	return parts.length === 1 ? null : parts.map((part) => escapeRegex(withoutEscapes(part))).join(".*");
}

/** A search value without stars, as it is meant. */
export function withoutEscapes(value: string): string {
	return value.replaceAll("\\*", "*");
}

/** A condition on labels: `a="x" or a="y"`. */
export type LabelFilter = string;

export const ALWAYS = "true";
export const NEVER = "false";

/** A condition on labels that all of these hold; `ALWAYS` and `NEVER` are words of ours and never reach Loki. */
export function allOf(parts: readonly LabelFilter[]): LabelFilter {
	if (parts.includes(NEVER)) return NEVER;
	return joined(
		parts.filter((part) => part !== ALWAYS),
		"and",
		ALWAYS,
	);
}

/** A condition on labels that any of these holds. */
export function anyOf(parts: readonly LabelFilter[]): LabelFilter {
	if (parts.includes(ALWAYS)) return ALWAYS;
	return joined(
		parts.filter((part) => part !== NEVER),
		"or",
		NEVER,
	);
}

function joined(parts: readonly LabelFilter[], word: "and" | "or", none: LabelFilter): LabelFilter {
	const distinct = [...new Set(parts)];
	if (distinct.length === 0) return none;
	return distinct.length === 1 ? (distinct[0] as string) : `(${distinct.join(` ${word} `)})`;
}
