/** One write transaction on the writer's connection. */
import { type DuckDBConnection, DuckDBTypeId } from "@duckdb/node-api";
import { toRows } from "./answer.ts";
import { TableAppender } from "./append.ts";
import type { ColumnData } from "./batch.ts";
import { SymbolColumn, Symbols } from "./columns.ts";
import type { Column, SqlValue, Transaction } from "./database.ts";
import { execute, query } from "./statement.ts";

/** Runs `work` between begin and commit; rolls back when it throws. */
export async function transact<T>(connection: DuckDBConnection, work: (tx: Transaction) => Promise<T>): Promise<T> {
	await connection.run("begin");
	try {
		const result = await work(transactionOf(connection));
		await connection.run("commit");
		return result;
	} catch (error) {
		await connection.run("rollback").catch(() => {});
		throw error;
	}
}

function transactionOf(connection: DuckDBConnection): Transaction {
	return {
		run: async (sql, params) => (await execute(connection, sql, params)).rowsChanged,
		all: async (sql, params) => toRows(await query(connection, sql, params)),
		append: async (table, columns, rows) => {
			const appender = await connection.createAppender(table);
			const target = new TableAppender(appender);
			target.append(
				columns.map((column, i) => toColumnData(column, appender.columnType(i).typeId)),
				rows,
			);
			target.end();
			appender.closeSync();
		},
	};
}

const FIXED: Partial<Record<DuckDBTypeId, new (length: number) => { [index: number]: unknown } & ArrayBufferView>> = {
	[DuckDBTypeId.BIGINT]: BigInt64Array,
	[DuckDBTypeId.UBIGINT]: BigUint64Array,
	[DuckDBTypeId.DOUBLE]: Float64Array,
	[DuckDBTypeId.INTEGER]: Int32Array,
	[DuckDBTypeId.UINTEGER]: Uint32Array,
	[DuckDBTypeId.USMALLINT]: Uint16Array,
	[DuckDBTypeId.UTINYINT]: Uint8Array,
	[DuckDBTypeId.BOOLEAN]: Uint8Array,
};

/** Any column a caller has, as the appender takes it. */
function toColumnData(column: Column, type: DuckDBTypeId): ColumnData {
	if (type === DuckDBTypeId.VARCHAR) {
		const texts = new SymbolColumn(new Symbols(), column.length);
		for (const value of column) texts.push(value === null ? null : String(value));
		return texts.finish();
	}
	const fixed = FIXED[type];
	if (fixed === undefined) throw new Error(`cannot append to a column of type ${DuckDBTypeId[type]}`);
	if (column instanceof fixed) return { kind: "fixed", data: column as never, valid: null };
	const big = type === DuckDBTypeId.BIGINT || type === DuckDBTypeId.UBIGINT;
	const data = new fixed(column.length);
	const valid = new Uint8Array(column.length).fill(1);
	for (let i = 0; i < column.length; i++) {
		const value = column[i] as SqlValue;
		if (value === null) valid[i] = 0;
		else data[i] = big ? BigInt(value) : Number(value);
	}
	return { kind: "fixed", data: data as never, valid };
}
