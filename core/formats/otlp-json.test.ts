import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Span } from "../model.ts";
import { InvalidInput } from "../ports.ts";
import { readLogs, readMetrics, readTraces, writeTraces } from "./otlp-json.ts";

const TRACE = "5b8efff798038103d269b633813fc60c";
const SPAN = "eee19b7ec3c1b174";
const good = {
	traceId: TRACE,
	spanId: SPAN,
	name: "GET /cart",
	startTimeUnixNano: "1544712660000000000",
	endTimeUnixNano: "1544712661000000000",
};
const attribute = (key: string, value: object) => ({ key, value });
const resource = { attributes: [attribute("service.name", { stringValue: "shop" })] };
const traces = (...spans: unknown[]) => ({
	resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "s" }, spans }] }],
});
const logs = (...logRecords: unknown[]) => ({ resourceLogs: [{ resource, scopeLogs: [{ scope: {}, logRecords }] }] });
const metrics = (...list: unknown[]) => ({
	resourceMetrics: [{ resource, scopeMetrics: [{ scope: {}, metrics: list }] }],
});

test("a span is read whole", () => {
	const { spans, rejected } = readTraces(
		JSON.stringify(
			traces({
				...good,
				parentSpanId: "eee19b7ec3c1b173",
				traceState: "ot=th:8",
				kind: 2,
				attributes: [
					attribute("http.route", { stringValue: "/cart" }),
					attribute("int", { intValue: "42" }),
					attribute("big", { intValue: "9007199254740993" }),
					attribute("double", { doubleValue: 0.5 }),
					attribute("bool", { boolValue: false }),
					attribute("bytes", { bytesValue: "aGk=" }),
					attribute("list", { arrayValue: { values: [{ intValue: 1 }, { stringValue: "a" }] } }),
					attribute("map", { kvlistValue: { values: [attribute("k", { stringValue: "v" })] } }),
					attribute("none", {}),
				],
				events: [{ timeUnixNano: "1544712660500000000", name: "hit", attributes: [attribute("n", { intValue: 1 })] }],
				links: [
					{ traceId: TRACE, spanId: SPAN },
					{ traceId: "", spanId: "" },
				],
				status: { code: 2, message: "boom" },
			}),
		),
	);
	expect(rejected).toEqual({ count: 0, reason: "" });
	expect(spans).toEqual([
		{
			traceId: TRACE,
			spanId: SPAN,
			parentSpanId: "eee19b7ec3c1b173",
			service: "shop",
			name: "GET /cart",
			kind: "server",
			startUnixNano: 1544712660000000000n,
			durationNs: 1e9,
			statusCode: "error",
			statusMessage: "boom",
			route: "/cart",
			peer: null,
			links: [{ traceId: TRACE, spanId: SPAN, attributes: {} }],
			weight: 2,
			arrival: 0,
			eventCount: 1,
			attributes: {
				"http.route": "/cart",
				int: 42,
				big: "9007199254740993",
				double: 0.5,
				bool: false,
				bytes: "aGk=",
				list: [1, "a"],
				map: { k: "v" },
				none: null,
			},
			resource: { "service.name": "shop" },
			scopeName: "s",
			scopeVersion: "",
			traceState: "ot=th:8",
			events: [{ timeUnixNano: 1544712660500000000n, name: "hit", attributes: { n: 1 } }],
		},
	]);
});

test.each<[string, object, object]>([
	["ids in upper case", { traceId: TRACE.toUpperCase(), spanId: SPAN.toUpperCase() }, { traceId: TRACE, spanId: SPAN }],
	[
		"ids in base64, as Tempo writes them",
		{ traceId: "W47/95gDgQPSabYzgT/GDA==", spanId: "7uGbfsPBsXQ=" },
		{ traceId: TRACE, spanId: SPAN },
	],
	["times as numbers", { startTimeUnixNano: 0, endTimeUnixNano: 5 }, { startUnixNano: 0n, durationNs: 5 }],
	["a kind by its name", { kind: "SPAN_KIND_CONSUMER" }, { kind: "consumer" }],
	["an unknown kind", { kind: 77 }, { kind: "unspecified" }],
	["a status by its name", { status: { code: "STATUS_CODE_OK" } }, { statusCode: "ok" }],
	["no parent as zeros", { parentSpanId: "0000000000000000" }, { parentSpanId: null }],
	["no parent as nothing", { parentSpanId: "" }, { parentSpanId: null }],
	["a duration of zero", { endTimeUnixNano: good.startTimeUnixNano }, { durationNs: 0 }],
])("%s is understood", (_, fields, expected) => {
	expect(readTraces(traces({ ...good, ...fields })).spans[0]).toMatchObject(expected);
});

