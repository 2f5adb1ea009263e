import { describe, expect, it } from "vitest";
import { criticalStretches } from "./critical-stretches.ts";
import { drawnTrace } from "./drawn-trace.ts";
import { buildTraceTree } from "./trace-tree.ts";

function treeWith(sections: [number, number][]) {
	const skeleton = drawnTrace("a root 0+100");
	skeleton.criticalPath = sections.map(([from, to]) => ({ spanId: "", row: 0, startNs: from * 1e6, endNs: to * 1e6 }));
	return buildTraceTree(skeleton);
}
const whole = { fromNs: 0, toNs: 100e6 };

describe("the critical path on a bar", () => {
	it("is where its sections are", () => {
		const tree = treeWith([
			[0, 10],
			[50, 60],
		]);
		expect(criticalStretches(tree, 0, whole, 1000)).toEqual([
			{ left: 0, width: 100 },
			{ left: 500, width: 100 },
		]);
	});

	it("joins sections that would touch, so that ten thousand are no more than the pixels", () => {
		const tree = treeWith(Array.from({ length: 10_000 }, (_, i) => [i / 100, i / 100 + 0.005]));
		const stretches = criticalStretches(tree, 0, whole, 400);
		expect(stretches).toHaveLength(1);
		expect(stretches[0]!.width).toBeCloseTo(400, 0);
	});

	it("is cut at the ends of the view and left out beyond it", () => {
		const tree = treeWith([
			[0, 20],
			[40, 60],
			[80, 90],
		]);
		expect(criticalStretches(tree, 0, { fromNs: 50e6, toNs: 70e6 }, 200)).toEqual([{ left: 0, width: 100 }]);
	});

	it("keeps an instant visible", () => {
		expect(criticalStretches(treeWith([[50, 50]]), 0, whole, 100)).toEqual([{ left: 50, width: 1.5 }]);
	});
});
