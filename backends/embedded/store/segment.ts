/** Segments: the tables that hold what arrived in one hour. Dropping one is how old data leaves. */

/** Bumped when `sql/segment.sql` changes; sealed segments keep theirs and are never altered. */
export const SEGMENT_SCHEMA_VERSION = 1;

export type SegmentTable = "spans" | "logs" | "points" | "exemplars";
export const SEGMENT_TABLES: readonly SegmentTable[] = ["spans", "logs", "points", "exemplars"];

export interface Segment {
	/** Suffix of its tables: `h495218`, or `k495218` for what is kept. */
	segment: string;
	/** Hour of arrival, since the epoch. */
	hour: number;
	/** Exempt from retention by age (imports). */
	keep: boolean;
	schemaVersion: number;
	spans: number;
	logs: number;
	points: number;
	/** Bounds (both inclusive) of the times held: start of spans, time of logs and points; null while empty. */
	fromNs: bigint | null;
	toNs: bigint | null;
}

const HOUR_MS = 3_600_000;

/** Name of the segment for something that arrives at `arrivedMs` (epoch milliseconds). */
export function segmentName(arrivedMs: number, keep: boolean): string {
	return `${keep ? "k" : "h"}${Math.floor(arrivedMs / HOUR_MS)}`;
}

/** `segmentTable("spans", "h495218")` is `spans_h495218`. Throws on a suffix that no segment has, so that no other text gets into SQL. */
export function segmentTable(table: SegmentTable, segment: string): string {
	if (!/^[hk]\d{1,9}$/.test(segment)) throw new Error(`not a segment: ${JSON.stringify(segment)}`);
	return `${table}_${segment}`;
}
