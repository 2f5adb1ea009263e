/**
 * Where a trace can lie. Rows of one trace stand close together in the order of arrival, so every stretch of arrivals has a filter over
 * the traces in it: a look-up by ID then reads one or two stretches instead of the whole store. An index of DuckDB's own would be 215 MB
 * for 10 M spans and slow the loading down; these are under a megabyte. They are not stored: a start learns them again, newest first, and
 * what is not learned yet is read.
 */
import { BloomFilter } from "./bloom-filter.ts";
import type { SegmentTable } from "./segment.ts";

/** Tables whose rows name a trace, and the column that numbers them in the order of arrival. */
export type TraceTable = Exclude<SegmentTable, "points">;
export const ARRIVAL_COLUMN: Record<TraceTable, string> = {
	spans: "arrival",
	logs: "sequence",
	exemplars: "arrival",
};

/** Rows a stretch: about one row group of DuckDB's, which is what can be skipped. */
const STRETCH_ROWS = 122_880;
/** More distinct traces end a stretch as well, so that what is being filled stays small. */
const STRETCH_TRACES = 60_000;
/** Over all tables together; beyond it the oldest stretches are forgotten, and read. */
const MAX_BYTES = 32 * 1024 * 1024;
/** More ranges than this are read as one: each costs a scan to begin. */
const MAX_RANGES = 12;

/** Arrivals, both inclusive. */
export interface Range {
	from: bigint;
	to: bigint;
}

interface Stretch extends Range {
	filter: BloomFilter;
}

interface Filling {
	from: bigint;
	rows: number;
	/** Two words of each trace as one key; a key that stands for two traces only costs a read. */
	traces: Map<number, [low: number, high: number]>;
}

export class TraceFilters {
	/** In the order of arrival. */
	private stretches: Stretch[] = [];
	private filling: Filling;
	/** The last arrival that is known of. */
	private last: bigint;
	/** Up to here nothing is known. */
	private unknownTo: bigint;
	private bytes = 0;

	/** `arrival`: of the last row there already is. */
	constructor(arrival: bigint) {
		this.last = arrival;
		this.unknownTo = arrival;
		this.filling = { from: arrival + 1n, rows: 0, traces: new Map() };
	}

	/** Rows that have just been loaded: the low halves of their traces' ids (`valid` 0 where there is none). `to` is the last arrival of the load. */
	loaded(traceLo: BigUint64Array, valid: Uint8Array | null, rows: number): void {
		collect(this.filling.traces, traceLo, valid, rows);
		this.filling.rows += rows;
	}

	/** Ends a load. */
	ended(to: bigint): void {
		this.last = to;
		if (this.filling.rows < STRETCH_ROWS && this.filling.traces.size < STRETCH_TRACES) return;
		this.stretches.push(this.sealed(this.filling.from, to, this.filling.traces));
		this.filling = { from: to + 1n, rows: 0, traces: new Map() };
		this.bound();
	}

	/** Where to read on: the newest stretch that is unknown; null when nothing is, or nothing more can be kept. */
	nextUnknown(): Range | null {
		if (this.unknownTo === 0n || this.bytes > MAX_BYTES / 2) return null;
		const from = this.unknownTo - BigInt(STRETCH_ROWS) + 1n;
		return { from: from > 1n ? from : 1n, to: this.unknownTo };
	}

	/** The traces of that stretch, from `from` up to the last unknown arrival. */
	learned(from: bigint, traceLo: BigUint64Array): void {
		const traces: Filling["traces"] = new Map();
		collect(traces, traceLo, null, traceLo.length);
		if (traces.size > 0) this.stretches.unshift(this.sealed(from, this.unknownTo, traces));
		this.unknownTo = from - 1n;
		this.bound();
	}

	/** Where rows of the trace can be, in the order of arrival. */
	ranges(traceLo: bigint): Range[] {
		const low = Number(traceLo & 0xffffffffn) | 0;
		const high = Number(traceLo >> 32n) | 0;
		const found: Range[] = [];
		const add = (from: bigint, to: bigint) => {
			const before = found.at(-1);
			if (before !== undefined && before.to + 1n >= from) before.to = to;
			else if (found.length === MAX_RANGES) found[MAX_RANGES - 1]!.to = to;
			else found.push({ from, to });
		};
		if (this.unknownTo > 0n) add(0n, this.unknownTo);
		for (const { from, to, filter } of this.stretches) if (filter.has(low, high)) add(from, to);
		if (this.last >= this.filling.from && this.filling.traces.has(keyOf(low, high))) add(this.filling.from, this.last);
		return found;
	}

	private sealed(from: bigint, to: bigint, traces: Filling["traces"]): Stretch {
		const filter = new BloomFilter(traces.size);
		for (const [low, high] of traces.values()) filter.add(low, high);
		this.bytes += filter.bytes;
		return { from, to, filter };
	}

	private bound(): void {
		while (this.bytes > MAX_BYTES) {
			const oldest = this.stretches.shift();
			if (oldest === undefined) return;
			this.bytes -= oldest.filter.bytes;
			this.unknownTo = oldest.to;
		}
	}
}

function keyOf(low: number, high: number): number {
	return (high & 0x1fffff) * 0x1_0000_0000 + (low >>> 0);
}

/** Reads the ids as pairs of words: a bigint for each row would cost more than the filter. */
function collect(into: Filling["traces"], traceLo: BigUint64Array, valid: Uint8Array | null, rows: number): void {
	const words = new Int32Array(traceLo.buffer, traceLo.byteOffset, rows * 2);
	let lastLow = 0;
	let lastHigh = 0;
	let some = false;
	for (let row = 0; row < rows; row++) {
		if (valid !== null && valid[row] === 0) continue;
		const low = words[2 * row]!;
		const high = words[2 * row + 1]!;
		if (some && low === lastLow && high === lastHigh) continue;
		some = true;
		lastLow = low;
		lastHigh = high;
		into.set(keyOf(low, high), [low, high]);
	}
}
