/** The texts behind the keys of the roll-ups, without those of environments that are left out. */
import type { Call } from "../../../core/ports.ts";
import type { Key } from "../rollup/rollup-rows.ts";
import type { Database, SqlValue } from "../store/database.ts";
import { environmentFilter } from "./answer.ts";

export async function readKeys(db: Database, call: Call, signal: AbortSignal): Promise<Map<bigint, Key>> {
	const params: Record<string, SqlValue> = {};
	const sql = `select key, env, first, second, kind from rollup_keys where ${environmentFilter(call, params)}`;
	const rows = await db.all<Key & { key: bigint }>(sql, params, signal);
	return new Map(rows.map((row) => [row.key, row]));
}
