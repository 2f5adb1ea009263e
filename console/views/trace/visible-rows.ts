/** Which rows the waterfall shows: collapsing skips a whole subtree in one step, because rows are in depth-first order. */
import type { TraceTree } from "./trace-tree.ts";

/**
 * Rows to show, in tree order. `collapsed[row]` hides what is below the row, `keep` (when given) hides rows that are 0 in it; a mask that keeps
 * a row must keep its ancestors.
 */
export function visibleRows(
	tree: Pick<TraceTree, "count" | "subtree">,
	collapsed: Uint8Array,
	keep: Uint8Array | null,
): Uint32Array {
	const rows = new Uint32Array(tree.count);
	let shown = 0;
	for (let row = 0; row < tree.count; ) {
		const whole = Math.max(1, tree.subtree[row]!);
		if (keep && keep[row] === 0) {
			row += whole;
			continue;
		}
		rows[shown++] = row;
		row += collapsed[row] === 1 ? whole : 1;
	}
	return rows.subarray(0, shown);
}

/** Where `row` is in the ascending list, or where it would be put: `~index` as negative when absent. */
export function positionOf(rows: Uint32Array, row: number): number {
	let low = 0;
	let high = rows.length - 1;
	while (low <= high) {
		const middle = (low + high) >> 1;
		const at = rows[middle]!;
		if (at === row) return middle;
		if (at < row) low = middle + 1;
		else high = middle - 1;
	}
	return ~low;
}

/** A copy of `collapsed` in which `row` can be seen: every ancestor open. The same array when nothing had to change. */
export function revealRow(tree: Pick<TraceTree, "parent">, collapsed: Uint8Array, row: number): Uint8Array {
	let changed: Uint8Array | null = null;
	for (let above = tree.parent[row] ?? -1; above >= 0; above = tree.parent[above]!)
		if (collapsed[above] === 1) {
			changed ??= collapsed.slice();
			changed[above] = 0;
		}
	return changed ?? collapsed;
}

/** Collapses every row with children at `depth` and deeper; `Infinity` opens everything. */
export function collapseBelow(tree: Pick<TraceTree, "count" | "subtree" | "depth">, depth: number): Uint8Array {
	const collapsed = new Uint8Array(tree.count);
	for (let row = 0; row < tree.count; row++)
		if (tree.depth[row]! >= depth && tree.subtree[row]! > 1) collapsed[row] = 1;
	return collapsed;
}

/** How many of the ascending numbers lie in `from` (inclusive) to `to` (exclusive). */
export function countBetween(ascending: Uint32Array, from: number, to: number): number {
	const at = (row: number) => {
		const position = positionOf(ascending, row);
		return position < 0 ? ~position : position;
	};
	return at(to) - at(from);
}
