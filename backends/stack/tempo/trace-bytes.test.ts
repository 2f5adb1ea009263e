import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTraces } from "../../../core/formats/otlp-json.ts";
import { SPAN_KINDS } from "../../../core/model.ts";
import { type SpanSpec, spans } from "../../conformance/telemetry.ts";
import { encodeOtlp } from "../../embedded/receive/otlp-encoder.ts";
import { readTraceBytes } from "./trace-bytes.ts";

const traceId = "0000000000000000a3ce929d0e0e4736";
const everything = { whole: true, limit: 1_000_000 };

/** A field of bytes in protobuf. */
function field(tag: number, bytes: Uint8Array): Buffer {
	const length: number[] = [];
	for (let rest = bytes.length; rest > 127; rest >>>= 7) length.push((rest & 127) | 128);
	length.push(bytes.length >>> (7 * length.length));
	return Buffer.concat([Buffer.from([tag, ...length]), bytes]);
}

const answerOf = (otlp: string) => field(0x0a, encodeOtlp("TracesRequest", JSON.parse(otlp)));

/** JSON has no numbers but finite ones. */
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const value = fc.oneof(fc.string({ unit: "grapheme" }), fc.integer(), finite, fc.boolean());
const attributes = fc.dictionary(fc.constantFrom("http.route", "rpc.method", "db.system", "é", "n"), value);
const span: fc.Arbitrary<SpanSpec> = fc.record({
	traceId: fc.constant(traceId),
	spanId: fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }).map((id) => id.toString(16).padStart(16, "0")),
	parent: fc.constantFrom(undefined, "00f067aa0ba902b7"),
	service: fc.constantFrom("a", "b"),
	name: fc.string({ unit: "grapheme" }),
	kind: fc.constantFrom(...SPAN_KINDS),
	start: fc.bigInt({ min: 0n, max: 1n << 62n }),
	durationNs: fc.integer({ min: 0, max: 2 ** 50 }),
	status: fc.constantFrom(undefined, "ok", "error"),
	statusMessage: fc.constantFrom("", "refused"),
	attributes,
	traceState: fc.constantFrom("", "ot=th:c", "vendor=x"),
	events: fc.array(fc.record({ time: fc.bigInt({ min: 0n, max: 1n << 62n }), name: fc.string(), attributes }), {
		maxLength: 2,
	}),
	links: fc.array(fc.record({ traceId: fc.constant(traceId), spanId: fc.constant("00f067aa0ba902b7"), attributes }), {
		maxLength: 2,
	}),
});

describe("Tempo's answer in protobuf", () => {
	it("says the same as OTLP/JSON read by core", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(span, { maxLength: 12 }), async (specs) => {
				const otlp = spans(...specs).body;
				const read = await readTraceBytes(answerOf(otlp), everything);
				expect(read.spans).toEqual(readTraces(otlp).spans);
			}),
		);
	});

	it("without attributes the tree is the same", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(span, { maxLength: 12 }), async (specs) => {
				const bytes = answerOf(spans(...specs).body);
				const bare = { attributes: {}, resource: {}, events: [] };
				const whole = (await readTraceBytes(bytes, everything)).spans.map((one) => ({ ...one, ...bare }));
				expect((await readTraceBytes(bytes, { ...everything, whole: false })).spans).toEqual(whole);
			}),
		);
	});

	it("cut off anywhere it is refused, or says less", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(span, { minLength: 1, maxLength: 3 }),
				fc.double({ min: 0, max: 1 }),
				async (specs, part) => {
					const bytes = answerOf(spans(...specs).body);
					const cut = bytes.subarray(0, Math.floor(bytes.length * part * 0.999));
					const read = await readTraceBytes(cut, everything).catch((error) => error);
					if (read instanceof Error) expect(read).toMatchObject({ name: "InvalidInput" });
					else expect(read.spans.length).toBeLessThan(specs.length);
				},
			),
		);
	});

	it("of more spans than asked for the first are given, and that they were cut", async () => {
		const spec = (n: number): SpanSpec => ({
			...{ traceId, spanId: n.toString(16).padStart(16, "0"), service: "a", name: "x", start: 1n, durationNs: 1 },
		});
		const bytes = answerOf(spans(spec(1), spec(2), spec(3)).body);
		expect(await readTraceBytes(bytes, { whole: true, limit: 2 })).toMatchObject({ cut: true, spans: [{}, {}] });
		expect(await readTraceBytes(bytes, { whole: true, limit: 3 })).toMatchObject({ cut: false });
	});
});
