/**
 * The tree of one trace, in columns: rows in depth-first order, children by start time. What is wrong with a trace is shown as a
 * flag, never mended. The same spans give the same tree, whatever their order and however often each arrives.
 * Everything is iterative: a chain of 100,000 spans is a trace like any other.
 */

import { distinctSpans } from "./distinct-spans.ts";
import { compareText, findParents } from "./find-parents.ts";
import type { SpanCore, SpanId, TraceId } from "./model.ts";
import { selfTimes } from "./self-time.ts";

/** Bit i of a row's flags is SPAN_FLAGS[i]. */
export const SPAN_FLAGS = ["root", "orphan", "placeholder", "skewed", "superseded", "cycle"] as const;
export type SpanFlag = (typeof SPAN_FLAGS)[number];

export const ROOT = 1;
export const ORPHAN = 2;
export const PLACEHOLDER = 4;
export const SKEWED = 8;
export const SUPERSEDED = 16;
export const CYCLE = 32;

export interface TraceTree<S extends SpanCore = SpanCore> {
	/** Of the first span; empty for no spans. */
	traceId: TraceId;
	/** Of the earliest span; what `startNs` counts from. */
	startUnixNano: bigint;
	/** From the earliest start to the latest end. */
	durationNs: number;
	/** Spans and placeholders: the length of every column. Row i's subtree is rows i .. i + subtree[i] - 1. */
	rowCount: number;
	/** null where the row is a placeholder. */
	spans: (S | null)[];
	spanId: SpanId[];
	/** Row of the parent, -1 for none. */
	parent: Int32Array;
	depth: Int32Array;
	/** Rows of the subtree, the row itself included. */
	subtree: Int32Array;
	/** From `startUnixNano`. A placeholder reaches from its first child's start to its last child's end. */
	startNs: Float64Array;
	durationsNs: Float64Array;
	selfNs: Float64Array;
	flags: Uint8Array;
	/** Distinct spans, placeholders not counted. */
	spanCount: number;
	errorCount: number;
	/** Levels: 1 for a single span. */
	depthMax: number;
	orphans: number;
	/** Most spans first. */
	services: { service: string; spans: number; errors: number; selfNs: number }[];
	/**
	 * The earliest span without a parent. When none has arrived `missing` is true, `row` is the earliest top row and the names are the
	 * earliest span's. null for no spans.
	 */
	root: { row: number; spanId: SpanId; service: string; name: string; missing: boolean } | null;
}

/** The names of a row's flags. */
export function flagNames(flags: number): SpanFlag[] {
	return SPAN_FLAGS.filter((_, bit) => (flags & (1 << bit)) !== 0);
}

