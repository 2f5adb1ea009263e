import { expect, test } from "vitest";
import { criticalPath } from "./critical-path.ts";
import type { SpanCore } from "./model.ts";
import { spanOf } from "./testing-spans.ts";
import { buildTraceTree } from "./trace-tree.ts";

/** `a 0-10` for every section. */
function pathOf(spans: SpanCore[]): string[] {
	const tree = buildTraceTree(spans);
	return criticalPath(tree).map(({ row, startNs, endNs }) => `${tree.spans[row]?.name ?? "?"} ${startNs}-${endNs}`);
}

/*
 *  0         10
 *  |####root##|
 */
test("a single span is its own critical path", () => {
	expect(pathOf([spanOf("root", null, 0, 10)])).toEqual(["root 0-10"]);
});

/*
 *  0    20      40    60     80   100
 *  |#root|......|#root|......|#root|
 *        |##a###|     |##b###|
 */
test("children one after the other are all on it, with the gaps of their parent", () => {
	expect(pathOf([spanOf("root", null, 0, 100), spanOf("a", "root", 20, 40), spanOf("b", "root", 60, 80)])).toEqual([
		"root 0-20",
		"a 20-40",
		"root 40-60",
		"b 60-80",
		"root 80-100",
	]);
});

/*
 *  0   10                90 100
 *  |root|................|root|
 *       |-----a-----|              ends first: nobody waits for it
 *       |########b#######|
 */
test("of parallel children only the last to finish is waited for", () => {
	expect(pathOf([spanOf("root", null, 0, 100), spanOf("a", "root", 10, 70), spanOf("b", "root", 10, 90)])).toEqual([
		"root 0-10",
		"b 10-90",
		"root 90-100",
	]);
});

/*
 *  0    10       40     60        90 100
 *  |root|........|#root#|.........|root|
 *       |###a####|                            ended before b started: it may have led to b
 *                  45-|--c--|-55              55 is before 60 as well, and later than a: c is taken, then a
 *                       |####b####|
 */
test("before the child that was waited for comes the one that finished last before it started", () => {
	expect(
		pathOf([
			spanOf("root", null, 0, 100),
			spanOf("a", "root", 10, 40),
			spanOf("c", "root", 45, 55),
			spanOf("b", "root", 60, 90),
		]),
	).toEqual(["root 0-10", "a 10-40", "root 40-45", "c 45-55", "root 55-60", "b 60-90", "root 90-100"]);
});

/*
 *  0             50  60          100
 *  |######root###|................|
 *  |--------a--------|                  still ran when b started: it did not hold b up
 *                |#######b########|
 */
test("a child still running when the next one starts did not hold it up", () => {
	expect(pathOf([spanOf("root", null, 0, 100), spanOf("a", "root", 0, 60), spanOf("b", "root", 50, 100)])).toEqual([
		"root 0-50",
		"b 50-100",
	]);
});

/*
 *  0        40       100
 *  |##root##|.........|
 *           |####a####|----|  130   cut to the root's end
 *                        |-b-|      starts after it: asynchronous
 */
test("a child that outlives its parent is cut, one outside it is not waited for", () => {
	expect(pathOf([spanOf("root", null, 0, 100), spanOf("a", "root", 40, 130), spanOf("b", "root", 110, 140)])).toEqual([
		"root 0-40",
		"a 40-100",
	]);
});

/*
 *  0   10  20              100
 *  |root|##|##root##########|
 *       publish
 *           |---consume---------|  150   the queue's other end: nobody waits for it
 */
test("a consumer that outlives what it hangs on is not waited for", () => {
	expect(
		pathOf([
			spanOf("root", null, 0, 100),
			spanOf("publish", "root", 10, 20, { kind: "producer" }),
			spanOf("consume", "root", 20, 150, { kind: "consumer" }),
		]),
	).toEqual(["root 0-10", "publish 10-20", "root 20-100"]);
});

/*
 *  0  5    20   40      70      95 100
 *  |r|..............................|r|
 *    |##a##|............|###a##|
 *          |#b##|.......|               b and c follow each other within a
 *               |###c###|
 */
test("the path goes down into the children of children", () => {
	expect(
		pathOf([spanOf("r", null, 0, 100), spanOf("a", "r", 5, 95), spanOf("b", "a", 20, 40), spanOf("c", "a", 40, 70)]),
	).toEqual(["r 0-5", "a 5-20", "b 20-40", "c 40-70", "a 70-95", "r 95-100"]);
});

/*
 *       10  20   30  40
 *  ?    |...|????|...|     the root has not arrived: the gap between its children is nobody's
 *       |#a#|    |#b#|
 */
test("without its root, a trace's path runs through the placeholder", () => {
	expect(pathOf([spanOf("a", "gone", 10, 20), spanOf("b", "gone", 30, 40)])).toEqual(["a 0-10", "? 10-20", "b 20-30"]);
});