test.each<[string, object, string]>([
	["a trace ID of zeros", { traceId: "0".repeat(32) }, "traceId"],
	["a short trace ID", { traceId: "abc" }, "traceId"],
	["no span ID", { spanId: undefined }, "spanId is missing"],
	["a bad parent", { parentSpanId: "xyz" }, "parentSpanId"],
	["no start", { startTimeUnixNano: undefined }, "startTimeUnixNano is missing"],
	["a time that is none", { endTimeUnixNano: "soon" }, 'endTimeUnixNano is "soon"'],
	["a negative time", { startTimeUnixNano: -1 }, "startTimeUnixNano"],
	["a time beyond 63 bits", { endTimeUnixNano: "18446744073709551615" }, "endTimeUnixNano"],
	["an end before its start", { endTimeUnixNano: "1" }, "before"],
	["attributes that are no list", { attributes: {} }, "attributes is an object"],
	["an attribute that is no AnyValue", { attributes: [{ key: "k", value: "plain" }] }, '"plain"'],
	["a name that is no text", { name: 5 }, "name is 5"],
])("a span with %s is rejected, named, and the rest kept", (_, fields, reason) => {
	const { spans, rejected } = readTraces(traces({ ...good, ...fields }, good));
	expect(spans).toHaveLength(1);
	expect(rejected.count).toBe(1);
	expect(rejected.reason).toContain("resourceSpans[0].scopeSpans[0].spans[0]");
	expect(rejected.reason).toContain(reason);
});

test.each<[string | object, string]>([
	["", "empty"],
	['{"resourceSpans":[}', "position 18"],
	[[], "a list"],
	[{ resourceSpans: {} }, "resourceSpans is an object"],
	[{ resourceSpans: [5] }, "resourceSpans[0] is 5"],
	[{ resourceSpans: [{ scopeSpans: [{ spans: "x" }] }] }, 'resourceSpans[0].scopeSpans[0].spans is "x"'],
	[{ resourceSpans: [{ resource: { attributes: 1 } }] }, "resourceSpans[0].resource: attributes is 1"],
	[{ resourceLogs: [] }, "no resourceSpans in the request; it has resourceLogs"],
])("%j is refused, naming the place", (input, message) => {
	expect(() => readTraces(input)).toThrow(InvalidInput);
	expect(() => readTraces(input)).toThrow(message);
});

test("an empty request is one, and so are Tempo's wrappings", () => {
	expect(readTraces("{}").spans).toEqual([]);
	expect(readTraces({ trace: traces(good) }).spans).toHaveLength(1);
	expect(readTraces({ batches: traces(good).resourceSpans }).spans).toHaveLength(1);
});

test("scope attributes are kept among the span's, which win", () => {
	const request = traces({ ...good, attributes: [attribute("a", { intValue: 1 })] });
	const scope = { name: "s", attributes: [attribute("a", { intValue: 9 }), attribute("b", { intValue: 2 })] };
	Object.assign(request.resourceSpans[0]?.scopeSpans[0] ?? {}, { scope });
	expect(readTraces(request).spans[0]?.attributes).toEqual({ a: 1, b: 2 });
});

test("hostile keys stay keys, and hostile depth is rejected", () => {
	const { spans } = readTraces(traces({ ...good, attributes: [attribute("__proto__", { stringValue: "x" })] }));
	expect(Object.keys(spans[0]?.attributes ?? {})).toEqual(["__proto__"]);
	let value: object = { stringValue: "deep" };
	for (let i = 0; i < 5000; i++) value = { arrayValue: { values: [value] } };
	expect(readTraces(traces({ ...good, attributes: [attribute("k", value)] })).rejected.reason).toContain(
		"nested deeper",
	);
});

