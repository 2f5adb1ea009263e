import fc from "fast-check";
import { expect, test } from "vitest";
import { RED_PROFILES } from "../core/red.ts";
import * as red from "./red-promql.ts";

/** The rules that the heatmap's query rewrites bounds with, in the order in which they apply. */
const rules = [...red.heatmap().matchAll(/, "le", "([^"]*)", "le", "([^"]*)"\)/g)].map(
	([, to = "", from = ""]) => [new RegExp(`^(?:${from})$`), to] as const,
);

/** As label_replace: the whole value must match; what is no group is empty. */
function inSeconds(bound: string): string {
	return rules.reduce((text, [from, to]) => text.replace(from, to), bound);
}

test.each([
	["2", 0.002],
	["2.0", 0.002],
	["2.5", 0.0025],
	["0.5", 0.0005],
	["50", 0.05],
	["12.5", 0.0125],
	["100.0", 0.1],
	["800", 0.8],
	["1000", 1],
	["1400.0", 1.4],
	["15000", 15],
])("a bucket up to %s milliseconds is one up to %s seconds", (bound, seconds) => {
	expect(Number(inSeconds(bound))).toBeCloseTo(seconds, 12);
});

test("every whole bound up to an hour, and +Inf", () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 3_600_000 }), (ms) => {
			expect(Number(inSeconds(String(ms)))).toBeCloseTo(ms / 1000, 9);
		}),
	);
	expect(inSeconds("+Inf")).toBe("+Inf");
});

test.each([
	["rate", red.callRate()],
	["errors", red.errorRate()],
	["error ratio", red.errorRatio()],
	["latency", red.latency(0.95)],
])(
	"%s asks for every profile of the design, in its order, each only where the ones before have no answer",
	(_, query) => {
		const at = RED_PROFILES.map(({ metric }) => query.indexOf(`${metric}_`));
		expect(at.every((position) => position >= 0)).toBe(true);
		expect([...at].sort((a, b) => a - b)).toEqual(at);
		expect(query.split("\nor on (service)\n")).toHaveLength(RED_PROFILES.length);
	},
);
