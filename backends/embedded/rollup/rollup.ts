/**
 * Keeps the roll-ups true: a minute that got spans is folded again from its stored spans and replaced whole, in one transaction that
 * clears its mark. Retries, late spans and crashes cannot count twice.
 */

import { statement } from "../read/statement-file.ts";
import type { Database } from "../store/database.ts";
import { mergeLevels } from "./merge.ts";
import { foldMinute, MINUTE_NS, minuteWindow } from "./minute-fold.ts";
import { MinuteRows, type RedRow, type SeenRow } from "./rollup-rows.ts";
import { LOG_GAMMA } from "./sketch-buckets.ts";
import { rollupTables } from "./tables.ts";

/** After work of one second come so many without: ingest and questions go first. */
const REST = 3;
/** At most so many minutes in one run: a large import is rolled up over several. */
const MAX_MINUTES = 120;

export interface Rollup {
	/**
	 * Folds the minutes that are marked, the newest first, and resolves when there are none (or enough for one go). Resolves at once while
	 * it rests from the run before, unless `eager`.
	 */
	run(options?: { eager?: boolean }): Promise<void>;
}

export function createRollup(db: Database): Rollup {
	let ready: Promise<Set<bigint>> | null = null;
	let restUntil = 0;

	async function prepare(): Promise<Set<bigint>> {
		await rollupTables(db);
		const rows = await db.all<{ key: bigint }>("select key from rollup_keys");
		return new Set(rows.map((row) => row.key));
	}

	async function roll(minute: bigint, arrival: bigint, known: Set<bigint>): Promise<void> {
		const neighbours = await staleNeighbours(db, minute);
		const rows = await readMinute(db, minute);
		const fresh = await db.write(async (tx) => {
			const added = await rows.write(tx, known);
			// Marks of later arrivals stay: their spans may not have been in what was read.
			await tx.run("delete from dirty_minutes where minute = $1 and arrival <= $2", [minute, arrival]);
			await tx.run("delete from folded where minute = $1", [minute]);
			await tx.run("insert into folded values ($1, $2)", [minute, arrival]);
			for (const other of neighbours) await tx.run("insert into dirty_minutes values ($1, $2)", [other, arrival]);
			await tx.run("delete from merged where minute <= $1 and minute + level > $1", [minute]);
			return added;
		});
		for (const key of fresh) known.add(key);
	}

	return {
		async run(options = {}): Promise<void> {
			if (!options.eager && performance.now() < restUntil) return;
			const began = performance.now();
			ready ??= prepare();
			const known = await ready.catch((error: unknown) => {
				ready = null;
				throw error;
			});
			// Folding a minute can mark its neighbours; those are done in the same run.
			for (let done = 0; done < MAX_MINUTES; ) {
				const dirty = await db.all<{ minute: bigint; arrival: bigint }>(statement(import.meta.url, "dirty"));
				if (dirty.length === 0) break;
				for (const { minute, arrival } of dirty.slice(0, MAX_MINUTES - done)) await roll(minute, arrival, known);
				done += dirty.length;
				// What arrives all the time is never done: the next run goes on.
				if (!options.eager) break;
			}
			await mergeLevels(db);
			restUntil = performance.now() + REST * (performance.now() - began);
		},
	};
}

/** Everything about one minute but its writing. */
async function readMinute(db: Database, minute: bigint): Promise<MinuteRows> {
	const { from, to, near_from, near_to } = minuteWindow(minute);
	const spans = db.from("spans", { fromUnixNano: from, toUnixNano: to });
	const near = db.from("spans", { fromUnixNano: near_from, toUnixNano: near_to });
	const rows = new MinuteRows(minute);
	const seen = await db.all<SeenRow>(statement(import.meta.url, "minute-seen", { spans }), { from, to });
	rows.addSeen(seen);
	const red = statement(import.meta.url, "red-spans", { spans, near, log_gamma: String(LOG_GAMMA), condition: "true" });
	rows.addRed(await db.all<RedRow>(red, { from, to, near_from, near_to, origin: from, step: MINUTE_NS }));
	const count = seen.reduce((sum, row) => sum + row.spans, 0);
	for (const [env, fold] of await foldMinute(db, minute, count)) rows.addTopology(env, fold);
	return rows;
}

/** Folded minutes whose spans have parents or children among what newly arrived in this one. */
async function staleNeighbours(db: Database, minute: bigint): Promise<bigint[]> {
	const { from, to, near_from, near_to } = minuteWindow(minute);
	const last = await db.all<{ arrival: bigint }>("select arrival from folded where minute = $1", [minute]);
	const sql = statement(import.meta.url, "neighbours", {
		spans: db.from("spans", { fromUnixNano: from, toUnixNano: to }),
		near: db.from("spans", { fromUnixNano: near_from, toUnixNano: near_to }),
	});
	const params = { from, to, near_from, near_to, after: last[0]?.arrival ?? 0n };
	const found = await db.all<{ minute: bigint }>(sql, params);
	if (found.length === 0) return [];
	const folded = await db.all<{ minute: bigint }>("select minute from folded where minute between $1 and $2", [
		near_from / MINUTE_NS,
		near_to / MINUTE_NS,
	]);
	const stale = new Set(folded.map((row) => row.minute));
	return found.map((row) => row.minute).filter((other) => stale.has(other));
}
