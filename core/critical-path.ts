/**
 * The critical path of a trace: at every moment of the root, the one span whose work the answer waited for.
 *
 * Walking back from the root's end, the last-finishing child is the one waited for; from its start on, the next is the child
 * that finished last before that (Zhang et al., "CRISP", USENIX ATC 2022). A child that was still running when the taken one
 * started did not hold it up, so that time is the parent's; an overlap of at most 1 % of the parent is taken for clocks and rounding,
 * as there.
 *
 *     root  |--a---######------####--|      # on the path: root, b, root, c, root
 *     a       |------|                      ended after b had started: not waited for
 *     b          |######|
 *     c                    |####|
 */
import type { SpanId } from "./model.ts";
import type { TraceTree } from "./trace-tree.ts";

export interface CriticalSection {
	spanId: SpanId;
	row: number;
	/** From the trace's start. */
	startNs: number;
	endNs: number;
}

interface Visit {
	row: number;
	/** Where the row's part of the path begins: its start, cut to its parent's. */
	fromNs: number;
	/** The path is known from here on. */
	cursorNs: number;
	/** Last-finishing first. */
	children: { row: number; startNs: number; endNs: number }[];
	nextChild: number;
	toleranceNs: number;
}

const TOLERATED_OVERLAP = 0.01;

/**
 * Sections in time order that never overlap and fill the root exactly. Children are cut to their parent's time; those outside it, and
 * consumers that outlive it, ran on their own and are not waited for.
 */
export function criticalPath(tree: TraceTree): CriticalSection[] {
	if (tree.root === null) return [];
	const backwards: CriticalSection[] = [];
	const add = (row: number, startNs: number, endNs: number) => {
		if (endNs > startNs) backwards.push({ spanId: tree.spanId[row] ?? "", row, startNs, endNs });
	};
	const rootStart = tree.startNs[tree.root.row] ?? 0;
	const stack: Visit[] = [visit(tree, tree.root.row, rootStart, rootStart + (tree.durationsNs[tree.root.row] ?? 0))];
	for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
		const child = at.children[at.nextChild++];
		if (child === undefined) {
			add(at.row, at.fromNs, at.cursorNs);
			stack.pop();
			continue;
		}
		const endNs = Math.min(child.endNs, at.cursorNs);
		if (child.endNs - endNs > at.toleranceNs || endNs <= child.startNs) continue;
		add(at.row, endNs, at.cursorNs);
		at.cursorNs = child.startNs;
		stack.push(visit(tree, child.row, child.startNs, endNs));
	}
	return backwards.reverse();
}

function visit(tree: TraceTree, row: number, fromNs: number, toNs: number): Visit {
	const children: Visit["children"] = [];
	const end = row + (tree.subtree[row] ?? 1);
	for (let child = row + 1; child < end; child += tree.subtree[child] ?? 1) {
		const childStart = tree.startNs[child] ?? 0;
		const childEnd = childStart + (tree.durationsNs[child] ?? 0);
		if (childEnd > toNs && tree.spans[child]?.kind === "consumer") continue;
		const startNs = Math.max(childStart, fromNs);
		const endNs = Math.min(childEnd, toNs);
		if (endNs > startNs) children.push({ row: child, startNs, endNs });
	}
	children.sort((a, b) => b.endNs - a.endNs || a.startNs - b.startNs || a.row - b.row);
	return { row, fromNs, cursorNs: toNs, children, nextChild: 0, toleranceNs: TOLERATED_OVERLAP * (toNs - fromNs) };
}
