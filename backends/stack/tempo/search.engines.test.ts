/** Every filter against the real Tempo: it understands what is asked, and the answer is what core's own matching says. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { readTraces } from "../../../core/formats/otlp-json.ts";
import { matchesSpan } from "../../../core/match-filter.ts";
import type { Filter } from "../../../core/search.ts";
import { howToBuild, missingEngines } from "../../../engines/engines.ts";
import { callOf, everyPage, MS } from "../../conformance/scene.ts";
import { Double, type SpanSpec, spans } from "../../conformance/telemetry.ts";
import { openTestTempo, type TestTempo } from "./testing-tempo.ts";
import { conditionOf, laidOut } from "./traceql.ts";

const missing = missingEngines(["tempo"]);
const start = (BigInt(Date.now()) - 120_000n) * 1_000_000n;
const id = (n: number) => n.toString(16).padStart(32, n % 2 === 0 ? "00ab" : "0");

const KEYS = ["http.route", "status", "n", "f", "flag", "with space", 'quo"te\\', "ключ", "list", "a.b-c/d", "level"];
const TEXTS = [
	"x",
	"/cart",
	"5",
	"*",
	"a*",
	"\\*",
	"Grüße",
	"🌍",
	"",
	"error",
	"true",
	'say "hi"\\',
	"a\nb",
	"(",
	"x|y",
];

/** One span each, so that a trace answers as its span does. */
const zoo: SpanSpec[] = [
	{ name: "/cart", kind: "server", attributes: { "http.route": "/cart", n: 5, flag: true }, status: "error" },
	{ name: "x", kind: "client", attributes: { n: new Double(5), f: -2.5, flag: false, status: "error" }, status: "ok" },
	{ name: "Grüße 🌍", statusMessage: 'say "hi"\\', status: "error", attributes: { "with space": "x", ключ: "Grüße" } },
	{ name: "a*b", attributes: { 'quo"te\\': "a\nb", n: "5" }, resource: { "http.route": "x" } },
	{
		name: "",
		events: [{ time: start, name: "e", attributes: { "http.route": "ev" } }],
		scope: { attributes: { "a.b-c/d": "x" } },
	},
	{
		name: "(",
		kind: "producer",
		links: [{ traceId: id(90), spanId: "00000000000000ff", attributes: { "http.route": "a" } }],
	},
	{ name: "a", kind: "consumer", attributes: { n: -7, f: 0.5, level: "error", "http.route": "aa" }, durationNs: 0 },
].map((spec, i) => ({
	traceId: id(i + 1),
	spanId: (i + 1).toString(16).padStart(16, "0"),
	service: `s${i % 3}`,
	start: start + BigInt(i * MS),
	durationNs: (i + 1) * MS,
	...(spec as Partial<SpanSpec>),
	name: (spec as { name: string }).name,
})) as SpanSpec[];

const ops = fc.constantFrom("=", "!=", ">", ">=", "<", "<=");
const text = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: "grapheme", maxLength: 8 }));
const number = fc.oneof(fc.constantFrom(5, -7, 0, 0.5, -2.5, 1e300, -Number.MAX_VALUE, 2 ** 63, 4.9), fc.double());
const field = fc.constantFrom(...KEYS, "service", "name", "root.name", "root.service");
const leaf: fc.Arbitrary<Filter> = fc.oneof(
	fc.record({ kind: fc.constant("compare"), field, op: ops, value: fc.oneof(text, number, fc.boolean()) }),
	fc.record({
		kind: fc.constant("compare"),
		field: fc.constant("kind"),
		op: fc.constantFrom("=", "!="),
		value: fc.constantFrom("server", "client", "unspecified", "c*", "*", "nothing"),
	}),
	fc.record({
		kind: fc.constant("compare"),
		field: fc.constant("status"),
		op: fc.constantFrom("=", "!="),
		value: fc.constantFrom("ok", "error", "unset"),
	}),
	fc.record({
		kind: fc.constant("compare"),
		field: fc.constant("duration"),
		op: ops,
		value: fc.oneof(fc.integer({ min: 0, max: 8 * MS }), number),
	}),
	fc.record({
		kind: fc.constant("compare"),
		field: fc.constant("traceId"),
		op: ops,
		value: fc.integer({ min: 1, max: 9 }).map(id),
	}),
	fc.record({
		kind: fc.constant("compare"),
		field: fc.constant("spanId"),
		op: ops,
		value: fc.integer({ min: 1, max: 9 }).map((n) => n.toString(16).padStart(16, "0")),
	}),
	fc.record({ kind: fc.constant("text"), text }),
) as fc.Arbitrary<Filter>;
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
	filter: fc.oneof(
		{ maxDepth: 3, withCrossShrink: true },
		leaf,
		fc.record({
			kind: fc.constantFrom("and", "or"),
			of: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }),
		}) as fc.Arbitrary<Filter>,
		fc.record({ kind: fc.constant("not"), of: tie("filter") }) as fc.Arbitrary<Filter>,
	),
}));

describe.skipIf(missing.length > 0)(`search in Tempo ${missing.length > 0 ? `(${howToBuild(missing)})` : ""}`, () => {
	let tempo: TestTempo;
	const window = { fromUnixNano: start - 60_000_000_000n, toUnixNano: start + 600_000_000_000n };
	const held = readTraces(spans(...zoo).body).spans;

	beforeAll(async () => {
		tempo = await openTestTempo();
		for (const span of zoo) await tempo.send(span);
		for (const span of zoo) await tempo.searchable(span.traceId);
	});
	afterAll(() => tempo?.close());

	it("every filter is TraceQL that Tempo parses", async () => {
		await fc.assert(
			fc.asyncProperty(filter, fc.array(fc.string({ unit: "grapheme" }), { maxLength: 40 }), async (asked, keys) => {
				const params = { q: laidOut(`{ ${conditionOf(asked, keys) ?? ""} }`), start: "1", end: "2", limit: "1" };
				await tempo.engine.json(z.unknown(), { path: "/api/search", params }, callOf());
			}),
			{ numRuns: 300 },
		);
	});

	it("every filter finds exactly the traces that core's matching finds", async () => {
		await fc.assert(
			fc.asyncProperty(filter, async (asked) => {
				const pages = await everyPage((cursor) =>
					tempo.traces.search({ window, filter: asked, status: null, order: "newest" }, callOf({ cursor })),
				);
				const expected = held.filter((span) => matchesSpan(asked, span, span)).map((span) => span.traceId);
				expect(
					pages
						.flat()
						.map((trace) => trace.traceId)
						.sort(),
				).toEqual(expected.sort());
			}),
			{ numRuns: 100 },
		);
	});

	// Of the same kind: Tempo compares a list with each of its values, so a negated comparison leaves out lists that hold the value.
	it("free text is not looked for inside maps, which Tempo does not search", async () => {
		const span = {
			...(zoo[0] as SpanSpec),
			traceId: id(50),
			attributes: { map: { deep: "treasure" }, list: ["gold"] },
		};
		await tempo.send(span);
		await tempo.searchable(span.traceId);
		const ask = async (text: string) =>
			(await tempo.traces.search({ window, filter: { kind: "text", text }, status: null, order: "newest" }, callOf()))
				.data;
		expect([(await ask("treasure")).length, (await ask("GOLD")).length]).toEqual([0, 1]);
	});
});
