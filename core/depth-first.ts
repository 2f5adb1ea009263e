/** Lays a forest of parent indices out as rows in depth-first order, without recursion. */

export interface Rows {
	/** Index of the item in each row. */
	item: Int32Array;
	/** Row of the parent, -1 for none. */
	parent: Int32Array;
	depth: Int32Array;
	/** Rows of the subtree, the row itself included. */
	subtree: Int32Array;
}

/** `parents[i]` is an index below `total` or -1; items beyond `parents` are roots. No circles. Siblings and roots in the order of `compare`. */
export function depthFirst(parents: Int32Array, total: number, compare: (a: number, b: number) => number): Rows {
	/** Children of i are `children[from[i]] .. children[from[i + 1] - 1]`; the roots are those of `total`. */
	const from = new Int32Array(total + 2);
	const holder = (i: number) => {
		const parent = i < parents.length ? (parents[i] ?? -1) : -1;
		return parent < 0 ? total : parent;
	};
	for (let i = 0; i < total; i++) {
		const slot = holder(i) + 1;
		from[slot] = (from[slot] ?? 0) + 1;
	}
	for (let i = 0; i <= total; i++) from[i + 1] = (from[i + 1] ?? 0) + (from[i] ?? 0);
	const fill = from.slice();
	const children = new Int32Array(total);
	for (let i = 0; i < total; i++) {
		const at = holder(i);
		const slot = fill[at] ?? 0;
		children[slot] = i;
		fill[at] = slot + 1;
	}
	for (let i = 0; i <= total; i++) sortRange(children, from[i] ?? 0, from[i + 1] ?? 0, compare);

	const item = new Int32Array(total);
	const parent = new Int32Array(total).fill(-1);
	const depth = new Int32Array(total);
	const subtree = new Int32Array(total).fill(1);
	const rowOf = new Int32Array(total);
	const stack = new Int32Array(total);
	let height = 0;
	const pushChildren = (i: number) => {
		for (let at = (from[i + 1] ?? 0) - 1; at >= (from[i] ?? 0); at--) stack[height++] = children[at] ?? 0;
	};
	pushChildren(total);
	for (let row = 0; row < total; row++) {
		const i = stack[--height] ?? 0;
		item[row] = i;
		rowOf[i] = row;
		const up = holder(i);
		if (up < total) {
			const parentRow = rowOf[up] ?? 0;
			parent[row] = parentRow;
			depth[row] = (depth[parentRow] ?? 0) + 1;
		}
		pushChildren(i);
	}
	for (let row = total - 1; row >= 0; row--) {
		const up = parent[row] ?? -1;
		if (up >= 0) subtree[up] = (subtree[up] ?? 0) + (subtree[row] ?? 0);
	}
	return { item, parent, depth, subtree };
}

/** Insertion for the few children most spans have, the engine's sort for the rest. */
function sortRange(array: Int32Array, from: number, to: number, compare: (a: number, b: number) => number): void {
	if (to - from > 16) {
		array.subarray(from, to).sort(compare);
		return;
	}
	for (let i = from + 1; i < to; i++) {
		const value = array[i] ?? 0;
		let at = i;
		for (; at > from && compare(array[at - 1] ?? 0, value) > 0; at--) array[at] = array[at - 1] ?? 0;
		array[at] = value;
	}
}
