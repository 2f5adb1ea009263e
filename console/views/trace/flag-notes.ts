import type { SpanFlag } from "./trace-tree.ts";

/** What each of the tree's findings means, in words for people. */
export const FLAG_NOTES: Record<SpanFlag, { glyph: string; title: string; note: string }> = {
	root: { glyph: "", title: "root", note: "A root: it names no parent." },
	orphan: {
		glyph: "⌀",
		title: "orphan",
		note: "Its parent was never seen: sampled out, lost, or still arriving. It is shown under a placeholder with the parent's id.",
	},
	placeholder: {
		glyph: "?",
		title: "placeholder",
		note: "Nobody sent this span. It stands for the parent that the spans below it name, and spans their time.",
	},
	skewed: {
		glyph: "⧖",
		title: "clock skew",
		note: "It starts before or ends after its parent in a way only another clock explains. Times are shown as they were sent.",
	},
	superseded: {
		glyph: "²",
		title: "several versions",
		note: "Several versions of this span arrived. The one with the later end is shown.",
	},
	cycle: {
		glyph: "↻",
		title: "cycle",
		note: "Its parents went round in a circle. The circle was cut here so that the trace can be drawn.",
	},
};
