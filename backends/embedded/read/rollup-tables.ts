/** Which slots of which roll-up tables make up a window: days where they lie inside it, hours beside them, minutes at its ends. */
import type { TimeWindow } from "../../../core/model.ts";
import { MINUTE_NS } from "../rollup/minute-fold.ts";
import type { RollupTable } from "../rollup/rollup-rows.ts";
import { type Level, rollupTables } from "../rollup/tables.ts";
import type { Database } from "../store/database.ts";

export interface RolledWindow {
	/** Whole minutes: what is really looked at. */
	window: TimeWindow;
	/** A table expression over the slots of the window. */
	from(table: RollupTable): string;
	/** Sentences: which of it is not true yet. */
	stale: string[];
}

/** Numbers only, from bigints of ours: nothing of the outside gets into the text. */
interface Stretch {
	level: Level;
	from: bigint;
	to: bigint;
}

interface Merged {
	level: number;
	minute: bigint;
	pruned: boolean;
}

const HOUR = 60n;
const DAY = 1440n;

export async function rolledWindow(db: Database, window: TimeWindow, signal: AbortSignal): Promise<RolledWindow> {
	await rollupTables(db);
	let from = floor(window.fromUnixNano, MINUTE_NS);
	let to = -floor(-window.toUnixNano, MINUTE_NS);
	const [merged, dirty] = await Promise.all([
		db.all<Merged>(
			"select level, minute, pruned from merged where minute < $2 and minute + level > $1",
			[from, to],
			signal,
		),
		db.all<{ minutes: bigint }>(
			// The newest minutes are folded again every few seconds: once folded they are as fresh as live figures can be.
			`select count(distinct minute) as minutes from dirty_minutes where minute >= $1 and minute < $2
				and not (minute >= (select max(minute) - 1 from dirty_minutes) and minute in (select minute from folded))`,
			[from, to],
			signal,
		),
	]);
	// Where only the hour is left, the hour is what can be answered.
	for (const { minute } of merged.filter((slot) => slot.pruned)) {
		if (minute < from) from = minute;
		if (minute + HOUR > to) to = minute + HOUR;
	}
	const whole = stretches(from, to, merged);
	const minutes = Number(dirty[0]?.minutes ?? 0n);
	return {
		window: { fromUnixNano: from * MINUTE_NS, toUnixNano: to * MINUTE_NS },
		from: (table) =>
			`(${whole.map(({ level, from: a, to: b }) => `select * from ${table}_${level} where minute >= ${a} and minute < ${b}`).join(" union all ")})`,
		stale:
			minutes === 0
				? []
				: [
						`${minutes === 1 ? "one minute" : `${minutes} minutes`} of the window got spans that are not added up yet: the newest numbers are still rising`,
					],
	};
}

function stretches(from: bigint, to: bigint, merged: readonly Merged[]): Stretch[] {
	const days = new Set(merged.filter((m) => m.level === 1440).map((m) => m.minute));
	const hours = new Set(merged.filter((m) => m.level === 60).map((m) => m.minute));
	const found: Stretch[] = [];
	const add = (level: Stretch["level"], a: bigint, b: bigint) => {
		const last = found.at(-1);
		if (last?.level === level && last.to === a) last.to = b;
		else found.push({ level, from: a, to: b });
	};
	if (hours.size === 0 && days.size === 0) return [{ level: "1m", from, to }];
	for (let at = from; at < to; ) {
		if (at % DAY === 0n && at + DAY <= to && days.has(at)) {
			add("1d", at, at + DAY);
			at += DAY;
		} else if (at % HOUR === 0n && at + HOUR <= to && hours.has(at)) {
			add("1h", at, at + HOUR);
			at += HOUR;
		} else {
			// To the next place where an hour or a day could begin, or the end.
			const next = (at / HOUR + 1n) * HOUR;
			const stop = next < to ? next : to;
			add("1m", at, stop);
			at = stop;
		}
	}
	return found.length === 0 ? [{ level: "1m", from, to }] : found;
}

function floor(value: bigint, unit: bigint): bigint {
	const quotient = value / unit;
	return value % unit < 0n ? quotient - 1n : quotient;
}
