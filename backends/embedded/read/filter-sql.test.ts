/** The SQL of a filter means what core's reference says, for any filter and any span or log record. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { levelOf } from "../../../core/attribute-value.ts";
import { matchesLog, matchesSpan } from "../../../core/match-filter.ts";
import type { LogRecord, Span } from "../../../core/model.ts";
import type { CompareOp, Filter } from "../../../core/search.ts";
import { callOf } from "../../conformance/scene.ts";
import { logs, type SpecAttributes, spans } from "../../conformance/telemetry.ts";
import { memoryStore } from "./testing-store.ts";

const base = 1_700_000_000_000_000_000n;
const window = { fromUnixNano: base - 1_000_000_000n, toUnixNano: base + 100_000_000_000n };
const keys = ["http.route", "n", "we/ird~key", 'quo"te', "deep", "*"];
const values = ["/cart", "/Cart/{id}", "", "a*b", "50%_x\\", "ÜNÏ 🌍", "'; drop", 0, 17, -3, 0.25, 1e21, true, false];
const texts = ["cart", "ünï", "%_", "\\", "17", "true", "x", '"'];
const services = ["shop", "mailer", "sh*p"];
const names = ["GET /cart", "plain", "100%", "st*r", ""];
const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;

/** Every combination is met somewhere: the steps are coprime to the lists' lengths. */
function attributesOf(i: number): SpecAttributes {
	const attributes: SpecAttributes = {};
	if (i % 3 !== 0) attributes[pick(keys, i)] = pick(values, i * 5 + (i >> 3));
	if (i % 4 === 1) attributes[pick(keys, i + 1)] = pick(values, i * 7);
	if (i % 11 === 0) attributes.deep = { n: 17, list: ["cart", true] };
	return attributes;
}

const field = fc.constantFrom(
	...keys,
	...[
		"service",
		"name",
		"kind",
		"status",
		"duration",
		"traceId",
		"spanId",
		"level",
		"body",
		"root.name",
		"root.service",
	],
);
const op = fc.constantFrom<CompareOp>("=", "!=", ">", ">=", "<", "<=");
const value = fc.constantFrom(
	...values,
	...[
		...services,
		...names,
		...kinds,
		"error",
		"ok",
		"warn",
		"info",
		"*",
		"/c*",
		"*art*",
		"a\\*b",
		"*\\*b",
		"s*p",
		"ser*",
		5_000,
		1_000_000,
	],
);
const filters = fc.letrec<{ filter: Filter }>((tie) => ({
	filter: fc.oneof(
		{ maxDepth: 3, withCrossShrink: true },
		fc.record({ kind: fc.constant("compare" as const), field, op, value }),
		fc.record({ kind: fc.constant("text" as const), text: fc.constantFrom(...texts) }),
		fc.record({ kind: fc.constantFrom("and" as const, "or" as const), of: fc.array(tie("filter"), { maxLength: 3 }) }),
		fc.record({ kind: fc.constant("not" as const), of: tie("filter") }),
	),
})).filter;

let store: Awaited<ReturnType<typeof memoryStore>>;
let stored: Span[];
let lines: LogRecord[];

beforeAll(async () => {
	store = await memoryStore();
	const specs = Array.from({ length: 150 }, (_, i) => ({
		traceId: (i + 1).toString(16).padStart(32, "a"),
		spanId: (i + 1).toString(16).padStart(16, "b"),
		service: pick(services, i),
		name: pick(names, i),
		kind: pick(kinds, i),
		start: base + BigInt(i),
		durationNs: pick([0, 5_000, 1_000_000], i),
		status: pick([undefined, "ok", "error"] as const, i >> 1),
		statusMessage: pick(["", "Cart Refused"], i >> 2),
		attributes: attributesOf(i),
		resource: i % 5 === 0 ? attributesOf(i + 7) : {},
		events: i % 6 === 0 ? [{ time: base, name: "e", attributes: attributesOf(i + 3) }] : [],
		links: i % 7 === 0 ? [{ traceId: "c".repeat(32), spanId: "d".repeat(16), attributes: attributesOf(i + 4) }] : [],
	}));
	await store.load("traces", JSON.parse(spans(...specs).body));
	const records = Array.from({ length: 150 }, (_, i) => ({
		service: pick(services, i),
		time: base + BigInt(i),
		body: pick(["Cart refused", "100% ünï", "plain", '{"a":"x"}'], i),
		severityNumber: pick([0, 1, 9, 13, 17, 24], i),
		severityText: pick(["", "Warning", "ERROR2", "INFO", "odd"], i),
		attributes: attributesOf(i),
		resource: i % 5 === 0 ? attributesOf(i + 7) : {},
	}));
	await store.load("logs", JSON.parse(logs(...records).body));
	stored = (await Promise.all(specs.map((s) => store.traces.trace(s.traceId, callOf())))).flatMap((a) => a.data);
	lines = (await store.logs.logs({ window, filter: null, order: "oldest" }, callOf())).data;
});
afterAll(() => store.store.close());

it("finds by any filter exactly the spans that core's reference matches", async () => {
	expect(stored).toHaveLength(150);
	await fc.assert(
		fc.asyncProperty(filters, async (filter) => {
			const answer = await store.traces.search({ window, filter, status: null, order: "newest" }, callOf());
			const expected = stored.filter((span) => matchesSpan(filter, span, { name: span.name, service: span.service }));
			expect(answer.data.map((t) => t.traceId).sort()).toEqual(expected.map((s) => s.traceId).sort());
		}),
		{ numRuns: 150 },
	);
});

it("finds by any filter exactly the log records that core's reference matches", async () => {
	expect(lines).toHaveLength(150);
	await fc.assert(
		fc.asyncProperty(filters, async (filter) => {
			const answer = await store.logs.logs({ window, filter, order: "oldest" }, callOf());
			expect(answer.data.map((l) => l.sequence)).toEqual(
				lines.filter((l) => matchesLog(filter, l)).map((l) => l.sequence),
			);
		}),
		{ numRuns: 150 },
	);
});

it.each(["warn", "error", "info", "trace", "fatal", "debug"] as const)(
	"takes %s and above by core's levels",
	async (minLevel) => {
		const order = ["unspecified", "trace", "debug", "info", "warn", "error", "fatal"];
		const answer = await store.logs.logs({ window, minLevel, filter: null, order: "oldest" }, callOf());
		expect(answer.data.map((l) => l.sequence)).toEqual(
			lines
				.filter((l) => order.indexOf(levelOf(l.severityNumber, l.severityText)) >= order.indexOf(minLevel))
				.map((l) => l.sequence),
		);
	},
);
