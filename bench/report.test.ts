import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { percentile, percentiles } from "./percentile.ts";
import { type Result, readmeWithFigures, writeResult } from "./report.ts";

const machine = { cpu: "Test CPU", cores: 2, memoryGb: 24, os: "Linux 6", node: "v20.20.0", loadBefore: 0.1 };
const result: Result = {
	name: "ingest",
	what: "What was done.",
	machine,
	date: "2026-01-02T03:04:05.000Z",
	commit: "abc1234",
	flags: ["--seconds 2"],
	figures: [
		{
			name: "rate",
			value: 130_000,
			unit: "spans/s",
			goal: { at: "least", value: 120_000 },
			baseline: { name: "trial", value: 80_000 },
		},
		{ name: "p99", value: 12.34, unit: "ms", goal: { at: "most", value: 10 } },
		{ name: "told", value: 5, unit: "MB" },
	],
	details: {},
};

it("The page of results is written from the files: goals met or not, ratios, machine, commit and reduced size", () => {
	const folder = mkdtempSync(join(tmpdir(), "trivet-report-"));
	try {
		writeResult(folder, { ...result, name: "soak", flags: [] });
		writeResult(folder, result);
		const page = readFileSync(join(folder, "README.md"), "utf8");
		expect(page.indexOf("## ingest")).toBeLessThan(page.indexOf("## soak"));
		expect(page).toContain("| rate | 130,000 spans/s | ≥ 120,000 spans/s | yes | trial: 80,000 spans/s | 1.63 |");
		expect(page).toContain("| p99 | 12.3 ms | ≤ 10 ms | **no** |  |  |");
		expect(page).toContain("| told | 5 MB |  |  |  |  |");
		expect(page).toContain(
			"2026-01-02 03:04 UTC, commit abc1234. 2 × Test CPU, 24 GB, Linux 6, Node v20.20.0; load average before: 0.1.",
		);
		expect(page.match(/Not the full size: `--seconds 2`/g)?.length).toBe(1);
		expect(JSON.parse(readFileSync(join(folder, "ingest.json"), "utf8"))).toEqual(result);
	} finally {
		rmSync(folder, { recursive: true });
	}
});

it.each([
	[[], 50, 0],
	[[7], 99, 7],
	[[1, 2, 3, 4], 50, 2],
	[[1, 2, 3, 4], 75, 3],
	[[1, 2, 3, 4], 100, 4],
])("The nearest rank of %j at %d %% is %d", (sorted, percent, expected) => {
	expect(percentile(sorted, percent)).toBe(expected);
});

it("Percentiles sort what they are given and say of how many they are", () => {
	expect(percentiles([30, 10, 20])).toEqual({ p50: 20, p95: 30, p99: 30, max: 30, n: 3 });
});

it("The README gets the figures that have a goal, a missed one said, between its markers and nowhere else", () => {
	const readme = "before\n<!-- figures: x -->\nold\n<!-- /figures -->\nafter\n";
	const written = readmeWithFigures(readme, [result]);
	expect(written).toBe(
		"before\n<!-- figures: x -->\n| figure | measured | goal |\n|---|---:|---:|\n| rate | 130,000 spans/s | ≥ 120,000 spans/s |\n| p99 | 12.3 ms | ≤ 10 ms (missed) |\n<!-- /figures -->\nafter\n",
	);
	expect(readmeWithFigures("no markers", [result])).toBe("no markers");
});
