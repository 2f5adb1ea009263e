/**
 * The tree of one trace, in columns: rows in depth-first order, children by start time. What is wrong with a trace is shown as a
 * flag, never mended. The same spans give the same tree, whatever their order and however often each arrives.
 * Everything is iterative: a chain of 100,000 spans is a trace like any other.
 */

import { depthFirst } from "./depth-first.ts";
import { distinctSpans } from "./distinct-spans.ts";
import { compareText, findCycleCuts, findParents } from "./find-parents.ts";
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
	const distinct = distinctSpans(input);
	const { spans, superseded } = distinct;
	const { parents, missing } = findParents(distinct);
	const count = spans.length;
	const total = count + missing.length;
	let startUnixNano = spans[0]?.startUnixNano ?? 0n;
	for (const span of spans) if (span.startUnixNano < startUnixNano) startUnixNano = span.startUnixNano;
	const start = new Float64Array(total).fill(Number.POSITIVE_INFINITY);
	const end = new Float64Array(total).fill(Number.NEGATIVE_INFINITY);
	const flags = new Uint8Array(total).fill(PLACEHOLDER, count);
	for (let i = 0; i < count; i++) {
		const span = spans[i] as S;
		start[i] = Number(span.startUnixNano - startUnixNano);
		end[i] = (start[i] ?? 0) + span.durationNs;
		if (superseded[i] === 1) flags[i] = SUPERSEDED;
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
	for (const cut of findCycleCuts(parents, compare)) {
		parents[cut] = -1;
		flags[cut] = (flags[cut] ?? 0) | CYCLE;
	}
	for (let i = 0; i < count; i++) {
		if (parents[i] === -1 && (spans[i] as S).parentSpanId === null) flags[i] = (flags[i] ?? 0) | ROOT;
	}

	const rows = depthFirst(parents, total, compare);
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