describe("log records", () => {
	const record = { timeUnixNano: "5", severityNumber: 13, severityText: "WARN", body: { stringValue: "low stock" } };

	test.each<[string, object, object]>([
		[
			"the plain case",
			{ traceId: TRACE, spanId: SPAN },
			{ timeUnixNano: 5n, level: "warn", body: "low stock", service: "shop", traceId: TRACE, spanId: SPAN },
		],
		[
			"the observed time where there is no other",
			{ timeUnixNano: "0", observedTimeUnixNano: "7" },
			{ timeUnixNano: 7n },
		],
		[
			"a structured body as JSON",
			{ body: { kvlistValue: { values: [attribute("a", { intValue: 1 })] } } },
			{ body: '{"a":1}' },
		],
		["an event without a body by its name", { body: undefined, eventName: "cart.full" }, { body: "cart.full" }],
		[
			"a severity by its name",
			{ severityNumber: "SEVERITY_NUMBER_ERROR2", severityText: "" },
			{ severityNumber: 18, level: "error" },
		],
		["a severity by its text", { severityNumber: 0, severityText: "fatal" }, { level: "fatal" }],
		[
			"a trace named by an attribute",
			{ attributes: [attribute("trace_id", { stringValue: TRACE })] },
			{ traceId: TRACE, spanId: null },
		],
		["a line with a bad trace ID, without it", { traceId: "xyz" }, { traceId: null, spanId: null, body: "low stock" }],
	])("%s", (_, fields, expected) => {
		expect(readLogs(logs({ ...record, ...fields })).records[0]).toMatchObject(expected);
	});

	test("without any time a record takes the time it was received, or is rejected", () => {
		const timeless = { ...record, timeUnixNano: undefined };
		expect(readLogs(logs(timeless, record))).toMatchObject({ records: [{ timeUnixNano: 5n }], rejected: { count: 1 } });
		expect(readLogs(logs(timeless), { receivedUnixNano: 9n }).records[0]?.timeUnixNano).toBe(9n);
	});
});

describe("metrics", () => {
	const at = { timeUnixNano: "9", startTimeUnixNano: "1" };

	test("sums, gauges and histograms with exemplars", () => {
		const { points, rejected } = readMetrics(
			metrics(
				{ name: "up", gauge: { dataPoints: [{ ...at, asInt: "1" }] } },
				{
					name: "hits",
					unit: "1",
					sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ ...at, asDouble: 2.5 }] },
				},
				{
					name: "lat",
					histogram: {
						aggregationTemporality: "AGGREGATION_TEMPORALITY_DELTA",
						dataPoints: [
							{
								...at,
								count: "3",
								sum: 4,
								bucketCounts: ["1", "2"],
								explicitBounds: [1],
								exemplars: [{ timeUnixNano: "8", asDouble: 1.5, traceId: TRACE, spanId: SPAN }],
							},
						],
					},
				},
			),
		);
		expect(rejected.count).toBe(0);
		expect(points).toMatchObject([
			{ name: "up", type: "gauge", value: 1, timeUnixNano: 9n, startUnixNano: 1n, service: "shop" },
			{ name: "hits", type: "sum", value: 2.5, monotonic: true, temporality: "cumulative", unit: "1" },
			{
				name: "lat",
				temporality: "delta",
				value: null,
				histogram: { count: 3, sum: 4, bounds: [1], counts: [1, 2] },
				exemplars: [{ value: 1.5, traceId: TRACE, spanId: SPAN }],
			},
		]);
	});

	test("an exponential histogram gets explicit bounds", () => {
		const point = {
			...at,
			count: "3",
			sum: 6,
			scale: 0,
			zeroCount: "0",
			positive: { offset: 0, bucketCounts: ["1", "2"] },
		};
		const { points } = readMetrics(metrics({ name: "e", exponentialHistogram: { dataPoints: [point] } }));
		expect(points[0]?.histogram).toMatchObject({ bounds: [1, 2, 4], counts: [0, 1, 2, 0] });
	});

	test("a summary is its count and sum, and a series for each quantile", () => {
		const point = { ...at, count: "10", sum: 5, quantileValues: [{ quantile: 0.99, value: 2 }] };
		expect(readMetrics(metrics({ name: "s", summary: { dataPoints: [point] } })).points).toMatchObject([
			{ type: "summary", histogram: { count: 10, sum: 5 } },
			{ type: "summary", value: 2, attributes: { quantile: "0.99" } },
		]);
	});

	test.each([
		["without a time", { asInt: 1 }, "timeUnixNano is missing"],
		["without a value", at, "neither asDouble nor asInt"],
		["with a value that is no number", { ...at, asDouble: "many" }, 'asDouble is "many"'],
	])("a point %s is rejected and the rest kept", (_, point, reason) => {
		const { points, rejected } = readMetrics(
			metrics({ name: "m", gauge: { dataPoints: [point, { ...at, asInt: 1 }] } }),
		);
		expect([points.length, rejected.count]).toEqual([1, 1]);
		expect(rejected.reason).toContain(`metric m, gauge.dataPoints[0]: ${reason}`);
	});

	test("a histogram whose counts and bounds do not fit is rejected; a point that says it has no value is left out", () => {
		const bad = { ...at, count: 1, bucketCounts: [1], explicitBounds: [1] };
		expect(readMetrics(metrics({ name: "h", histogram: { dataPoints: [bad] } })).rejected.count).toBe(1);
		const gone = readMetrics(metrics({ name: "g", gauge: { dataPoints: [{ ...at, flags: 1 }] } }));
		expect(gone).toEqual({ points: [], rejected: { count: 0, reason: "" } });
	});
});

