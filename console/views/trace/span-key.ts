/** A span's name in the URL: its id, and `~2`, `~3` for the further spans that share it (Zipkin's client and server do). */
import type { TraceTree } from "./trace-tree.ts";

/** Finds rows by span id. Built once a tree: 100,000 ids take a few milliseconds. */
export class SpanIndex {
	readonly #rows = new Map<string, number | number[]>();

	constructor(tree: TraceTree) {
		for (let row = 0; row < tree.count; row++) {
			const id = tree.spanIds[row]!;
			const known = this.#rows.get(id);
			if (known === undefined) this.#rows.set(id, row);
			else if (typeof known === "number") this.#rows.set(id, [known, row]);
			else known.push(row);
		}
	}

	/** Rows with this span id, in tree order. */
	rows(spanId: string): readonly number[] {
		const known = this.#rows.get(spanId);
		return known === undefined ? [] : typeof known === "number" ? [known] : known;
	}

	/** -1 when no row is meant. */
	rowOf(key: string | null): number {
		if (key === null) return -1;
		const [id, nth] = key.toLowerCase().split("~");
		return this.rows(id!)[nth === undefined ? 0 : Number(nth) - 1] ?? -1;
	}

	keyOf(tree: TraceTree, row: number): string | null {
		const id = tree.spanIds[row];
		if (id === undefined) return null;
		const at = this.rows(id).indexOf(row);
		return at <= 0 ? id : `${id}~${at + 1}`;
	}
}
