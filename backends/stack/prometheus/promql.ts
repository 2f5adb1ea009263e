/** PromQL written from parts: every name and value that comes from outside is quoted, so that none can change the query. */

export type Labels = Readonly<Record<string, string>>;

/** One `label op value` of a selector. */
export interface Matcher {
	label: string;
	op: "=" | "!=" | "=~" | "!~";
	value: string;
}

/** A PromQL string literal. Lone surrogates, which no label value can hold, become U+FFFD. */
export function quote(text: string): string {
	// JSON's escapes are a subset of PromQL's.
	return JSON.stringify(text.toWellFormed());
}

/** A label's name where a name is expected: bare when it may be, else quoted (Prometheus 3, Mimir 2.15 and later). */
export function labelName(name: string): string {
	return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : quote(name);
}

/** RE2 text that matches exactly these values. */
export function oneOf(values: Iterable<string>): string {
	return [...values].map(escapeRegex).join("|");
}

/** RE2 text that matches exactly this value. */
export function escapeRegex(text: string): string {
	return text.toWellFormed().replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** `{__name__="metric", ...}`; the name is a matcher like any other, so that it may hold any character in any version. */
export function selector(metric: string, matchers: readonly Matcher[]): string {
	return matchersText([{ label: "__name__", op: "=", value: metric }, ...matchers]);
}

/** `{...}` of matchers alone. */
export function matchersText(matchers: readonly Matcher[]): string {
	return `{${matchers.map(({ label, op, value }) => `${labelName(label)}${op}${quote(value)}`).join(",")}}`;
}

export function by(labels: readonly string[]): string {
	return `by (${labels.map(labelName).join(", ")})`;
}

/** A PromQL duration of whole milliseconds, at least one. */
export function duration(ms: number): string {
	return `${Math.max(1, Math.round(ms))}ms`;
}

/**
 * Selectors that together hold the series whose first existing label of `labels` satisfies the test, each series once: PromQL has no "or"
 * inside a selector.
 */
export function firstOf(labels: readonly string[], op: "=" | "=~", value: string): Matcher[][] {
	return labels.map((label, at) => [
		...labels.slice(0, at).map((before): Matcher => ({ label: before, op: "=", value: "" })),
		{ label, op, value },
	]);
}
