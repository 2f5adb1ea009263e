import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Signal } from "../../../core/model.ts";
import { InvalidInput } from "../../../core/ports.ts";
import type { ColumnData, TableRows } from "../store/batch.ts";
import { type Decoded, decode, type Request } from "./decode.ts";
import { encodeOtlp } from "./otlp-encoder.ts";

const MESSAGE = { traces: "TracesRequest", logs: "LogsRequest", metrics: "MetricsRequest" } as const;
const RECEIVED_MS = 1_700_000_000_000;

function request(signal: Signal, type: "protobuf" | "json", body: Uint8Array, deny: string[] = []): Request {
	return { signal, type, body: Uint8Array.from(body), receivedMs: RECEIVED_MS, keep: false, deny };
}

function both(signal: Signal, message: object): { json: Decoded; protobuf: Decoded } {
	return {
		json: decode(request(signal, "json", Buffer.from(JSON.stringify(message)))),
		protobuf: decode(request(signal, "protobuf", encodeOtlp(MESSAGE[signal], message))),
	};
}

/** Values of a column, for comparing. */
function values(column: ColumnData, rows: number): unknown[] {
	return Array.from({ length: rows }, (_, i) => {
		if (column.kind === "symbol") return column.index[i] === 0 ? null : column.symbols[column.index[i]! - 1];
		if (column.valid?.[i] === 0) return null;
		if (column.kind === "fixed") return column.data[i];
		const from = i === 0 ? 0 : column.ends[i - 1]!;
		if (column.kind === "list") return [...column.values.subarray(from, column.ends[i])];
		return Buffer.from(column.bytes.subarray(from, column.ends[i])).toString();
	});
}

function table(rows: TableRows | undefined): Record<string, unknown[]> {
	return Object.fromEntries(
		Object.entries(rows?.columns ?? {}).map(([name, column]) => [name, values(column, rows!.rows)]),
	);
}

const text = fc.oneof(
	fc.string({ unit: "grapheme", maxLength: 12 }),
	fc.string({ unit: "binary", maxLength: 90 }).map((s) => s.replace(/[\ud800-\udfff]/g, "x")),
);
const hex = (bytes: number) =>
	fc
		.uint8Array({ minLength: bytes, maxLength: bytes })
		.map((b) => Buffer.from(b).toString("hex"))
		.filter((h) => !/^0+$/.test(h));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const nano = fc.bigInt({ min: 1n, max: 2n ** 62n });
