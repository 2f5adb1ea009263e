import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, ExpositionError } from "./exposition.ts";
import { parseOpenMetrics } from "./openmetrics.ts";

const data = process.env.TRIVET_SHARED_DATA ?? fileURLToPath(new URL("../../../../shared/data", import.meta.url));
const casesFile = `${data}/conformance/openmetrics/cases.jsonl`;
const haveCases = existsSync(casesFile);
if (!haveCases)
	console.warn(`OpenMetrics conformance skipped: no ${casesFile}; set TRIVET_SHARED_DATA to the measuring data`);

describe.skipIf(!haveCases)("OpenMetrics conformance cases (prometheus/OpenMetrics)", () => {
	const cases = haveCases
		? readFileSync(casesFile, "utf8")
				.split("\n")
				.filter(Boolean)
				.map((line) => JSON.parse(line) as { name: string; shouldParse: boolean; text: string })
		: [];

	it("are all 211, 44 of them good", () => {
		expect(cases.length).toBe(211);
		expect(cases.filter((one) => one.shouldParse).length).toBe(44);
	});
	it.each(cases.filter((one) => one.shouldParse))("$name is accepted", ({ text }) => {
		parseOpenMetrics(text);
	});
	it.each(cases.filter((one) => !one.shouldParse))("$name is refused with its line", ({ text }) => {
		expect(() => parseOpenMetrics(text)).toThrow(/^line \d+: /);
	});
});

describe("an OpenMetrics text", () => {
	it("becomes families with their samples, times and exemplars", () => {
		const [family] = parseOpenMetrics(
			[
				"# TYPE lag_seconds histogram",
				"# UNIT lag_seconds seconds",
				'# HELP lag_seconds how \\"late\\"',
				'lag_seconds_bucket{topic="a\\"b",le="0.5"} 2 1700000000.123456789 # {trace_id="ab"} 0.25 1700000000.5',
				'lag_seconds_bucket{topic="a\\"b",le="+Inf"} 3 1700000000.123456789',
				"# EOF",
			].join("\n"),
		);
		expect(family).toMatchObject({ name: "lag_seconds", type: "histogram", unit: "seconds", help: 'how "late"' });
		expect(family!.samples[0]).toEqual({
			name: "lag_seconds_bucket",
			labels: [
				["topic", 'a"b'],
				["le", "0.5"],
			],
			value: 2,
			timeUnixNano: 1_700_000_000_123_456_789n,
			exemplar: { labels: [["trace_id", "ab"]], value: 0.25, timeUnixNano: 1_700_000_000_500_000_000n },
		});
	});

	it.each([
		["a 1\na 2\n# EOF\n", /line 2: the same series appears twice/],
		["# TYPE a counter\na_total 0x1\n# EOF\n", /line 2: "0x1" is not a number/],
		["a 1\n", /line 2: the text ends without # EOF/],
		['# TYPE a histogram\na_bucket{le="1"} 1\n# EOF\n', /line 3: the bucket le="\+Inf" is missing .*"a"/],
	])("%j is refused with a sentence", (text, reason) => {
		expect(() => parseOpenMetrics(text)).toThrow(reason);
	});

	it.each([
		["text", { text: 10 }, "aaaaaaaaaa 1\n# EOF\n"],
		["line", { line: 10 }, "aaaaaaaaaa 1\n# EOF\n"],
		["labels", { labels: 1 }, 'a{a="1",b="2"} 1\n# EOF\n'],
		["samples", { samples: 1 }, "a 1\nb 1\n# EOF\n"],
		["metadata", { metadata: 1 }, "# TYPE a gauge\n# HELP a x\n# EOF\n"],
	])("over the limit of %s is refused", (_, limit, text) => {
		parseOpenMetrics(text);
		expect(() => parseOpenMetrics(text, { ...DEFAULT_LIMITS, ...limit })).toThrow(ExpositionError);
	});

	it("that is cut or mangled anywhere is parsed or refused, never anything else", () => {
		const good =
			'# TYPE a histogram\n# HELP a x\na_bucket{b="c\\n",le="1"} 1 2 # {trace_id="d"} 0.5 1\na_bucket{b="c\\n",le="+Inf"} 2 2\n# TYPE s summary\ns{quantile="0.5"} 1\ns_count 1\n# EOF\n';
		const fragments = [
			"#",
			" ",
			"\n",
			'"',
			"{",
			"}",
			"\\",
			",",
			"=",
			"NaN",
			"-",
			"1e999",
			"_total",
			"le",
			"# EOF",
			"\u0000",
			"☃",
			"__proto__",
		];
		fc.assert(
			fc.property(
				fc.array(fc.record({ at: fc.nat(good.length), drop: fc.nat(5), put: fc.constantFrom(...fragments) }), {
					maxLength: 6,
				}),
				(edits) => {
					let text = good;
					for (const { at, drop, put } of edits) text = text.slice(0, at) + put + text.slice(at + drop);
					expectParsedOrRefused(() => parseOpenMetrics(text));
				},
			),
			{ numRuns: 2000 },
		);
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) =>
				expectParsedOrRefused(() => parseOpenMetrics(text)),
			),
			{ numRuns: 500 },
		);
	});

	it("of a megabyte of one hostile character ends", () => {
		for (const one of ["0", "\\", '"', "{", "a", " ", "#", "\n", 'a{b="', "e1"]) {
			const text = `a ${one.repeat(1_000_000 / one.length)}\n# EOF\n`;
			expectParsedOrRefused(() => parseOpenMetrics(text, { ...DEFAULT_LIMITS, line: 2_000_000 }));
		}
	});
});

function expectParsedOrRefused(parse: () => unknown): void {
	try {
		parse();
	} catch (error) {
		expect(error).toBeInstanceOf(ExpositionError);
	}
}
