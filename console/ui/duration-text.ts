import { parseDuration } from "../../core/time.ts";

/** What someone typed as a duration (`200ms`, `1.5s`, a bare number of milliseconds) in milliseconds; a sentence when it is none. */
export function readDurationMs(text: string): { ms: number | undefined; problem: string | null } {
	const trimmed = text.trim();
	if (trimmed === "") return { ms: undefined, problem: null };
	if (/^\d+(\.\d+)?$/.test(trimmed)) return { ms: Number(trimmed), problem: null };
	try {
		return { ms: parseDuration(trimmed) / 1e6, problem: null };
	} catch (error) {
		return { ms: undefined, problem: (error as Error).message };
	}
}
