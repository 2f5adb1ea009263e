/** DuckDB's answers as plain JavaScript: typed arrays where a column has a fixed width and no null, arrays otherwise. */
import {
	type DuckDBDataChunk,
	DuckDBDecimalValue,
	DuckDBListValue,
	type DuckDBResult,
	DuckDBTypeId,
	type DuckDBValue,
} from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import type { Column } from "./database.ts";

type Plain = string | number | bigint | boolean | null | unknown[];
type TypedColumn = Exclude<Column, unknown[]>;
type TypedConstructor = {
	new (length: number): TypedColumn;
	new (buffer: ArrayBufferLike, offset: number, length: number): TypedColumn;
	BYTES_PER_ELEMENT: number;
};

const TYPED: Partial<Record<DuckDBTypeId, TypedConstructor>> = {
	[DuckDBTypeId.BIGINT]: BigInt64Array as unknown as TypedConstructor,
	[DuckDBTypeId.UBIGINT]: BigUint64Array as unknown as TypedConstructor,
	[DuckDBTypeId.DOUBLE]: Float64Array as unknown as TypedConstructor,
	[DuckDBTypeId.INTEGER]: Int32Array as unknown as TypedConstructor,
	[DuckDBTypeId.UINTEGER]: Uint32Array as unknown as TypedConstructor,
	[DuckDBTypeId.USMALLINT]: Uint16Array as unknown as TypedConstructor,
	[DuckDBTypeId.UTINYINT]: Uint8Array as unknown as TypedConstructor,
};

/** Sums and averages come as HUGEINT and DECIMAL: numbers to us (bigint when they do not fit). */
function plain(value: DuckDBValue): Plain {
	if (value === null || typeof value !== "object") return value;
	if (value instanceof DuckDBListValue) return value.items.map(plain);
	if (value instanceof DuckDBDecimalValue) return value.toDouble();
	return String(value);
}

/** The whole answer by column. Throws when it has more than `maxRows`. */
export async function readColumns(
	result: DuckDBResult,
	maxRows: number,
): Promise<{ rows: number; columns: Record<string, Column> }> {
	const chunks: DuckDBDataChunk[] = [];
	let rows = 0;
	for (;;) {
		const chunk = await result.fetchChunk();
		if (chunk === null || chunk.rowCount === 0) break;
		rows += chunk.rowCount;
		if (rows > maxRows) throw new Error(`an answer of more than ${maxRows} rows: narrow the query or aggregate in SQL`);
		chunks.push(chunk);
	}
	const columns: Record<string, Column> = {};
	result.deduplicatedColumnNames().forEach((name, index) => {
		columns[name] = readColumn(chunks, index, result.columnTypeId(index), rows);
	});
	return { rows, columns };
}

function readColumn(chunks: DuckDBDataChunk[], index: number, type: DuckDBTypeId, rows: number): Column {
	const typed = TYPED[type];
	if (typed !== undefined) {
		const column = readTyped(chunks, index, typed, rows);
		if (column !== null) return column;
	}
	const values: Plain[] = [];
	for (const chunk of chunks) for (const value of chunk.getColumnValues(index)) values.push(plain(value));
	return values;
}

/** null when a value is null. */
function readTyped(
	chunks: DuckDBDataChunk[],
	index: number,
	typed: TypedConstructor,
	rows: number,
): TypedColumn | null {
	const column = new typed(rows);
	const target = new Uint8Array(column.buffer);
	let at = 0;
	for (const chunk of chunks) {
		const count = chunk.rowCount;
		const vector = duckdb.data_chunk_get_vector(chunk.chunk, index);
		const validity = duckdb.vector_get_validity(vector, Math.ceil(count / 64) * 8) as Uint8Array | null;
		if (validity !== null) {
			for (let i = 0; i < count; i++) if ((validity[i >> 3]! & (1 << (i & 7))) === 0) return null;
		}
		const bytes = count * typed.BYTES_PER_ELEMENT;
		target.set(duckdb.vector_get_data(vector, bytes), at);
		at += bytes;
	}
	return column;
}

/** Rows as objects, from columns. */
export function toRows<T>(answer: { rows: number; columns: Record<string, Column> }): T[] {
	const entries = Object.entries(answer.columns);
	const rows: T[] = [];
	for (let i = 0; i < answer.rows; i++) {
		const row: Record<string, unknown> = {};
		for (const [name, values] of entries) row[name] = values[i];
		rows.push(row as T);
	}
	return rows;
}
