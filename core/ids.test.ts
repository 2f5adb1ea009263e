import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	normaliseSpanId,
	normaliseTraceId,
	parseTraceparent,
	readId,
	spanIdFromWord,
	spanIdWord,
	traceIdFromWords,
	traceIdWords,
} from "./ids.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const TRACEPARENT = { kind: "traceparent", traceId: TRACE, spanId: SPAN, sampled: true };

describe("a trace ID is recognised", () => {
	test.each([
		["as it is", TRACE, TRACE],
		["in upper case", TRACE.toUpperCase(), TRACE],
		["with white space around", `  ${TRACE}\n`, TRACE],
		["as a UUID", "0af76519-16cd-43dd-8448-eb211c80319c", TRACE],
		["broken over two lines", "0af7651916cd43dd\n8448eb211c80319c", TRACE],
		["with 0x in front", `0x${TRACE}`, TRACE],
		["of 64 bits", "a3ce929d0e0e4736", "0000000000000000a3ce929d0e0e4736"],
		["without its leading zeros", "af7651916cd43dd8448eb211c80319c", TRACE],
		["of a test with tiny ids", "1", "00000000000000000000000000000001"],
		["in base64", "CvdlGRbNQ92ESOshHIAxnA==", TRACE],
		["in base64 without padding", "CvdlGRbNQ92ESOshHIAxnA", TRACE],
		["in base64 for URLs", "-_-_-_-_-_-_-_-_-_-_-w", "fbffbffbffbffbffbffbffbffbffbffb"],
		["of AWS X-Ray", "1-5759e988-bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272793"],
	])("%s", (_, text, id) => expect(normaliseTraceId(text)).toBe(id));

	test.each([
		["0".repeat(32)],
		[""],
		["   "],
		["xyz"],
		[`${TRACE}0`],
		["dead beef"],
		["AAAAAAAAAAAAAAAAAAAAAA=="],
		["-"],
	])("but not in %j", (text) => expect(normaliseTraceId(text)).toBeNull());
});

test.each([
	[SPAN, SPAN],
	[SPAN.toUpperCase(), SPAN],
	["ad6b7169203331", "00ad6b7169203331"],
	["t61rcWkgMzE=", SPAN],
	["0".repeat(16), null],
	[TRACE, null],
	["", null],
])("the span ID in %j is %j", (text, id) => expect(normaliseSpanId(text)).toBe(id));

test.each([
	[`00-${TRACE}-${SPAN}-01`, { traceId: TRACE, spanId: SPAN, sampled: true }],
	[`00-${TRACE}-${SPAN}-00`, { traceId: TRACE, spanId: SPAN, sampled: false }],
	[`00-${TRACE}-${SPAN}-03`, { traceId: TRACE, spanId: SPAN, sampled: true }],
	[`cc-${TRACE}-${SPAN}-01-what-the-future-brings`, { traceId: TRACE, spanId: SPAN, sampled: true }],
	[`traceparent: 00-${TRACE.toUpperCase()}-${SPAN}-01`, { traceId: TRACE, spanId: SPAN, sampled: true }],
	[`00-${TRACE}-${SPAN}-01-tail`, null],
	[`ff-${TRACE}-${SPAN}-01`, null],
	[`00-${"0".repeat(32)}-${SPAN}-01`, null],
	[`00-${TRACE}-${"0".repeat(16)}-01`, null],
	[`00-${TRACE}-${SPAN}`, null],
	[`00-${TRACE}-${SPAN}-1`, null],
])("traceparent %j reads as %j", (text, expected) => expect(parseTraceparent(text)).toEqual(expected));

describe("whatever is pasted is read", () => {
	const trace = { kind: "traceId", traceId: TRACE };
	test.each<[string, object | null]>([
		[`"00-${TRACE}-${SPAN}-01"`, TRACEPARENT],
		[`curl -H 'traceparent: 00-${TRACE}-${SPAN}-01'`, TRACEPARENT],
		[TRACE, trace],
		[` "${TRACE}", `, trace],
		[`trace_id=${TRACE}`, trace],
		[`{"level":30,"trace_id":"${TRACE.toUpperCase()}","span_id":"${SPAN}","msg":"hi"}`, trace],
		[`traceID: ${TRACE}`, trace],
		[`http://localhost:3000/trace/${TRACE}?tab=logs`, trace],
		[`${TRACE}-${SPAN}-1`, trace],
		[`${TRACE}:${SPAN}:0:1`, trace],
		["X-Request-ID: req-42", { kind: "requestId", requestId: "req-42" }],
		['"requestId":"req-42"', { kind: "requestId", requestId: "req-42" }],
		["checkout-7f3", { kind: "requestId", requestId: "checkout-7f3" }],
		["payment declined twice", null],
		["", null],
		["  ", null],
		['""', null],
		["x".repeat(5000), null],
	])("%j", (text, expected) => {
		const id = readId(text);
		if (expected === null) expect(id).toBeNull();
		else expect(id).toMatchObject(expected);
	});

	test("a UUID may be a trace ID or a request ID, and both readings are offered", () => {
		const uuid = "0af76519-16cd-43dd-8448-eb211c80319c";
		const request = { kind: "requestId", requestId: uuid };
		expect(readId(uuid)).toEqual({ ...trace, alternatives: [request] });
		expect(readId(`x-request-id: ${uuid}`)).toEqual({ ...request, alternatives: [trace] });
	});

	test("no text makes it throw, and what it reads is normalised", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (text) => {
				const id = readId(text);
				if (id !== null && "traceId" in id) expect(id.traceId).toMatch(/^[0-9a-f]{32}$/);
			}),
		);
	});
});

test("ids and their words are the same thing", () => {
	const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
	fc.assert(
		fc.property(word, word, (hi, lo) => {
			expect(traceIdWords(traceIdFromWords(hi, lo))).toEqual({ hi, lo });
			expect(spanIdWord(spanIdFromWord(lo))).toBe(lo);
		}),
	);
});

test("every spelling of an ID comes out the same", () => {
	const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 }).filter((id) => id.some((byte) => byte !== 0));
	fc.assert(
		fc.property(bytes, (id) => {
			const hex = Buffer.from(id).toString("hex");
			for (const spelling of [hex.toUpperCase(), hex.replace(/^0+/, ""), Buffer.from(id).toString("base64")]) {
				expect(normaliseTraceId(spelling)).toBe(hex);
			}
		}),
	);
});
