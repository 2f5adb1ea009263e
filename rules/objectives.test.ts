import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../engines/recipes.ts";
import { generatedRules } from "./generated-rules.ts";
import { readObjectives } from "./objectives.ts";
import { sloFile } from "./slo-rules.ts";

describe("slo.yaml", () => {
	test("holds objectives by service, either kind or both", () => {
		const text = "services:\n  shop: { availability: 99.9 }\n  cart: { latency: { percent: 95, within_ms: 250 } }\n";
		expect(readObjectives(text)).toEqual({
			shop: { availability: 99.9 },
			cart: { latency: { percent: 95, within_ms: 250 } },
		});
	});

	test.each([
		["no YAML", "services: {", /is not YAML: /],
		["nothing", "", /slo\.yaml: null is not /],
		["no services", "services: {}", /services: \{\} is not at least one service/],
		[
			"a share instead of percent",
			"services: { shop: { availability: 0.995 } }",
			/services\.shop\.availability: 0\.995 is not at least 93\.1/,
		],
		[
			"nothing may fail",
			"services: { shop: { availability: 100 } }",
			/services\.shop\.availability: 100 is not less than 100/,
		],
		[
			"text",
			"services: { shop: { availability: high } }",
			/services\.shop\.availability: "high" is not a number of percent/,
		],
		[
			"a time that is no bucket",
			"services: { shop: { latency: { percent: 95, within_ms: 300 } } }",
			/services\.shop\.latency\.within_ms: 300 is not a bound of the histogram's buckets: 5, 10, 25/,
		],
		["no objective", "services: { shop: {} }", /services\.shop: \{\} is not availability or latency, or both/],
		["a key that is none", "services: { shop: { availability: 99, uptime: 3 } }", /services\.shop: .*"uptime"/],
		[
			"several at once",
			"services: { a: { availability: 1 }, b: { availability: 2 } }",
			/a\.availability: 1 .*; services\.b\.availability: 2 /,
		],
	])("%s: says which value does not fit, and what does", (_, text, sentence) => {
		expect(() => readObjectives(text)).toThrow(sentence);
	});
});

test("names of services are not read as regular expressions", () => {
	const file = sloFile({ "a.b+c": { availability: 99 } });
	expect(file).toContain('service_name=~"a[.]b[+]c"');
});

test.each(generatedRules(ROOT))("$path is what `npm run rules` writes: run it", ({ path, text }) => {
	expect(readFileSync(join(ROOT, path), "utf8")).toBe(text);
});
