/** How old data leaves: whole segments, oldest first; imports only when nothing else is left to drop. */
import type { Retention } from "../settings.ts";
import type { Segment } from "./segment.ts";

const HOUR_MS = 3_600_000;

/** Segments that are too old. Pure. */
export function expiredSegments(segments: readonly Segment[], nowMs: number, { ageHours }: Retention): Segment[] {
	const oldest = Math.floor((nowMs - ageHours * HOUR_MS) / HOUR_MS);
	return segments.filter((segment) => !segment.keep && segment.hour < oldest);
}

/** The segment to drop first when the store is too large; null when there is none but the one being written. Pure. */
export function leastWanted(segments: readonly Segment[], nowMs: number): Segment | null {
	const hour = Math.floor(nowMs / HOUR_MS);
	const droppable = segments.filter((segment) => segment.hour < hour || segment.keep);
	droppable.sort((a, b) => Number(a.keep) - Number(b.keep) || a.hour - b.hour);
	return droppable[0] ?? null;
}
