import { severityRank } from "../../../core/incidents.ts";

export type Tone = "error" | "warn" | "info";

/** Colour means that something is wrong: what is over has none. */
export function severityTone(severity: string | null, firing: boolean): Tone | undefined {
	if (!firing) return undefined;
	const rank = severityRank(severity);
	return rank <= 1 ? "error" : rank === 2 ? "warn" : "info";
}
