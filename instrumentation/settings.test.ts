import { describe, expect, it } from "vitest";
import { pairs, readSettings } from "./settings.ts";

describe("where a signal goes", () => {
	it.each([
		[{}, "http://localhost:4318/v1/traces"],
		[{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" }, "http://c:4318/v1/traces"],
		[{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318/base/" }, "http://c:4318/base/v1/traces"],
		[{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://t/custom" }, "https://t/custom"],
		[
			{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://t:1/x" },
			"http://t:1/x",
		],
		[{ OTEL_EXPORTER_OTLP_ENDPOINT: "" }, "http://localhost:4318/v1/traces"],
		[{ OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" }, "http://localhost:4318/v1/traces"],
		[{ OTEL_EXPORTER_OTLP_ENDPOINT: "not a url" }, "http://localhost:4318/v1/traces"],
	])("%j -> %s", (env, url) => {
		expect(readSettings(env).targets.traces.url).toBe(url);
	});
});

it("a signal's own headers, timeout and compression win over the common ones", () => {
	const { targets } = readSettings({
		OTEL_EXPORTER_OTLP_HEADERS: "a=1,b=2",
		OTEL_EXPORTER_OTLP_LOGS_HEADERS: "b=3",
		OTEL_EXPORTER_OTLP_TIMEOUT: "5000",
		OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: "100",
		OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
		OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: "none",
	});
	expect(targets.logs).toMatchObject({ headers: { a: "1", b: "3" }, timeoutMs: 100, gzip: false });
	expect(targets.traces).toMatchObject({ headers: { a: "1", b: "2" }, timeoutMs: 5000, gzip: true });
});

it.each([
	[undefined, ["otlp"]],
	["otlp", ["otlp"]],
	["prometheus", ["prometheus"]],
	["otlp,prometheus", ["otlp", "prometheus"]],
	["none", []],
	["zipkin", []],
	["OTLP ", ["otlp"]],
])("OTEL_METRICS_EXPORTER=%s means %j", (value, exporters) => {
	expect(readSettings({ OTEL_METRICS_EXPORTER: value }).exporters.metrics).toEqual(exporters);
});

it.each(["abc", "-1", "0", "NaN", "Infinity"])("a queue size of %s is refused and the default used", (value) => {
	expect(readSettings({ OTEL_BLRP_MAX_QUEUE_SIZE: value }).logQueue.size).toBe(16_384);
});

it.each([
	["a=1,b=2", { a: "1", b: "2" }],
	["a=b=c", { a: "b=c" }],
	["a=%20x%2Cy", { a: " x,y" }],
	["a=100%", { a: "100%" }],
	[' a = "quoted" ', { a: "quoted" }],
	["novalue,=x,,a=", { a: "" }],
	["", {}],
	[undefined, {}],
])("%j holds %j", (text, wanted) => {
	expect(pairs(text)).toEqual(wanted);
});

it.each([
	[{}, { requestLines: true, redact: [], sendShipped: false }],
	[{ TRIVET_REQUEST_LINES: "off" }, { requestLines: false }],
	[{ TRIVET_REQUEST_LINES: " OFF " }, { requestLines: false }],
	[{ TRIVET_REQUEST_LINES: "never" }, { requestLines: true }],
	[{ TRIVET_REDACT: "national_id, IBAN" }, { redact: ["national_id", "iban"] }],
	[{ TRIVET_REDACT: "off" }, { redact: undefined }],
	[{ TRIVET_SHIPPED_LINES: "send" }, { sendShipped: true }],
])("lines: %j", (env: Record<string, string>, wanted) => {
	expect(readSettings(env)).toMatchObject(wanted);
});