const { any } = fc.letrec((tie) => ({
	any: fc.oneof(
		{ maxDepth: 3, depthSize: "small" },
		fc.record({ stringValue: text }),
		fc.record({ boolValue: fc.boolean() }),
		fc.record({ intValue: int64 }),
		fc.record({ doubleValue: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
		fc.record({ bytesValue: fc.uint8Array({ maxLength: 9 }).map((b) => Buffer.from(b).toString("base64")) }),
		fc.record({ arrayValue: fc.record({ values: fc.array(tie("any"), { maxLength: 3 }) }) }),
		fc.record({
			kvlistValue: fc.record({ values: fc.array(fc.record({ key: text, value: tie("any") }), { maxLength: 3 }) }),
		}),
	),
}));
const key = fc.oneof(
	text,
	fc.constantFrom(
		"http.route",
		"server.address",
		"server.port",
		"db.system",
		"peer.service",
		"http.request_id",
		"trace_id",
		"__proto__",
		"messaging.system",
	),
);
const attributes = fc.array(fc.record({ key, value: any }), { maxLength: 6 });
const resource = fc.record({
	attributes: fc
		.tuple(attributes, text)
		.map(([more, name]) => [{ key: "service.name", value: { stringValue: name } }, ...more]),
});
const scope = fc.record({ name: text, version: text });
const span = fc
	.record(
		{
			traceId: hex(16),
			spanId: hex(8),
			parentSpanId: fc.oneof(hex(8), fc.constant("0000000000000000"), fc.constant("")),
			traceState: fc.constantFrom("", "ot=th:8", "vendor=1,ot=th:c;rv:1"),
			name: text,
			kind: fc.integer({ min: 0, max: 7 }),
			startTimeUnixNano: nano,
			duration: fc.bigInt({ min: -5n, max: 2n ** 50n }),
			attributes,
			events: fc.array(fc.record({ timeUnixNano: nano.map(String), name: text, attributes }), { maxLength: 2 }),
			links: fc.array(fc.record({ traceId: hex(16), spanId: hex(8), attributes }), { maxLength: 2 }),
			status: fc.record({ message: text, code: fc.integer({ min: 0, max: 3 }) }),
		},
		{ requiredKeys: ["traceId", "spanId", "startTimeUnixNano", "duration"] },
	)
	.map(({ duration, startTimeUnixNano, ...rest }) => ({
		...rest,
		startTimeUnixNano: String(startTimeUnixNano),
		endTimeUnixNano: String(startTimeUnixNano + duration < 0n ? 0n : startTimeUnixNano + duration),
	}));
const traces = fc.record({
	resourceSpans: fc.array(
		fc.record({
			resource,
			scopeSpans: fc.array(fc.record({ scope, spans: fc.array(span, { maxLength: 4 }) }), { maxLength: 2 }),
		}),
		{ minLength: 1, maxLength: 3 },
	),
});
const logRecord = fc.record(
	{
		timeUnixNano: nano.map(String),
		observedTimeUnixNano: nano.map(String),
		severityNumber: fc.integer({ min: 0, max: 30 }),
		severityText: text,
		body: any,
		attributes,
		traceId: hex(16),
		spanId: hex(8),
		eventName: text,
	},
	{ requiredKeys: [] },
);
const logs = fc.record({
	resourceLogs: fc.array(
		fc.record({
			resource,
			scopeLogs: fc.array(fc.record({ scope, logRecords: fc.array(logRecord, { maxLength: 4 }) }), { maxLength: 2 }),
		}),
		{ minLength: 1, maxLength: 3 },
	),
});

describe("protobuf and JSON of the same request", () => {
	test("give the same spans", () => {
		fc.assert(
			fc.property(traces, (message) => {
				const { json, protobuf } = both("traces", message);
				expect(table(protobuf.batch.tables.spans)).toEqual(table(json.batch.tables.spans));
				expect([protobuf.accepted, protobuf.rejected]).toEqual([json.accepted, json.rejected]);
				expect(protobuf.batch.resources).toEqual(expect.arrayContaining(json.batch.resources));
				expect(protobuf.batch.minutes).toEqual(json.batch.minutes);
				expect([protobuf.batch.fromNs, protobuf.batch.toNs]).toEqual([json.batch.fromNs, json.batch.toNs]);
				expect([...protobuf.services]).toEqual([...json.services]);
			}),
			{ numRuns: 300 },
		);
	});

	test("give the same log records", () => {
		fc.assert(
			fc.property(logs, (message) => {
				const { json, protobuf } = both("logs", message);
				expect(table(protobuf.batch.tables.logs)).toEqual(table(json.batch.tables.logs));
				expect([protobuf.accepted, protobuf.rejected]).toEqual([json.accepted, json.rejected]);
			}),
			{ numRuns: 300 },
		);
	});

	test("give the same points, of every type, with their exemplars", () => {
		const exemplars = [
			{
				timeUnixNano: "5",
				asDouble: 1.5,
				traceId: "0af7651916cd43dd8448eb211c80319c",
				spanId: "b7ad6b7169203331",
				filteredAttributes: [],
			},
		];
		const common = {
			startTimeUnixNano: "1",
			timeUnixNano: "1700000000000000000",
			attributes: [{ key: "http.route", value: { stringValue: "/x" } }],
		};
		const message = {
			resourceMetrics: [
				{
					resource: { attributes: [{ key: "service.name", value: { stringValue: "cart" } }] },
					scopeMetrics: [
						{
							metrics: [
								{ name: "up", unit: "1", gauge: { dataPoints: [{ ...common, asInt: "-7" }] } },
								{
									name: "calls",
									sum: {
										aggregationTemporality: 2,
										isMonotonic: true,
										dataPoints: [{ ...common, asDouble: 0.5, exemplars }],
									},
								},
								{
									name: "http.server.request.duration",
									unit: "s",
									histogram: {
										aggregationTemporality: 1,
										dataPoints: [
											{
												...common,
												count: "6",
												sum: 2.5,
												min: 0.1,
												max: 1,
												bucketCounts: ["1", "2", "3"],
												explicitBounds: [0.1, 1],
												exemplars,
											},
										],
									},
								},
								{
									name: "e",
									exponentialHistogram: {
										aggregationTemporality: 2,
										dataPoints: [
											{
												...common,
												count: "3",
												sum: 3,
												scale: -1,
												zeroCount: "1",
												positive: { offset: -2, bucketCounts: ["1", "1"] },
											},
										],
									},
								},
								{
									name: "s",
									summary: {
										dataPoints: [{ ...common, count: "2", sum: 4, quantileValues: [{ quantile: 0.5, value: 2 }] }],
									},
								},
							],
						},
					],
				},
			],
		};
		const { json, protobuf } = both("metrics", message);
		expect(json.accepted).toBe(6);
		expect(table(protobuf.batch.tables.points)).toEqual(table(json.batch.tables.points));
		expect(table(protobuf.batch.tables.exemplars)).toEqual(table(json.batch.tables.exemplars));
		expect(protobuf.batch.series).toEqual(json.batch.series);
		expect(table(json.batch.tables.points).bounds?.[2]).toEqual([0.1, 1]);
	});
});

describe("hostile bodies", () => {
	const valid = fc.sample(traces, { numRuns: 20, seed: 7 }).map((message) => encodeOtlp("TracesRequest", message));
	const outcome = (signal: Signal, type: "protobuf" | "json", body: Uint8Array) => {
		try {
			return decode(request(signal, type, body)).accepted;
		} catch (error) {
			expect(error).toBeInstanceOf(InvalidInput);
			return (error as Error).message;
		}
	};

	test("random bytes are read or refused, never anything else", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom("traces", "logs", "metrics"), (body, signal) => {
				outcome(signal as Signal, "protobuf", body);
				outcome(signal as Signal, "json", body);
			}),
			{ numRuns: 2_000 },
		);
	});

	test("valid bodies with bytes changed, cut off or repeated are read or refused", () => {
		const mutation = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
		fc.assert(
			fc.property(
				fc.nat(valid.length - 1),
				mutation,
				fc.double({ min: 0, max: 1, noNaN: true }),
				(index, changes, cut) => {
					const body = Uint8Array.from(valid[index]!);
					for (const [at, byte] of changes) if (body.length > 0) body[at % body.length] = byte;
					const shorter = body.subarray(0, Math.floor(body.length * (cut < 0.5 ? 1 : cut)));
					for (const signal of ["traces", "logs", "metrics"] as const) outcome(signal, "protobuf", shorter);
				},
			),
			{ numRuns: 2_000 },
		);
	});

	test("mutated JSON is read or refused", () => {
		const json = fc.sample(logs, { numRuns: 10, seed: 3 }).map((message) => JSON.stringify(message));
		fc.assert(
			fc.property(fc.nat(json.length - 1), fc.nat(), fc.string({ maxLength: 5 }), (index, at, insert) => {
				const original = json[index]!;
				const place = at % (original.length + 1);
				outcome("logs", "json", Buffer.from(original.slice(0, place) + insert + original.slice(place + insert.length)));
			}),
			{ numRuns: 1_000 },
		);
	});

	test("a broken length names its byte", () => {
		expect(outcome("traces", "protobuf", Uint8Array.from([0x0a, 0x05, 0x12, 0x7f, 1, 2, 3]))).toMatch(
			/at byte 3: a field of 127 bytes/,
		);
		expect(
			outcome(
				"traces",
				"protobuf",
				Uint8Array.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
			),
		).toMatch(/at byte 1/);
	});

	test("values nested a hundred deep reject their item, not the process", () => {
		let value: object = { stringValue: "x" };
		for (let i = 0; i < 100; i++) value = { arrayValue: { values: [value] } };
		const good = {
			traceId: "0af7651916cd43dd8448eb211c80319c",
			spanId: "b7ad6b7169203331",
			startTimeUnixNano: "1",
			endTimeUnixNano: "2",
		};
		const spans = [good, { ...good, attributes: [{ key: "deep", value }] }, good];
		const { json, protobuf } = both("traces", { resourceSpans: [{ scopeSpans: [{ spans }] }] });
		for (const decoded of [json, protobuf]) {
			expect(decoded.accepted).toBe(2);
			expect(decoded.rejected).toBe(1);
			expect(decoded.reason).toMatch(/^resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[1\]: .*nested deeper/);
		}
	});

	test("two bytes that stand for an event do not fill the memory", () => {
		const event = Buffer.from([0x5a, 0x00]);
		const span = Buffer.concat([
			Buffer.from(encodeOtlp("Span", { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" })),
			Buffer.concat(Array.from({ length: 20_000 }, () => event)),
		]);
		const wrap = (body: Buffer, tag: number) => {
			const length = [(body.length & 0x7f) | 0x80, ((body.length >> 7) & 0x7f) | 0x80, body.length >> 14];
			return Buffer.concat([Buffer.from([tag, ...length]), body]);
		};
		const decoded = decode(request("traces", "protobuf", wrap(wrap(wrap(span, 0x12), 0x12), 0x0a)));
		expect(decoded.accepted).toBe(0);
		expect(decoded.reason).toMatch(/more than 10000 events/);
	});
});

describe("services over their quota", () => {
	test("are left out and counted; the others are kept", () => {
		const of = (service: string) => ({
			resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
			scopeSpans: [
				{
					spans: [
						{
							traceId: "0af7651916cd43dd8448eb211c80319c",
							spanId: "b7ad6b7169203331",
							startTimeUnixNano: "1",
							endTimeUnixNano: "2",
						},
					],
				},
			],
		});
		const message = { resourceSpans: [of("noisy"), of("quiet"), of("noisy")] };
		for (const body of [encodeOtlp("TracesRequest", message), Buffer.from(JSON.stringify(message))]) {
			const type = body[0] === 0x7b ? "json" : "protobuf";
			const decoded = decode(request("traces", type, body, ["noisy"]));
			expect([decoded.accepted, decoded.rejected]).toEqual([1, 2]);
			expect(decoded.reason).toMatch(/more than its share/);
			expect([...decoded.services]).toEqual([["quiet", 1]]);
		}
	});
});
