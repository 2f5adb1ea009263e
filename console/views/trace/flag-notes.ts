import type { SpanFlag } from "./trace-tree.ts";

/** What each of the tree's findings means, in words for people. */
export const FLAG_NOTES: Record<SpanFlag, { tag: string; title: string; note: string }> = {
	root: { tag: "root", title: "root", note: "A root: it names no parent." },
	orphan: {
		tag: "orphan",
		title: "orphan",
		note: "Its parent was never seen: sampled out, lost, or still arriving. It is shown under a placeholder with the parent's id.",
	},
	placeholder: {
		tag: "not seen",
		title: "placeholder",
		note: "Nobody sent this span. It stands for the parent that the spans below it name, and spans their time.",
	},
	skewed: {
		tag: "skew",
		title: "clock skew",
		note: "It starts before or ends after its parent in a way only another clock explains. Times are shown as they were sent.",
	},
	superseded: {
		tag: "versions",
		title: "several versions",
		note: "Several versions of this span arrived. The one with the later end is shown.",
	},
	cycle: {
		tag: "cycle",
		title: "cycle",
		note: "Its parents went round in a circle. The circle was cut here so that the trace can be drawn.",
	},
};
