/**
 * DuckDB keeps rows in groups. A transaction that brings at least one whole group to a table has its rows compressed and written to the
 * file at once; fewer go through the write-ahead log, stay in memory, and are written again by the next checkpoint: measured nearly
 * twice the CPU. But what a transaction brings past its whole groups becomes a group of its own, and checkpoints merge groups
 * when four fit into three, which rewrites them. So a load stops where no table is left with a small rest.
 */
import type { Batch } from "./batch.ts";
import { SEGMENT_TABLES } from "./segment.ts";

/** A multiple of DuckDB's 2,048. What arrives in half a second at 50,000 a second is more than one. */
export const ROW_GROUP_ROWS = 16_384;
/** A load's most; a commit costs the same for one row as for thousands. */
export const MAX_LOAD_ROWS = 4 * ROW_GROUP_ROWS;
/** Two rests of this and two whole groups do not fit into three. */
const REST = 0.6 * ROW_GROUP_ROWS;

/**
 * How many of the batches, from the first on, to load together: as many as leave no table with whole groups and a small rest, else as
 * many as bring no table a whole group. At least one.
 */
export function batchesToLoad(batches: readonly Batch[]): number {
	const rows = new Map<string, number>();
	let total = 0;
	let best = 1;
	for (const [index, batch] of batches.entries()) {
		for (const table of SEGMENT_TABLES) {
			const more = batch.tables[table]?.rows ?? 0;
			if (more > 0) rows.set(table, (rows.get(table) ?? 0) + more);
			total += more;
		}
		if (total > MAX_LOAD_ROWS) break;
		if (![...rows.values()].some(leavesSmallRest)) best = index + 1;
	}
	return best;
}

function leavesSmallRest(rows: number): boolean {
	const rest = rows % ROW_GROUP_ROWS;
	return rows > ROW_GROUP_ROWS && rest > 0 && rest < REST;
}
