/** Log levels: their order, and what marks a line. Errors are red, warnings amber; the rest is quiet. */
export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type Level = (typeof LEVELS)[number];

export function levelColor(level: string): string {
	if (level === "error" || level === "fatal") return "var(--error)";
	if (level === "warn") return "var(--warn)";
	return "transparent";
}
