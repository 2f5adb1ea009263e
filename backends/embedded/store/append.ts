/**
 * Fills DuckDB's own column vectors from typed arrays, 2,048 rows at a time: measured twice as fast as the row appender, because
 * numbers are copied by the column and only texts cost a call each.
 */
import { type DuckDBAppender, DuckDBDataChunk, type DuckDBType } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import type { ColumnData } from "./batch.ts";

const CHUNK_ROWS = 2048;

/** Appends rows of one table; call `end` before the appender is flushed. */
export class TableAppender {
	private readonly appender: DuckDBAppender;
	private readonly types: DuckDBType[];
	private chunk: DuckDBDataChunk;
	private vectors: duckdb.Vector[];
	private validity: (Uint8Array | null)[];
	private listSizes: number[];
	private filled = 0;

	constructor(appender: DuckDBAppender) {
		this.appender = appender;
		this.types = Array.from({ length: appender.columnCount }, (_, i) => appender.columnType(i));
		this.chunk = DuckDBDataChunk.create(this.types, CHUNK_ROWS);
		this.vectors = [];
		this.validity = [];
		this.listSizes = [];
		this.start();
	}

	/** Columns in table order, each of `rows` values. */
	append(columns: readonly ColumnData[], rows: number): void {
		if (columns.length !== this.types.length) {
			throw new Error(`${columns.length} columns for a table of ${this.types.length}`);
		}
		// Columns share their symbols: each is encoded once.
		const encoded = new Map<string[], Buffer[]>();
		const symbols = columns.map((column) => {
			if (column.kind !== "symbol") return [];
			let buffers = encoded.get(column.symbols);
			if (buffers === undefined) {
				buffers = column.symbols.map((symbol) => Buffer.from(symbol, "utf8"));
				encoded.set(column.symbols, buffers);
			}
			return buffers;
		});
		for (let from = 0; from < rows; ) {
			const count = Math.min(rows - from, CHUNK_ROWS - this.filled);
			for (let c = 0; c < columns.length; c++) this.fill(c, columns[c]!, symbols[c]!, from, count);
			this.filled += count;
			from += count;
			if (this.filled === CHUNK_ROWS) this.end();
		}
	}

	/** Hands over what is filled so far. */
	end(): void {
		if (this.filled === 0) return;
		for (let c = 0; c < this.vectors.length; c++) {
			const validity = this.validity[c];
			if (!validity) continue;
			const vector = this.vectors[c]!;
			duckdb.vector_ensure_validity_writable(vector);
			duckdb.copy_data_to_vector_validity(
				vector,
				0,
				validity.buffer as ArrayBuffer,
				validity.byteOffset,
				validity.length,
			);
		}
		this.chunk.rowCount = this.filled;
		this.appender.appendDataChunk(this.chunk);
		this.start();
	}

	private start(): void {
		this.chunk = DuckDBDataChunk.create(this.types, CHUNK_ROWS);
		this.vectors = this.types.map((_, i) => duckdb.data_chunk_get_vector(this.chunk.chunk, i));
		this.validity = this.types.map(() => null);
		this.listSizes = this.types.map(() => 0);
		this.filled = 0;
	}

	private setNull(column: number, row: number): void {
		let bits = this.validity[column];
		if (!bits) {
			bits = new Uint8Array(CHUNK_ROWS / 8).fill(255);
			this.validity[column] = bits;
		}
		bits[row >> 3]! &= ~(1 << (row & 7));
	}

	private fill(c: number, column: ColumnData, symbols: Buffer[], from: number, count: number): void {
		const vector = this.vectors[c]!;
		const to = this.filled;
		if (column.kind === "symbol") {
			for (let i = 0; i < count; i++) {
				const symbol = column.index[from + i]!;
				if (symbol === 0) this.setNull(c, to + i);
				else duckdb.vector_assign_string_element_len(vector, to + i, symbols[symbol - 1]!);
			}
			return;
		}
		if (column.valid !== null) {
			for (let i = 0; i < count; i++) if (column.valid[from + i] === 0) this.setNull(c, to + i);
		}
		if (column.kind === "fixed") {
			const { data } = column;
			const width = data.BYTES_PER_ELEMENT;
			const offset = data.byteOffset + from * width;
			duckdb.copy_data_to_vector(vector, to * width, data.buffer as ArrayBuffer, offset, count * width);
		} else if (column.kind === "text") {
			let start = from === 0 ? 0 : column.ends[from - 1]!;
			for (let i = 0; i < count; i++) {
				const end = column.ends[from + i]!;
				if (column.valid === null || column.valid[from + i] !== 0) {
					duckdb.vector_assign_string_element_len(vector, to + i, column.bytes.subarray(start, end));
				}
				start = end;
			}
		} else this.fillLists(c, column.values, column.ends, from, count);
	}

	private fillLists(c: number, values: Float64Array, ends: Uint32Array, from: number, count: number): void {
		const vector = this.vectors[c]!;
		const first = from === 0 ? 0 : ends[from - 1]!;
		const more = ends[from + count - 1]! - first;
		const size = this.listSizes[c]!;
		duckdb.list_vector_reserve(vector, size + more);
		duckdb.list_vector_set_size(vector, size + more);
		this.listSizes[c] = size + more;
		if (more > 0) {
			const child = duckdb.list_vector_get_child(vector);
			duckdb.copy_data_to_vector(
				child,
				size * 8,
				values.buffer as ArrayBuffer,
				values.byteOffset + first * 8,
				more * 8,
			);
		}
		const entries = new BigUint64Array(count * 2);
		let start = first;
		for (let i = 0; i < count; i++) {
			const end = ends[from + i]!;
			entries[i * 2] = BigInt(size + start - first);
			entries[i * 2 + 1] = BigInt(end - start);
			start = end;
		}
		duckdb.copy_data_to_vector(vector, this.filled * 16, entries.buffer, 0, entries.byteLength);
	}
}