/** Builds the tree of one trace's spans (all of one trace; any order, duplicates welcome). */
export function buildTraceTree<S extends SpanCore>(input: readonly S[]): TraceTree<S> {
	const { spans, superseded } = distinctSpans(input);
	const count = spans.length;
	let startUnixNano = spans[0]?.startUnixNano ?? 0n;
	for (const span of spans) if (span.startUnixNano < startUnixNano) startUnixNano = span.startUnixNano;
	const start: number[] = [];
	const end: number[] = [];
	for (const span of spans) {
		const startNs = Number(span.startUnixNano - startUnixNano);
		start.push(startNs);
		end.push(startNs + span.durationNs);
	}

	const { parents, missing } = findParents(spans);
	const total = count + missing.length;
	const flags = new Uint8Array(total);
	for (let i = 0; i < count; i++) if (superseded[i] === 1) flags[i] = SUPERSEDED;
	for (let i = 0; i < missing.length; i++) {
		flags[count + i] = PLACEHOLDER;
		start.push(Number.POSITIVE_INFINITY);
		end.push(Number.NEGATIVE_INFINITY);
	}
	for (let i = 0; i < count; i++) {
		const parent = parents[i] ?? -1;
		if (parent < count) continue;
		flags[i] = (flags[i] ?? 0) | ORPHAN;
		start[parent] = Math.min(start[parent] ?? 0, start[i] ?? 0);
		end[parent] = Math.max(end[parent] ?? 0, end[i] ?? 0);
	}

	const idOf = (i: number) => spans[i]?.spanId ?? missing[i - count] ?? "";
	/** By start; of equals the longer first, because it may hold the shorter. */
	const compare = (a: number, b: number): number =>
		(start[a] ?? 0) - (start[b] ?? 0) ||
		(end[b] ?? 0) - (end[a] ?? 0) ||
		compareText(idOf(a), idOf(b)) ||
		compareText(spans[a]?.service ?? "", spans[b]?.service ?? "") ||
		compareText(spans[a]?.kind ?? "", spans[b]?.kind ?? "");
	const order = Int32Array.from({ length: total }, (_, i) => i).sort(compare);
	const rank = new Int32Array(total);
	for (let position = 0; position < total; position++) rank[order[position] ?? 0] = position;

	for (const cut of findCycleCuts(parents, rank)) {
		parents[cut] = -1;
		flags[cut] = (flags[cut] ?? 0) | CYCLE;
	}
	for (let i = 0; i < count; i++) {
		if (spans[i]?.parentSpanId === null && parents[i] === -1) flags[i] = (flags[i] ?? 0) | ROOT;
	}

	const rows = depthFirst(parents, order);
	const tree: TraceTree<S> = {
		traceId: spans[0]?.traceId ?? "",
		startUnixNano,
		durationNs: end.reduce((latest, at) => Math.max(latest, at), 0),
		rowCount: total,
		spans: new Array<S | null>(total),
		spanId: new Array<SpanId>(total),
		parent: rows.parent,
		depth: rows.depth,
		subtree: rows.subtree,
		startNs: new Float64Array(total),
		durationsNs: new Float64Array(total),
		selfNs: new Float64Array(total),
		flags: new Uint8Array(total),
		spanCount: count,
		errorCount: 0,
		depthMax: 0,
		orphans: 0,
		services: [],
		root: null,
	};
	for (let row = 0; row < total; row++) {
		const i = rows.item[row] ?? 0;
		tree.spans[row] = spans[i] ?? null;
		tree.spanId[row] = idOf(i);
		tree.startNs[row] = start[i] ?? 0;
		tree.durationsNs[row] = (end[i] ?? 0) - (start[i] ?? 0);
		tree.flags[row] = flags[i] ?? 0;
		const parentRow = tree.parent[row] ?? -1;
		if (parentRow >= 0 && isSkewed(tree, parentRow, row)) tree.flags[row] = (flags[i] ?? 0) | SKEWED;
	}
	tree.selfNs = selfTimes(tree);
	addFacts(tree);
	return tree;
}

/** One member of every circle of parents: the first by rank. Every node has one parent, so a walk upwards finds each circle once. */
function findCycleCuts(parents: Int32Array, rank: Int32Array): number[] {
	const cuts: number[] = [];
	/** 0: not seen; else the walk that saw it. */
	const seenBy = new Int32Array(rank.length);
	for (let from = 0; from < parents.length; from++) {
		const walk = from + 1;
		let at = from;
		while (at >= 0 && at < parents.length && seenBy[at] === 0) {
			seenBy[at] = walk;
			at = parents[at] ?? -1;
		}
		if (at < 0 || at >= parents.length || seenBy[at] !== walk) continue;
		let cut = at;
		for (let member = parents[at] ?? -1; member !== at; member = parents[member] ?? -1) {
			if ((rank[member] ?? 0) < (rank[cut] ?? 0)) cut = member;
		}
		cuts.push(cut);
	}
	return cuts;
}

