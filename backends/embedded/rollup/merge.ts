/**
 * Hours from minutes, days from hours, for windows too long to merge minute by minute: 500 edges over a week are 1.8 s of minutes and
 * 40 ms of hours. What is over for two days keeps its hours only; a span that comes later still brings the hour's minutes back.
 */

import { statement } from "../read/statement-file.ts";
import type { Database, Transaction } from "../store/database.ts";
import { MINUTE_NS } from "./minute-fold.ts";
import { TABLES } from "./rollup-rows.ts";

const HOUR = 60n;
const DAY = 1440n;
/** Minutes are kept as long as this after they are over. */
export const KEPT_MINUTES = 2n * DAY;
/** Merges in one go. */
const LIMIT = 24n;

/** Merges what has come to an end at `now` (minutes since the epoch), and drops the minutes of old hours. */
export async function mergeLevels(db: Database, now: bigint): Promise<void> {
	for (const { minute } of await db.all<{ minute: bigint }>(statement(import.meta.url, "unmerged-hours"), {
		now,
		limit: LIMIT,
	})) {
		await db.write((tx) => merge(tx, "1m", "1h", minute, HOUR));
	}
	for (const { minute } of await db.all<{ minute: bigint }>(statement(import.meta.url, "unmerged-days"), {
		now,
		limit: LIMIT,
	})) {
		await db.write((tx) => merge(tx, "1h", "1d", minute, DAY));
	}
	const old = await db.all<{ minute: bigint }>(
		"select minute from merged where level = 60 and not pruned and minute + 60 <= $before order by minute",
		{ before: now - KEPT_MINUTES },
	);
	for (const { minute } of old) if (!isImported(db, minute)) await db.write((tx) => prune(tx, minute));
}

async function merge(
	tx: Transaction,
	from: "1m" | "1h",
	to: "1h" | "1d",
	minute: bigint,
	length: bigint,
): Promise<void> {
	// Marks may have come since the question: then the next run finds the slot again.
	const marked = await tx.all("select 1 from dirty_minutes where minute >= $1 and minute < $2 limit 1", [
		minute,
		minute + length,
	]);
	if (marked.length > 0) return;
	for (const table of TABLES) {
		await tx.run(`delete from ${table}_${to} where minute = $1`, [minute]);
		await tx.run(statement(import.meta.url, `merge-${table}`, { from, to }), { minute, end: minute + length });
	}
	await tx.run("delete from merged where level = $1 and minute = $2", [length, minute]);
	await tx.run("insert into merged values ($1, $2, false)", [length, minute]);
}

/** Does what is kept for good have spans in this hour? An import is looked at minute by minute however old it is. */
function isImported(db: Database, hour: bigint): boolean {
	const [from, to] = [hour * MINUTE_NS, (hour + HOUR) * MINUTE_NS];
	return db.segments().some((s) => s.keep && s.fromNs !== null && s.toNs !== null && s.fromNs < to && s.toNs >= from);
}

/** `folded` goes too: a minute that is marked again is then known to have lost its rows. */
async function prune(tx: Transaction, hour: bigint): Promise<void> {
	for (const table of TABLES)
		await tx.run(`delete from ${table}_1m where minute >= $1 and minute < $2`, [hour, hour + HOUR]);
	await tx.run("delete from folded where minute >= $1 and minute < $2", [hour, hour + HOUR]);
	await tx.run("update merged set pruned = true where level = 60 and minute = $1", [hour]);
}

/**
 * Before a minute is folded again: the hour and the day over it are no longer true. Where the hour's minutes were dropped, all that have spans
 * are marked: until they are folded the answers say that they are not whole.
 */
export async function unmerge(tx: Transaction, minute: bigint, spans: string, arrival: bigint): Promise<void> {
	const hour = (minute / HOUR) * HOUR;
	const pruned = await tx.all("select 1 from merged where level = 60 and pruned and minute = $1", [hour]);
	if (pruned.length > 0) {
		await tx.run(
			`insert into dirty_minutes
			select distinct start_ns // 60000000000, $arrival from ${spans}
			where start_ns >= $hour * 60000000000 and start_ns < ($hour + 60) * 60000000000 and start_ns // 60000000000 <> $minute`,
			{ hour, minute, arrival },
		);
	}
	await tx.run("delete from merged where minute <= $1 and minute + level > $1", [minute]);
}
