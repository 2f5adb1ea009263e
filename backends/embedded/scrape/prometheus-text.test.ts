import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, ExpositionError } from "./exposition.ts";
import { parsePrometheusText } from "./prometheus-text.ts";

describe("a Prometheus text", () => {
	it("is read with its blanks, comments, free order and trailing commas", () => {
		const families = parsePrometheusText(
			[
				"",
				"# a comment",
				"  # HELP  http_requests_total  The \\\\ total",
				"#TYPE http_requests_total\tcounter",
				'http_requests_total { method = "post" , code="200", }  1027   1395066363000',
				"lonely 3",
				"# TYPE rpc_seconds histogram",
				'rpc_seconds_bucket{le="+Inf"} 3',
				"rpc_seconds_count 3",
				"lonely +inf 1",
				"rpc_seconds_sum 4.5",
				"rpc_seconds_sum 9",
			].join("\n"),
		);
		expect(families.map((one) => [one.name, one.type, one.samples.map((sample) => sample.value)])).toEqual([
			["http_requests_total", "counter", [1027]],
			["lonely", "unknown", [3, Number.POSITIVE_INFINITY]],
			["rpc_seconds", "histogram", [3, 3, 4.5]],
		]);
		expect(families[0]).toMatchObject({
			help: "The \\ total",
			samples: [
				{
					timeUnixNano: 1_395_066_363_000_000_000n,
					labels: [
						["method", "post"],
						["code", "200"],
					],
				},
			],
		});
	});

	it.each([
		["a", /line 1: "" is not a number/],
		["\na 1 2.5", /line 2: "2.5" is not a timestamp/],
		["a 1 2 3", /line 1: there is text after the timestamp/],
		['a{b="c} 1', /line 1: a label's value has no closing quote/],
		["a 0x1p3", /line 1: "0x1p3" is not a number/],
		["# TYPE", /line 1: TYPE names no metric/],
		['a_bucket{le="1"} 1 # {trace_id="x"} 1', /line 1: "#" is not a timestamp/],
	])("%j is refused with a sentence", (text, reason) => {
		expect(() => parsePrometheusText(text)).toThrow(reason);
	});

	it.each([
		["text", { text: 3 }, "a 11"],
		["line", { line: 3 }, "a 11"],
		["labels", { labels: 1 }, 'a{a="1",b="2"} 1'],
		["samples", { samples: 1 }, "a 1\nb 1"],
		["metadata", { metadata: 1 }, "# 1\n# 2"],
	])("over the limit of %s is refused", (_, limit, text) => {
		parsePrometheusText(text);
		expect(() => parsePrometheusText(text, { ...DEFAULT_LIMITS, ...limit })).toThrow(ExpositionError);
	});

	it("of any characters is parsed or refused, never anything else", () => {
		const part = fc.constantFrom(
			"a",
			" ",
			"\t",
			"\n",
			"{",
			"}",
			'"',
			"\\",
			",",
			"=",
			"1",
			".",
			"e",
			"NaN",
			"#",
			"# TYPE ",
			"_sum",
			"histogram",
			"__proto__",
			"☃",
		);
		fc.assert(
			fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
				try {
					parsePrometheusText(parts.join(""));
				} catch (error) {
					expect(error).toBeInstanceOf(ExpositionError);
				}
			}),
			{ numRuns: 2000 },
		);
	});
});
