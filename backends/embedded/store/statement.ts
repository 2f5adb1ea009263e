/** Runs SQL with parameters bound as the types the statement expects. */
import {
	type DuckDBConnection,
	type DuckDBMaterializedResult,
	type DuckDBPreparedStatement,
	DuckDBTypeId,
} from "@duckdb/node-api";
import { readColumns, toRows } from "./answer.ts";
import type { Column, SqlParams, SqlValue } from "./database.ts";

/** Answers of more rows are refused. */
const MAX_ROWS = 1_000_000;
const MAX_BIGINT = 2n ** 63n;

export async function execute(
	connection: DuckDBConnection,
	sql: string,
	params?: SqlParams,
): Promise<DuckDBMaterializedResult> {
	if (params === undefined) return connection.run(sql);
	const statement = await connection.prepare(sql);
	try {
		if (isList(params)) {
			for (let i = 0; i < params.length; i++) bind(statement, i + 1, params[i]!);
		} else {
			for (let i = 1; i <= statement.parameterCount; i++) {
				const name = statement.parameterName(i);
				const value = params[name];
				if (value === undefined) throw new Error(`no value for the parameter $${name}`);
				bind(statement, i, value);
			}
		}
		return await statement.run();
	} finally {
		statement.destroySync();
	}
}

export async function query(
	connection: DuckDBConnection,
	sql: string,
	params?: SqlParams,
): Promise<{ rows: number; columns: Record<string, Column> }> {
	return readColumns(await execute(connection, sql, params), MAX_ROWS);
}

export async function rowsOf<T>(connection: DuckDBConnection, sql: string, params?: SqlParams): Promise<T[]> {
	return toRows<T>(await query(connection, sql, params));
}

function isList(params: SqlParams): params is readonly SqlValue[] {
	return Array.isArray(params);
}

function bind(statement: DuckDBPreparedStatement, index: number, value: SqlValue): void {
	if (value === null) statement.bindNull(index);
	else if (typeof value === "string") statement.bindVarchar(index, value);
	else if (typeof value === "boolean") statement.bindBoolean(index, value);
	else if (typeof value === "bigint") {
		// As the type the column has: a comparison of UBIGINT with anything signed would read the whole column as HUGEINT.
		if (value >= MAX_BIGINT || statement.parameterTypeId(index) === DuckDBTypeId.UBIGINT) {
			statement.bindUBigInt(index, value);
		} else statement.bindBigInt(index, value);
	} else if (Number.isSafeInteger(value)) statement.bindBigInt(index, BigInt(value));
	else statement.bindDouble(index, value);
}
