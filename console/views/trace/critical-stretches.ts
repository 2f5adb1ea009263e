/** A row's sections of the critical path as pixels of its bar. */
import type { TimeView } from "./time-view.ts";
import type { TraceTree } from "./trace-tree.ts";

/** Sections closer than this to each other are drawn as one, so that a row never has more of them than pixels. */
const JOIN_PX = 1;

/** Left to right, within the view, at least 1.5 pixels wide, none overlapping. */
export function criticalStretches(
	tree: Pick<TraceTree, "criticalOffset" | "criticalOrder" | "criticalStartNs" | "criticalEndNs">,
	row: number,
	view: TimeView,
	widthPx: number,
): { left: number; width: number }[] {
	const scale = widthPx / (view.toNs - view.fromNs);
	const stretches: { left: number; width: number }[] = [];
	for (let i = tree.criticalOffset[row]!; i < tree.criticalOffset[row + 1]!; i++) {
		const section = tree.criticalOrder[i]!;
		const from = Math.max(0, hundredth((tree.criticalStartNs[section]! - view.fromNs) * scale));
		const to = Math.min(widthPx, hundredth((tree.criticalEndNs[section]! - view.fromNs) * scale));
		if (to < from) continue;
		const last = stretches.at(-1);
		if (last && from - (last.left + last.width) < JOIN_PX) last.width = Math.max(last.width, to - last.left);
		else stretches.push({ left: from, width: Math.max(1.5, to - from) });
	}
	return stretches;
}

const hundredth = (px: number): number => Math.round(px * 100) / 100;
