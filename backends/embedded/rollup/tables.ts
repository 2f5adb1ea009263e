/** The roll-up tables: made when they are first needed, by whoever needs them first. */
import { statement } from "../read/statement-file.ts";
import type { Database, Transaction } from "../store/database.ts";
import { TABLES } from "./rollup-rows.ts";

export const LEVELS = ["1m", "1h", "1d"] as const;
export type Level = (typeof LEVELS)[number];

const prepared = new WeakMap<Database, Promise<void>>();

/** Resolves when the tables are there. Costs nothing after the first time. */
export function rollupTables(db: Database): Promise<void> {
	let making = prepared.get(db);
	if (making === undefined) {
		making = db
			.write(async (tx) => {
				await tx.run(statement(import.meta.url, "schema"));
				for (const level of LEVELS) await tx.run(statement(import.meta.url, "level", { level }));
			})
			.catch((error: unknown) => {
				prepared.delete(db);
				throw error;
			});
		prepared.set(db, making);
	}
	return making;
}

/** Erases one environment from the roll-ups, in the transaction that erases its spans. */
export async function eraseRollups(tx: Transaction, environment: string): Promise<void> {
	const there = await tx.all<{ n: bigint }>(
		"select count(*) as n from duckdb_tables() where table_name = 'rollup_keys'",
	);
	if (there[0]?.n === 0n) return;
	// A fold that is under way has read the spans already: its minute must be folded again.
	await tx.run(
		"insert into dirty_minutes select distinct minute, (select max(arrival) + 1 from journal_position) from seen_1m where key in (select key from rollup_keys where env = $1)",
		[environment],
	);
	for (const level of LEVELS) {
		for (const table of TABLES) {
			const own =
				table === "rounds" || table === "coverage" ? "env = $1" : "key in (select key from rollup_keys where env = $1)";
			await tx.run(`delete from ${table}_${level} where ${own}`, [environment]);
		}
	}
}