test("any spans survive writing and reading", () => {
	const value = fc.letrec((tie) => ({
		value: fc.oneof(
			{ depthSize: "small" },
			fc.string(),
			fc.boolean(),
			fc.maxSafeInteger(),
			fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Number.isInteger(n)),
			fc.array(tie("value"), { maxLength: 3 }),
		),
	})).value as fc.Arbitrary<string | number | boolean>;
	const attributes = fc.dictionary(fc.string({ minLength: 1 }), value, { maxKeys: 4, noNullPrototype: true });
	const hex = (length: number) =>
		fc
			.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length })
			.filter((id) => !/^0+$/.test(id));
	const item = fc.record({
		...{ traceId: hex(32), spanId: hex(16), name: fc.string(), kind: fc.nat(5) },
		startTimeUnixNano: fc.bigInt({ min: 0n, max: 2n ** 62n }),
		duration: fc.nat(),
		attributes,
		status: fc.record({ code: fc.nat(2), message: fc.string() }),
		events: fc.array(fc.record({ timeUnixNano: fc.nat().map(String), name: fc.string() }), { maxLength: 2 }),
	});
	fc.assert(
		fc.property(fc.array(item, { maxLength: 5 }), (items) => {
			const write = (spans: Span[]) => JSON.stringify(writeTraces(spans));
			const spans = readTraces(
				traces(
					...items.map(({ duration, attributes: _, startTimeUnixNano, ...rest }) => ({
						...rest,
						startTimeUnixNano: String(startTimeUnixNano),
						endTimeUnixNano: String(startTimeUnixNano + BigInt(duration)),
					})),
				),
			).spans.map((span, i) => ({ ...span, attributes: items[i]?.attributes ?? {} }));
			expect(spans).toHaveLength(items.length);
			const again = readTraces(write(spans)).spans;
			expect(again.map(({ peer: _, route: __, ...span }) => span)).toEqual(
				spans.map(({ peer: _, route: __, ...span }) => span),
			);
			expect(write(again)).toBe(write(spans));
		}),
	);
});

test("whatever JSON comes, it is read or refused, never a crash", () => {
	const readers = [readTraces, readLogs, readMetrics];
	const wrap = (body: unknown) => [
		{ resourceSpans: body },
		traces(body),
		logs(body),
		metrics(body),
		traces({ ...good, attributes: body }),
		metrics({ name: "m", histogram: body }),
	];
	fc.assert(
		fc.property(fc.jsonValue(), (body) => {
			for (const input of wrap(body)) {
				for (const read of readers) {
					try {
						read(JSON.stringify(input));
					} catch (error) {
						expect(error).toBeInstanceOf(InvalidInput);
					}
				}
			}
		}),
	);
});
