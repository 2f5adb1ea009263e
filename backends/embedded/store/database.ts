/** What the readers and the roll-ups see of the one DuckDB instance. Implemented by the owner thread; nothing else opens the file. */
import type { TimeWindow } from "../../../core/model.ts";
import type { Segment, SegmentTable } from "./segment.ts";
import type { TraceTable } from "./trace-filters.ts";

/** Bound by position (`$1`, `?`) or by name (`$name`). A bigint binds as BIGINT (UBIGINT past 2^63), a number as DOUBLE or, when whole, BIGINT. */
export type SqlValue = string | number | bigint | boolean | null;
export type SqlParams = readonly SqlValue[] | Readonly<Record<string, SqlValue>>;

/** One column of an answer: a typed array where the type has one and no value is null, else a plain array with null for null. */
export type Column =
	| BigInt64Array
	| BigUint64Array
	| Float64Array
	| Int32Array
	| Uint32Array
	| Uint16Array
	| Uint8Array
	| (string | number | bigint | boolean | null | unknown[])[];

export interface Database {
	/**
	 * Rows as objects. BIGINT, UBIGINT come as bigint, smaller integers and DOUBLE as number, lists as arrays. Runs beside loading on a
	 * connection of its own, in a snapshot; `signal` interrupts it (rejects with the signal's reason). Answers of 1,000,000 rows and more are refused.
	 */
	all<T>(sql: string, params?: SqlParams, signal?: AbortSignal): Promise<T[]>;
	/** The same by column, for big answers: name to values, all of one length. */
	columns(
		sql: string,
		params?: SqlParams,
		signal?: AbortSignal,
	): Promise<{ rows: number; columns: Record<string, Column> }>;
	/** Every segment, oldest first. Kept in memory: free to call. */
	segments(): readonly Segment[];
	/**
	 * A table expression for all segments that can hold something of the window (all of them when null), to put after FROM:
	 * `(select * from spans_h1 union all select * from spans_h2)`; an empty relation with the right columns when there is none.
	 * Spans count by their start. The window only picks segments: filter by time in the query as well.
	 */
	from(table: SegmentTable, window: TimeWindow | null): string;
	/** The same for all of the store, cut to where rows of this trace can be: to look one up by its ID (filter by it as well). */
	fromTrace(table: TraceTable, traceLo: bigint): string;
	/**
	 * Runs statements in one write transaction, between two loads (one writer at a time; keep it short, compute before). `run` resolves to
	 * the number of rows changed. `append` is the fast way in for many rows: one array per column in table order, null for null.
	 */
	write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

export interface Transaction {
	run(sql: string, params?: SqlParams): Promise<number>;
	all<T>(sql: string, params?: SqlParams): Promise<T[]>;
	append(table: string, columns: readonly Column[], rows: number): Promise<void>;
}
