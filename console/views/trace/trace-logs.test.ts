import { describe, expect, it } from "vitest";
import { drawnLog, drawnTrace } from "./drawn-trace.ts";
import { SpanIndex } from "./span-key.ts";
import { filterLogs, logDots, placeLogs } from "./trace-logs.ts";
import { buildTraceTree } from "./trace-tree.ts";

const tree = buildTraceTree(
	drawnTrace(`
		gateway POST /checkout 0+100
		  web call 10+50 #00000000000000aa
		    api served 12+40 #00000000000000aa
	`),
);
const index = new SpanIndex(tree);
const root = tree.spanIds[0]!;
const place = (records: ReturnType<typeof drawnLog>[]) => placeLogs(tree, index, records, tree.startUnixNano);

describe("a trace's log lines", () => {
	it("are put in nanosecond order, sequence breaking ties", () => {
		const late = { ...drawnLog(5, root, "gateway", "info", "late"), sequence: 1 };
		const logs = place([
			{ ...drawnLog(5, root, "gateway", "info", "tie, second"), sequence: 3 },
			late,
			{
				...drawnLog(5, root, "gateway", "info", "one ns before"),
				timeUnixNano: String(BigInt(late.timeUnixNano) - 1n),
			},
		]);
		expect(logs.records.map((record) => record.body)).toEqual(["one ns before", "late", "tie, second"]);
		expect([...logs.atNs]).toEqual([4_999_999, 5_000_000, 5_000_000]);
	});

	it("find the span of their own service when two spans share an id", () => {
		const logs = place([
			drawnLog(13, "00000000000000aa", "api", "info", "served"),
			drawnLog(11, "00000000000000aa", "web", "info", "calling"),
			drawnLog(11, "00000000000000aa", "elsewhere", "info", "first that fits"),
		]);
		expect(logs.records.map((record, i) => [record.service, logs.row[i]])).toEqual([
			["web", 1],
			["elsewhere", 1],
			["api", 2],
		]);
	});

	it("without a span, or of a span nobody saw, belong to no row but are kept", () => {
		const logs = place([drawnLog(1, null, "x", "info", "a"), drawnLog(2, "00000000000000ff", "x", "warn", "b")]);
		expect([...logs.row]).toEqual([-1, -1]);
		expect(logs.records).toHaveLength(2);
	});
});

describe("log dots on a bar", () => {
	const logs = place([
		drawnLog(10, root, "gateway", "info", "a"),
		drawnLog(10.1, root, "gateway", "error", "b"),
		drawnLog(50, root, "gateway", "debug", "c"),
		drawnLog(150, root, "gateway", "info", "after the view"),
		drawnLog(20, "00000000000000aa", "api", "info", "of another row"),
	]);

	it("stand at their time, near ones merged under the worst level, the ones out of view left out", () => {
		expect(logDots(logs, 0, { fromNs: 0, toNs: 100e6 }, 1000, 6)).toEqual([
			{ share: 0.1, lines: [0, 1], level: "error" },
			{ share: 0.5, lines: [3], level: "debug" },
		]);
	});

	it("come apart when zoomed in", () => {
		expect(logDots(logs, 0, { fromNs: 10e6, toNs: 11e6 }, 1000, 6).map((dot) => dot.lines)).toEqual([[0], [1]]);
	});

	it("are none for a row without lines", () => {
		expect(logDots(logs, 1, { fromNs: 0, toNs: 100e6 }, 1000, 6)).toEqual([]);
	});
});

describe("filtering lines", () => {
	const withAttribute = { ...drawnLog(30, null, "api", "fatal", "gone"), attributes: { "order.id": 4711 } };
	const logs = place([
		drawnLog(10, root, "gateway", "info", "Order Placed"),
		drawnLog(20, "00000000000000aa", "api", "warn", "slow"),
		withAttribute,
	]);
	it.each([
		[{ text: "", minLevel: null, row: -1 }, [0, 1, 2]],
		[{ text: "order placed", minLevel: null, row: -1 }, [0]],
		[{ text: "4711", minLevel: null, row: -1 }, [2]],
		[{ text: "", minLevel: "warn" as const, row: -1 }, [1, 2]],
		[{ text: "", minLevel: null, row: 2 }, [1]],
		[{ text: "order", minLevel: "error" as const, row: -1 }, [2]],
	])("%j keeps %j", (filter, kept) => {
		expect([...filterLogs(logs, filter)]).toEqual(kept);
	});
});
