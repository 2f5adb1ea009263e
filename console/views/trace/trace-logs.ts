/** A trace's log lines laid beside its tree: which row each belongs to, when it was said, and where its dot goes on the bar. */
import type { LogRecordAnswer } from "../../../server/api/schema.ts";
import type { SpanIndex } from "./span-key.ts";
import type { TimeView } from "./time-view.ts";
import { groupByRow, serviceOf, type TraceTree } from "./trace-tree.ts";

export type Level = LogRecordAnswer["level"];

export interface TraceLogs {
	records: readonly LogRecordAnswer[];
	/** Nanoseconds from the trace's start; exact within a trace of up to 104 days. */
	atNs: Float64Array;
	/** Row of the span that said it, -1 when no span of the trace did. */
	row: Int32Array;
	/** `order[offset[row] ..]`: indices of the row's own lines. */
	offset: Uint32Array;
	order: Uint32Array;
}

const RANK: Record<Level, number> = { unspecified: 0, trace: 1, debug: 2, info: 3, warn: 4, error: 5, fatal: 6 };
export const severity = (level: Level): number => RANK[level];

/** Puts lines into nanosecond order (sequence breaks ties) and finds their spans. */
export function placeLogs(
	tree: TraceTree,
	index: SpanIndex,
	records: readonly LogRecordAnswer[],
	startUnixNano: bigint,
): TraceLogs {
	const times = records.map((record) => BigInt(record.timeUnixNano));
	const byTime = records
		.map((_, i) => i)
		.sort((a, b) =>
			times[a]! < times[b]! ? -1 : times[a]! > times[b]! ? 1 : records[a]!.sequence - records[b]!.sequence,
		);
	const sorted = byTime.map((i) => records[i]!);
	const atNs = Float64Array.from(byTime, (i) => Number(times[i]! - startUnixNano));
	const row = Int32Array.from(sorted, (record) => {
		if (record.spanId === null) return -1;
		const rows = index.rows(record.spanId);
		return rows.find((candidate) => serviceOf(tree, candidate) === record.service) ?? rows[0] ?? -1;
	});
	return { records: sorted, atNs, row, ...groupByRow(row, tree.count) };
}

/** One dot stands for one line, or for several that would cover each other. */
export interface LogDot {
	/** 0..1 of the view's width. */
	share: number;
	/** Indices into `TraceLogs.records`. */
	lines: number[];
	/** The worst of its lines. */
	level: Level;
}

/** Dots of one row, left to right; lines nearer than `gapPx` to the dot's first line join it, lines out of view are left out. */
export function logDots(logs: TraceLogs, row: number, view: TimeView, widthPx: number, gapPx: number): LogDot[] {
	const dots: LogDot[] = [];
	const width = view.toNs - view.fromNs;
	for (let i = logs.offset[row] ?? 0; i < (logs.offset[row + 1] ?? 0); i++) {
		const line = logs.order[i]!;
		const share = (logs.atNs[line]! - view.fromNs) / width;
		if (share < 0 || share > 1) continue;
		const level = logs.records[line]!.level;
		const last = dots.at(-1);
		if (last && (share - last.share) * widthPx < gapPx) {
			last.lines.push(line);
			if (severity(level) > severity(last.level)) last.level = level;
		} else dots.push({ share, lines: [line], level });
	}
	return dots;
}

export interface LogFilter {
	text: string;
	/** This level and above. */
	minLevel: Level | null;
	/** Only lines of this row; -1 for all. */
	row: number;
}

/** Indices of the lines that pass, in order. Text is looked for in the body, the service and the attributes' values, whatever the case. */
export function filterLogs(logs: TraceLogs, filter: LogFilter): Uint32Array {
	const needle = filter.text.trim().toLowerCase();
	const least = filter.minLevel === null ? -1 : severity(filter.minLevel);
	const kept: number[] = [];
	for (let i = 0; i < logs.records.length; i++) {
		const record = logs.records[i]!;
		if (severity(record.level) < least) continue;
		if (filter.row >= 0 && logs.row[i] !== filter.row) continue;
		if (needle && !saysText(record, needle)) continue;
		kept.push(i);
	}
	return Uint32Array.from(kept);
}

function saysText(record: LogRecordAnswer, needle: string): boolean {
	if (record.body.toLowerCase().includes(needle) || record.service.toLowerCase().includes(needle)) return true;
	for (const key in record.attributes) {
		const value = record.attributes[key];
		const text = typeof value === "string" ? value : JSON.stringify(value);
		if (key.toLowerCase().includes(needle) || text?.toLowerCase().includes(needle)) return true;
	}
	return false;
}
