/** Erasing one environment: rows go, their minutes are rolled up again, segments left empty go as a whole. */
import { eraseRollups } from "../rollup/tables.ts";
import type { Transaction } from "./database.ts";
import { writeSegment } from "./load.ts";
import { SEGMENT_TABLES, type Segment, segmentTable } from "./segment.ts";

export interface Erased {
	spans: number;
	logs: number;
	points: number;
}

/** Within one transaction; returns what went and the segments that are left. */
export async function eraseEnvironment(
	tx: Transaction,
	segments: readonly Segment[],
	environment: string,
): Promise<{ erased: Erased; segments: Segment[] }> {
	const erased: Erased = { spans: 0, logs: 0, points: 0 };
	const left: Segment[] = [];
	// What is gone is gone from every answer at once, and a fold that has read it already is made again.
	await eraseRollups(tx, environment);
	for (const segment of segments) {
		const table = (name: (typeof SEGMENT_TABLES)[number]) => segmentTable(name, segment.segment);
		await tx.run(
			`insert into dirty_minutes select start_ns // 60000000000, max(arrival) from ${table("spans")} where env = $1 group by 1`,
			[environment],
		);
		const spans = await tx.run(`delete from ${table("spans")} where env = $1`, [environment]);
		const logs = await tx.run(`delete from ${table("logs")} where env = $1`, [environment]);
		const ofSeries = "series in (select id from series where env = $1)";
		const points = await tx.run(`delete from ${table("points")} where ${ofSeries}`, [environment]);
		await tx.run(`delete from ${table("exemplars")} where ${ofSeries}`, [environment]);
		erased.spans += spans;
		erased.logs += logs;
		erased.points += points;
		const after = {
			...segment,
			spans: segment.spans - spans,
			logs: segment.logs - logs,
			points: segment.points - points,
		};
		if (after.spans + after.logs + after.points === 0) await dropSegment(tx, segment);
		else {
			if (spans + logs + points > 0) {
				Object.assign(after, await boundsOf(tx, segment));
				await writeSegment(tx, after);
			}
			left.push(after);
		}
	}
	return { erased, segments: left };
}

async function boundsOf(tx: Transaction, { segment }: Segment): Promise<Pick<Segment, "fromNs" | "toNs">> {
	const [row] = await tx.all<{ from_ns: bigint | null; to_ns: bigint | null }>(
		`select min(a) as from_ns, max(b) as to_ns from (
			select min(start_ns) as a, max(start_ns) as b from ${segmentTable("spans", segment)}
			union all select min(time_ns), max(time_ns) from ${segmentTable("logs", segment)}
			union all select min(time_ns), max(time_ns) from ${segmentTable("points", segment)})`,
	);
	return { fromNs: row?.from_ns ?? null, toNs: row?.to_ns ?? null };
}

export async function dropSegment(tx: Transaction, { segment }: Segment): Promise<void> {
	for (const table of SEGMENT_TABLES) await tx.run(`drop table ${segmentTable(table, segment)}`);
	await tx.run("delete from segments where segment = $1", [segment]);
}
