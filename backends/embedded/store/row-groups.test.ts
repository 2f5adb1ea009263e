import fc from "fast-check";
import { expect, test } from "vitest";
import type { Batch } from "./batch.ts";
import { batchesToLoad, MAX_LOAD_ROWS, ROW_GROUP_ROWS } from "./row-groups.ts";

const batch = (spans: number, logs = 0): Batch => ({
	signal: "traces",
	receivedMs: 0,
	keep: false,
	tables: { spans: { rows: spans, columns: {} }, logs: { rows: logs, columns: {} } },
	resources: [],
	series: [],
	minutes: [],
	fromNs: null,
	toNs: null,
});

const rowsOf = (batches: readonly Batch[]) => {
	let spans = 0;
	let logs = 0;
	for (const { tables } of batches) {
		spans += tables.spans?.rows ?? 0;
		logs += tables.logs?.rows ?? 0;
	}
	return { spans, logs };
};

test.each([
	["what is little goes together", Array(10).fill(batch(100)), 10],
	["even requests fill whole groups", Array(200).fill(batch(512)), MAX_LOAD_ROWS / 512],
	["a small rest waits", Array(40).fill(batch(512)), ROW_GROUP_ROWS / 512],
	["a large rest goes along", Array(60).fill(batch(512)), 60],
	["one batch goes, however large it is", [batch(MAX_LOAD_ROWS + 1), batch(1)], 1],
])("%s", (_, batches, count) => {
	expect(batchesToLoad(batches)).toBe(count);
});

test("no load of several batches leaves a table with whole groups and a small rest, or is larger than a load may be", () => {
	const requests = fc.array(
		fc.tuple(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 0, max: 4_000 })).map(([s, l]) => batch(s, l)),
		{ minLength: 1, maxLength: 60 },
	);
	fc.assert(
		fc.property(requests, (batches) => {
			const count = batchesToLoad(batches);
			const { spans, logs } = rowsOf(batches.slice(0, count));
			expect(spans + logs).toBeLessThanOrEqual(MAX_LOAD_ROWS);
			for (const rows of [spans, logs]) {
				const rest = rows % ROW_GROUP_ROWS;
				expect(rows <= ROW_GROUP_ROWS || rest === 0 || rest > ROW_GROUP_ROWS / 2).toBe(true);
			}
			// The most that can be had without completing a group is always had.
			const one = batches.findIndex((_, i) => {
				const sum = rowsOf(batches.slice(0, i + 1));
				return sum.spans > ROW_GROUP_ROWS || sum.logs > ROW_GROUP_ROWS;
			});
			expect(count).toBeGreaterThanOrEqual(one === -1 ? batches.length : Math.max(1, one));
		}),
	);
});
