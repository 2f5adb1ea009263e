/**
 * Keeps the roll-ups true: a minute that got spans is folded again from its stored spans and replaced whole, in one transaction that
 * clears its mark. Retries, late spans and crashes cannot count twice.
 */

import { statement } from "../read/statement-file.ts";
import type { Database } from "../store/database.ts";
import { mergeLevels, unmerge } from "./merge.ts";
import { foldMinute, MINUTE_NS, minuteWindow } from "./minute-fold.ts";
import { MinuteRows, type RedRow, type SeenRow } from "./rollup-rows.ts";
import { LOG_GAMMA } from "./sketch-buckets.ts";
import { rollupTables } from "./tables.ts";

/** After work of one second come so many without: ingest and questions go first. While minutes pile up it is less. */
const REST = 6;
const REST_BEHIND = 0.5;
const BEHIND = 3;
/** A run takes up no further finished minute after so long. */
const RUN_MS = 2_000;

export interface Rollup {
	/**
	 * Folds the minutes that are marked for a while: the finished ones, the newest first, then the current one. Resolves at once
	 * where it rests from the run before; `eager` does neither end early nor rest.
	 */
	run(options?: { eager?: boolean; nowMs?: number }): Promise<void>;
}

/** A minute that got spans, and the last arrival among them. */
interface Mark {
	minute: bigint;
	arrival: bigint;
}

export function createRollup(db: Database): Rollup {
	let ready: Promise<Set<bigint>> | null = null;
	let restUntil = 0;

	async function prepare(): Promise<Set<bigint>> {
		await rollupTables(db);
		const rows = await db.all<{ key: bigint }>("select key from rollup_keys");
		return new Set(rows.map((row) => row.key));
	}

	async function roll({ minute, arrival }: Mark, known: Set<bigint>): Promise<void> {
		const neighbours = await staleNeighbours(db, minute);
		const rows = await readMinute(db, minute);
		const fresh = await db.write(async (tx) => {
			const added = await rows.write(tx, known);
			// Marks of later arrivals stay: their spans may not have been in what was read.
			await tx.run("delete from dirty_minutes where minute = $1 and arrival <= $2", [minute, arrival]);
			await tx.run("delete from folded where minute = $1", [minute]);
			await tx.run("insert into folded values ($1, $2)", [minute, arrival]);
			for (const other of neighbours) await tx.run("insert into dirty_minutes values ($1, $2)", [other, arrival]);
			const hour = {
				fromUnixNano: (minute / 60n) * 60n * MINUTE_NS,
				toUnixNano: (minute / 60n + 1n) * 60n * MINUTE_NS,
			};
			await unmerge(tx, minute, db.from("spans", hour), arrival);
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
			const nowMs = options.nowMs ?? Date.now();
			const thisMinute = BigInt(Math.floor(nowMs / 60_000));
			let behind = false;
			do {
				const dirty = await db.all<Mark>(statement(import.meta.url, "dirty"));
				// The minute that is still being written gets its mark again at once: it must not keep the finished ones waiting.
				const finished = dirty.filter((mark) => mark.minute !== thisMinute);
				const current = dirty.filter((mark) => mark.minute === thisMinute);
				let done = 0;
				for (const mark of finished) {
					await roll(mark, known);
					done++;
					if (!options.eager && performance.now() - began > RUN_MS) break;
				}
				behind = finished.length - done >= BEHIND;
				if (options.eager || !behind) for (const mark of current) await roll(mark, known);
				// Folding a minute can mark its neighbours.
			} while (options.eager && (await db.all("select 1 from dirty_minutes limit 1")).length > 0);
			await mergeLevels(db, thisMinute);
			restUntil = performance.now() + (behind ? REST_BEHIND : REST) * (performance.now() - began);
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

/** Folded minutes that have spans of the traces of what newly arrived in this one. */
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