/** Lays the forest out in depth-first order; `order` sorts siblings and roots. `item[row]` is the span's index. */
function depthFirst(
	parents: Int32Array,
	order: Int32Array,
): { item: Int32Array; parent: Int32Array; depth: Int32Array; subtree: Int32Array } {
	const total = order.length;
	const firstChild = new Int32Array(total).fill(-1);
	const nextSibling = new Int32Array(total).fill(-1);
	let firstRoot = -1;
	for (let position = total - 1; position >= 0; position--) {
		const i = order[position] ?? 0;
		const parent = i < parents.length ? (parents[i] ?? -1) : -1;
		nextSibling[i] = parent < 0 ? firstRoot : (firstChild[parent] ?? -1);
		if (parent < 0) firstRoot = i;
		else firstChild[parent] = i;
	}
	const item = new Int32Array(total);
	const parent = new Int32Array(total).fill(-1);
	const depth = new Int32Array(total);
	const subtree = new Int32Array(total).fill(1);
	const rowOf = new Int32Array(total).fill(-1);
	const stack: number[] = firstRoot < 0 ? [] : [firstRoot];
	let row = 0;
	for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
		item[row] = i;
		rowOf[i] = row;
		const up = i < parents.length ? (parents[i] ?? -1) : -1;
		if (up >= 0) {
			parent[row] = rowOf[up] ?? -1;
			depth[row] = (depth[rowOf[up] ?? 0] ?? 0) + 1;
		}
		row++;
		if ((nextSibling[i] ?? -1) >= 0) stack.push(nextSibling[i] ?? 0);
		if ((firstChild[i] ?? -1) >= 0) stack.push(firstChild[i] ?? 0);
	}
	for (let r = total - 1; r >= 0; r--) {
		const up = parent[r] ?? -1;
		if (up >= 0) subtree[up] = (subtree[up] ?? 0) + (subtree[r] ?? 0);
	}
	return { item, parent, depth, subtree };
}

/**
 * Only another clock explains a child in another service that starts before its parent, or a server that starts after its client
 * has ended well. Children that merely outlive their parent are asynchronous, not skewed.
 */
function isSkewed(tree: TraceTree, parentRow: number, row: number): boolean {
	const parent = tree.spans[parentRow];
	const child = tree.spans[row];
	if (!parent || !child || parent.service === child.service) return false;
	const startNs = tree.startNs[row] ?? 0;
	const parentStartNs = tree.startNs[parentRow] ?? 0;
	if (startNs < parentStartNs) return true;
	const called = parent.kind === "client" && child.kind === "server" && parent.statusCode !== "error";
	return called && startNs > parentStartNs + parent.durationNs;
}

function addFacts(tree: TraceTree): void {
	const services = new Map<string, { service: string; spans: number; errors: number; selfNs: number }>();
	let earliest = -1;
	let rootRow = -1;
	for (let row = 0; row < tree.rowCount; row++) {
		tree.depthMax = Math.max(tree.depthMax, (tree.depth[row] ?? 0) + 1);
		const span = tree.spans[row];
		if (!span) continue;
		const flags = tree.flags[row] ?? 0;
		// Top rows are ordered by start, so the first of them is the earliest.
		if (rootRow < 0 && (flags & ROOT) !== 0) rootRow = row;
		if (earliest < 0 || (tree.startNs[row] ?? 0) < (tree.startNs[earliest] ?? 0)) earliest = row;
		if ((flags & ORPHAN) !== 0) tree.orphans++;
		let facts = services.get(span.service);
		if (facts === undefined) {
			facts = { service: span.service, spans: 0, errors: 0, selfNs: 0 };
			services.set(span.service, facts);
		}
		facts.spans++;
		facts.selfNs += tree.selfNs[row] ?? 0;
		if (span.statusCode === "error") {
			facts.errors++;
			tree.errorCount++;
		}
	}
	tree.services = [...services.values()].sort((a, b) => b.spans - a.spans || compareText(a.service, b.service));
	const named = tree.spans[rootRow] ?? tree.spans[earliest];
	if (named) {
		const missing = rootRow < 0;
		const row = missing ? 0 : rootRow;
		tree.root = { row, spanId: tree.spanId[row] ?? "", service: named.service, name: named.name, missing };
	}
}
