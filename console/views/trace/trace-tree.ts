/** The skeleton as flat typed arrays: what the waterfall, the minimap and the search walk. 100,000 spans take a few megabytes and no objects. */
import type { Skeleton } from "../../../server/api/schema.ts";

export type SpanFlag = Skeleton["dictionary"]["flags"][number];
export type SpanKind = Skeleton["dictionary"]["kinds"][number];

export interface TraceTree {
	traceId: string;
	/** What all span times are counted from. */
	startUnixNano: bigint;
	count: number;
	/** Earliest start and latest end of any row; `fromNs` may be negative. */
	fromNs: number;
	toNs: number;
	maxDepth: number;
	services: string[];
	names: string[];
	kinds: SpanKind[];
	flagNames: SpanFlag[];
	spanIds: string[];
	/** Row of the parent, -1 for none. */
	parent: Int32Array;
	depth: Uint32Array;
	/** Rows i .. i + subtree[i] - 1 are row i and everything below it. */
	subtree: Uint32Array;
	service: Uint32Array;
	name: Uint32Array;
	kind: Uint8Array;
	startNs: Float64Array;
	durationNs: Float64Array;
	selfNs: Float64Array;
	error: Uint8Array;
	flags: Uint32Array;
	events: Uint32Array;
	links: Uint32Array;
	/** Sections of the critical path in time order, and where each row's own sections are: `criticalOrder[criticalOffset[row] ..]`. */
	criticalStartNs: Float64Array;
	criticalEndNs: Float64Array;
	criticalRow: Int32Array;
	criticalOffset: Uint32Array;
	criticalOrder: Uint32Array;
	errorRows: Uint32Array;
}

/** Groups items by row: `order[offset[row] .. offset[row + 1] - 1]` are the items of `row`, in their own order. Items of row -1 are left out. */
export function groupByRow(rowOfItem: ArrayLike<number>, rows: number): { offset: Uint32Array; order: Uint32Array } {
	const offset = new Uint32Array(rows + 1);
	let kept = 0;
	for (let i = 0; i < rowOfItem.length; i++) {
		const row = rowOfItem[i]!;
		if (row < 0 || row >= rows) continue;
		offset[row + 1]!++;
		kept++;
	}
	for (let row = 0; row < rows; row++) offset[row + 1]! += offset[row]!;
	const next = offset.slice();
	const order = new Uint32Array(kept);
	for (let i = 0; i < rowOfItem.length; i++) {
		const row = rowOfItem[i]!;
		if (row >= 0 && row < rows) order[next[row]!++] = i;
	}
	return { offset, order };
}

/** Throws when a column is shorter than the rest: a torn answer must not be drawn as a trace. */
export function buildTraceTree(skeleton: Skeleton): TraceTree {
	const { columns, dictionary } = skeleton;
	const count = columns.spanId.length;
	for (const [column, values] of Object.entries(columns))
		if (values.length !== count)
			throw new Error(
				`column ${column} has ${values.length} of ${count} rows: the trace did not arrive whole, reload it`,
			);
	const startNs = Float64Array.from(columns.startNs);
	const durationNs = Float64Array.from(columns.durationNs);
	const depth = Uint32Array.from(columns.depth);
	let fromNs = Number.POSITIVE_INFINITY;
	let toNs = Number.NEGATIVE_INFINITY;
	let maxDepth = 0;
	let errors = 0;
	for (let row = 0; row < count; row++) {
		fromNs = Math.min(fromNs, startNs[row]!);
		toNs = Math.max(toNs, startNs[row]! + durationNs[row]!);
		maxDepth = Math.max(maxDepth, depth[row]!);
		if (columns.error[row]) errors++;
	}
	const errorRows = new Uint32Array(errors);
	for (let row = 0, at = 0; row < count; row++) if (columns.error[row]) errorRows[at++] = row;
	const sections = skeleton.criticalPath;
	const criticalRow = Int32Array.from(sections, (section) => section.row);
	const { offset, order } = groupByRow(criticalRow, count);
	return {
		traceId: skeleton.traceId,
		startUnixNano: BigInt(skeleton.startUnixNano),
		count,
		fromNs: count > 0 ? fromNs : 0,
		toNs: count > 0 ? toNs : 0,
		maxDepth,
		services: dictionary.services,
		names: dictionary.names,
		kinds: dictionary.kinds,
		flagNames: dictionary.flags,
		spanIds: columns.spanId,
		parent: Int32Array.from(columns.parent),
		depth,
		subtree: Uint32Array.from(columns.subtree),
		service: Uint32Array.from(columns.service),
		name: Uint32Array.from(columns.name),
		kind: Uint8Array.from(columns.kind),
		startNs,
		durationNs,
		selfNs: Float64Array.from(columns.selfNs),
		error: Uint8Array.from(columns.error),
		flags: Uint32Array.from(columns.flags),
		events: Uint32Array.from(columns.events),
		links: Uint32Array.from(columns.links),
		criticalStartNs: Float64Array.from(sections, (section) => section.startNs),
		criticalEndNs: Float64Array.from(sections, (section) => section.endNs),
		criticalRow,
		criticalOffset: offset,
		criticalOrder: order,
		errorRows,
	};
}

export const serviceOf = (tree: TraceTree, row: number): string =>
	tree.services[tree.service[row]!] ?? "unknown_service";
export const nameOf = (tree: TraceTree, row: number): string => tree.names[tree.name[row]!] ?? "";
export const kindOf = (tree: TraceTree, row: number): SpanKind => tree.kinds[tree.kind[row]!] ?? "unspecified";

export function flagsOf(tree: TraceTree, row: number): SpanFlag[] {
	const bits = tree.flags[row]!;
	return bits === 0 ? [] : tree.flagNames.filter((_, bit) => (bits & (1 << bit)) !== 0);
}

/** 1 on every row that carries a section of the critical path or stands above one. */
export function criticalMask(tree: TraceTree): Uint8Array {
	const mask = new Uint8Array(tree.count);
	for (const first of tree.criticalRow)
		for (let row = first; row >= 0 && mask[row] === 0; row = tree.parent[row]!) mask[row] = 1;
	return mask;
}

/** Nanoseconds of the critical path that each service holds, largest first. They sum to the path's length. */
export function criticalByService(tree: TraceTree): { service: string; ns: number }[] {
	const sums = new Float64Array(tree.services.length);
	for (let i = 0; i < tree.criticalRow.length; i++)
		sums[tree.service[tree.criticalRow[i]!]!]! += tree.criticalEndNs[i]! - tree.criticalStartNs[i]!;
	return tree.services
		.map((service, i) => ({ service, ns: sums[i]! }))
		.filter((part) => part.ns > 0)
		.sort((a, b) => b.ns - a.ns);
}
