import { describe, expect, it } from "vitest";
import type { Pivot } from "../../../server/api/schema.ts";
import { drawnLog, drawnTrace } from "./drawn-trace.ts";
import { placeAllLogs, readPivot } from "./trace-model.ts";

const skeleton = drawnTrace("gateway GET / 0+10");
const section = { status: "ok" as const, source: "embedded", window: null, query: "q" };
const records = [drawnLog(1, null, "gateway", "info", "one"), drawnLog(2, null, "gateway", "info", "two")];

function pivot(trace: Partial<Pivot["trace"]>): Pivot {
	return {
		traceId: skeleton.traceId,
		resolvedAs: "trace id",
		candidates: [],
		trace: { ...section, facts: skeleton, skeleton, ...trace },
		logs: { ...section, records },
		red: { ...section, stepMs: 1000, services: [] },
		exemplars: { ...section, items: [] },
		timings: {},
	};
}

describe("the page's model", () => {
	it("turns a torn tree into that section's error and keeps the logs", () => {
		const torn = structuredClone(skeleton);
		torn.columns.depth.pop();
		const model = readPivot(pivot({ skeleton: torn }));
		expect(model.traceSection).toMatchObject({ status: "error", reason: expect.stringContaining("column depth") });
		expect(placeAllLogs(model, []).records).toHaveLength(2);
	});

	it("counts from the first line when no span is known", () => {
		const model = readPivot({ ...pivot({ facts: null, status: "empty" }), trace: { ...section, facts: null } });
		expect(model.tree.count).toBe(0);
		expect([...placeAllLogs(model, []).atNs]).toEqual([0, 1e6]);
	});

	it("keeps a line once that came with two pages", () => {
		const model = readPivot(pivot({}));
		const logs = placeAllLogs(model, [records[1]!, drawnLog(3, null, "gateway", "info", "three")]);
		expect(logs.records.map((record) => record.body)).toEqual(["one", "two", "three"]);
	});
});
