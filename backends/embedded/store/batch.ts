/**
 * Rows on their way into the store, by column, as the decoders write them and the loader appends them: plain typed arrays,
 * so that they pass between threads without copying.
 */
import type { Signal } from "../../../core/model.ts";
import type { SegmentTable } from "./segment.ts";

export type FixedArray = BigUint64Array | BigInt64Array | Float64Array | Uint32Array | Uint8Array;

/** Values of one column, in row order. `valid` has 0 for null and 1 for a value; null when nothing is null. */
export type ColumnData =
	| { kind: "fixed"; data: FixedArray; valid: Uint8Array | null }
	/** UTF-8, one text after the other; `ends[i]` is where the i-th stops. */
	| { kind: "text"; bytes: Uint8Array; ends: Uint32Array; valid: Uint8Array | null }
	/** Few different texts: 1-based index into `symbols`, 0 for null. */
	| { kind: "symbol"; index: Uint32Array; symbols: string[] }
	/** Lists of doubles; `ends[i]` is where the i-th stops. */
	| { kind: "list"; values: Float64Array; ends: Uint32Array; valid: Uint8Array | null };

/** The rows of one table. Columns are in table order; `arrival` (`sequence`) is left to the loader, which numbers the rows. */
export interface TableRows {
	rows: number;
	columns: Record<string, ColumnData>;
}

/** A row of the dictionary `resources`. */
export interface ResourceRow {
	id: bigint;
	service: string;
	env: string;
	version: string | null;
	attributes: string;
	scopeName: string;
	scopeVersion: string;
}

/** A row of the dictionary `series`. */
export interface SeriesRow {
	id: bigint;
	metric: string;
	type: string;
	unit: string;
	description: string;
	temporality: string;
	monotonic: boolean;
	service: string;
	env: string;
	route: string | null;
	attributes: string;
	resource: bigint;
}

/** What came of one request. */
export interface Batch {
	signal: Signal;
	/** Epoch milliseconds: picks the segment. */
	receivedMs: number;
	keep: boolean;
	tables: Partial<Record<SegmentTable, TableRows>>;
	resources: ResourceRow[];
	series: SeriesRow[];
	/** Minutes (since the epoch) in which its spans start. */
	minutes: bigint[];
	/** Bounds of its times, both inclusive; null when it has no rows. */
	fromNs: bigint | null;
	toNs: bigint | null;
}

/** Items of the batch: spans, log records or metric points. */
export function itemCount(batch: Batch): number {
	const table = batch.signal === "traces" ? "spans" : batch.signal === "logs" ? "logs" : "points";
	return batch.tables[table]?.rows ?? 0;
}

/** Every buffer of the batch once, to transfer it to another thread. */
export function transferList(batch: Batch): ArrayBuffer[] {
	const buffers = new Set<ArrayBuffer>();
	for (const table of Object.values(batch.tables)) {
		for (const column of Object.values(table.columns)) {
			for (const part of Object.values(column)) if (ArrayBuffer.isView(part)) buffers.add(part.buffer as ArrayBuffer);
		}
	}
	return [...buffers];
}
