/** Jaeger and Zipkin documents that are broken or odd; the real ones are in real-data.test.ts. */
import { describe, expect, test } from "vitest";
import { InvalidInput } from "../ports.ts";
import { readJaeger } from "./jaeger.ts";
import { readZipkin } from "./zipkin.ts";

describe("jaeger", () => {
	const span = { traceID: "1f", spanID: "2", operationName: "op", startTime: 5, duration: 7, processID: "p" };
	const document = (...spans: object[]) => ({
		data: [{ processes: { p: { serviceName: "shop", tags: [{ key: "host", type: "string", value: "h1" }] } }, spans }],
	});

	test("tags, logs and references are read", () => {
		const { spans } = readJaeger(
			document({
				...span,
				tags: [
					{ key: "span.kind", type: "string", value: "client" },
					{ key: "peer.service", type: "string", value: "pay" },
					{ key: "n", type: "int64", value: "42" },
					{ key: "ok", type: "bool", value: "true" },
					{ key: "error", type: "bool", value: true },
				],
				logs: [{ timestamp: 6, fields: [{ key: "event", type: "string", value: "retry" }] }],
				references: [
					{ refType: "FOLLOWS_FROM", traceID: "1f", spanID: "3" },
					{ refType: "CHILD_OF", traceID: "1f", spanID: "4" },
				],
			}),
		);
		expect(spans[0]).toMatchObject({
			traceId: "1f".padStart(32, "0"),
			spanId: "2".padStart(16, "0"),
			parentSpanId: "4".padStart(16, "0"),
			kind: "client",
			peer: "service:pay",
			service: "shop",
			startUnixNano: 5000n,
			durationNs: 7000,
			statusCode: "error",
			attributes: { n: 42, ok: true },
			resource: { host: "h1" },
			links: [{ spanId: "3".padStart(16, "0") }],
			events: [{ name: "retry", timeUnixNano: 6000n }],
		});
	});

	test("ids that are words stay apart from one another, also when they are long", () => {
		const long = (end: string) => ({
			...span,
			traceID: "the trace with the long name",
			spanID: `a span with a long name ${end}`,
		});
		const { spans } = readJaeger(document(long("a"), long("b"), { ...long("c"), spanID: "S1" }));
		expect(new Set(spans.map((s) => s.spanId)).size).toBe(3);
		expect(new Set(spans.map((s) => s.traceId)).size).toBe(1);
		for (const s of spans) expect(s.traceId + s.spanId).toMatch(/^[0-9a-f]{48}$/);
	});

	test.each([
		["no start", { startTime: undefined }, "startTime is missing"],
		["a negative duration", { duration: -1 }, "duration"],
		["an id of zeros", { spanID: "0000" }, "spanID"],
		["tags that are no list", { tags: 5 }, "tags is 5"],
	])("a span with %s is rejected and the rest kept", (_, fields, reason) => {
		const { spans, rejected } = readJaeger(document({ ...span, ...fields }, span));
		expect([spans.length, rejected.count]).toEqual([1, 1]);
		expect(rejected.reason).toContain("data[0].spans[0]");
		expect(rejected.reason).toContain(reason);
	});

	test.each([["{"], ["5"], ['{"x":1}'], ['{"data":5}']])("%s is refused", (text) => {
		expect(() => readJaeger(text)).toThrow(InvalidInput);
	});
});

describe("zipkin", () => {
	const span = {
		traceId: "1f",
		id: "2",
		name: "op",
		timestamp: 5,
		duration: 7,
		localEndpoint: { serviceName: "shop" },
	};

	test("the error tag fails a span, and its text is the message", () => {
		const [read] = readZipkin([
			{ ...span, tags: { error: "boom" }, annotations: [{ timestamp: 6, value: "cs" }] },
		]).spans;
		expect(read).toMatchObject({ statusCode: "error", statusMessage: "boom", kind: "internal", eventCount: 1 });
	});

	test("a list of traces is read like one of spans, and a span without an end lasts 0", () => {
		const { spans } = readZipkin([[span], [{ ...span, id: "3", duration: undefined }]]);
		expect(spans.map((s) => s.durationNs)).toEqual([7000, 0]);
	});

	test("a span without a time is rejected and the rest kept", () => {
		const { spans, rejected } = readZipkin([{ ...span, timestamp: undefined }, span]);
		expect(spans).toHaveLength(1);
		expect(rejected).toEqual({ count: 1, reason: "span 0: timestamp is missing, not microseconds" });
	});

	test.each([["{}"], ["nope"], ["5"]])("%s is refused", (text) => expect(() => readZipkin(text)).toThrow(InvalidInput));
});
