/** Log levels: their order, and the one colour each has. Errors are red, warnings amber, the rest ink. */
export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type Level = (typeof LEVELS)[number];

export function levelColor(level: string): string {
	if (level === "error" || level === "fatal") return "var(--error)";
	if (level === "warn") return "var(--warn)";
	if (level === "info") return "var(--info)";
	return "var(--ink-4)";
}
