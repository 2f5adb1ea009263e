import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Capture } from "../testing/capture.ts";
import { captureFor } from "../testing/capture-for.ts";
import { copyOf } from "../testing/older-package.ts";
import { type App, killApps, runApp } from "../testing/run-app.ts";

const OWN = "0af7651916cd43dd8448eb211c80319c";
const STATIC = { service: "app-under-test", env: "test", version: "1.2.3" };

/** What the line of each case must hold besides the ids and the static fields, and what its OTLP record must. */
interface Case {
	line: Record<string, unknown>;
	/** The line's own values, which must not be replaced or doubled. */
	own?: Record<string, unknown>;
	record?: {
		body?: unknown;
		attributes?: Record<string, unknown>;
		severityNumber?: number;
		severityText?: string;
		traceId?: string;
	};
}

const CASES: Record<string, Case> = {
	plain: {
		line: { a: 1, msg: "plain", level: 30 },
		record: { body: "plain", attributes: { a: 1 }, severityNumber: 9, severityText: "info" },
	},
	nestedKey: {
		line: { payload: { a: 1, trace_id: "theirs" } },
		record: { body: "nested", attributes: { a: 1, trace_id: "theirs" } },
	},
	noTimestamp: { line: { msg: "no time", time: undefined } },
	isoTime: { line: { time: expect.stringMatching(/^20\d\d-.*Z$/) } },
	ownTime: { line: { at: "noon", msg: "own time", time: undefined } },
	noTimeNoBase: { line: { msg: "bare", time: undefined, pid: undefined } },
	levelFormatter: { line: { level: "warn" }, record: { severityNumber: 13, severityText: "warn" } },
	bindingsFormatter: { line: { boundBy: "formatter", pid: undefined } },
	logFormatter: { line: { a: 1, added: true } },
	logFormatterOwnTrace: {
		line: {},
		own: { trace_id: "f".repeat(32), service: "theirs" },
		record: { traceId: "f".repeat(32) },
	},
	child: { line: { module: "cart", step: 2 }, record: { attributes: { module: "cart", step: 2 } } },
	childOptions: {
		line: { user: 7, password: "[Redacted]", msg: "[cart] child" },
		record: { body: "[cart] child", attributes: { user: 7, password: "[Redacted]" } },
	},
	baseWithService: {
		line: {},
		own: { service: "theirs", version: 7 },
		record: { attributes: { service: "theirs", version: 7 } },
	},
	nestedChild: {
		line: { module: "cart", payload: { service: "inner" } },
		record: { attributes: { module: "cart", service: "inner" } },
	},
	mixin: { line: { mixed: true, a: 1 }, record: { attributes: { mixed: true, a: 1 } } },
	childWithService: { line: {}, own: { service: "theirs" }, record: { attributes: { service: "theirs" } } },
	ownTrace: { line: { span_id: "b7ad6b7169203331" }, own: { trace_id: OWN.toUpperCase() }, record: { traceId: OWN } },
	childWithTrace: { line: {}, own: { trace_id: OWN }, record: { traceId: OWN } },
	mixinTrace: { line: {}, own: { trace_id: OWN } },
	redact: {
		line: { password: "[Redacted]", card: { number: "[Redacted]" } },
		record: { attributes: { password: "[Redacted]", card: { number: "[Redacted]" } } },
	},
	secrets: {
		line: { password: "hunter2", req: { headers: { cookie: "sid=1" } }, msg: "GET /?token=abc&page=2" },
		record: {
			body: "GET /?token=[Redacted]&page=2",
			attributes: { password: "[Redacted]", req: { headers: { cookie: "[Redacted]" } } },
		},
	},
	messageKey: {
		line: { message: "it broke", failure: expect.objectContaining({ message: "broken" }) },
		record: {
			body: "it broke",
			attributes: { "exception.type": "Error", "exception.message": "broken" },
			severityNumber: 17,
		},
	},
	error: {
		line: { msg: "it broke" },
		record: {
			attributes: {
				"exception.type": "TypeError",
				"exception.stacktrace": expect.stringContaining("TypeError: broken"),
			},
		},
	},
	serializers: { line: { user: 7 }, record: { attributes: { user: 7 } } },
	noBase: { line: { pid: undefined } },
	customLevel: { line: { level: 35 }, record: { severityNumber: 9, severityText: "notice" } },
	percent: { line: { msg: "hello world" }, record: { body: "hello world" } },
	noMessage: { line: { only: "fields", msg: undefined }, record: { attributes: { only: "fields" } } },
	crlf: { line: { msg: "crlf" } },
	name: { line: { name: "billing" } },
	quotes: { line: { q: 'a "quoted",\n"trace_id":"x"' } },
	nested: { line: { ctx: { trace_id: "inner" } } },
	hook: { line: { msg: "hooked" } },
	multistream: { line: { msg: "multi" } },
};

describe.each([
	{ version: "10", app: "pino.mjs" },
	{ version: "9", app: copyOf("pino-9", "pino", ["pino.mjs", "pino-cases.cjs"]) },
	{ version: "8", app: copyOf("pino-8", "pino", ["pino.mjs", "pino-cases.cjs"]) },
])("lines of pino $version in a span", ({ app: file }) => {
	let capture: Capture;
	let app: App;
	let url: string;

	beforeAll(async () => {
		capture = await Capture.start();
		app = runApp(file, { otlp: capture.url });
		url = await app.url();
	});
	afterAll(async () => {
		await killApps();
		await capture.close();
	});

	for (const [name, { line: wanted, own = {}, record: wantedRecord }] of Object.entries(CASES)) {
		it(`${name}: has the ids once, at the top level, on stdout and over OTLP`, async () => {
			const already = app.stdout.length;
			capture.clear();
			await (await fetch(`${url}/${name}`, { headers: { "x-request-id": `req-${name}` } })).text();
			// What the case before sends may still be arriving.
			const ours = ({ attributes }: { attributes: Record<string, unknown> }): boolean =>
				attributes["http.request_id"] === `req-${name}` && !("duration_ms" in attributes);
			const span = await capture.until(() => capture.spans.find((of) => of.kind === 2 && ours(of)), "the server span");
			const record = await capture.until(() => capture.records.find(ours), "the log record");
			const text = await capture.until(
				() =>
					app.stdout
						.slice(already)
						.match(/^[^\n]*\n/)?.[0]
						.trim(),
				"the line",
			);
			const line = JSON.parse(text) as Record<string, unknown>;
			const ownTrace = "trace_id" in own;

			expect(line).toMatchObject({ ...STATIC, request_id: `req-${name}`, ...definedOf(wanted), ...own });
			for (const key of Object.keys(wanted).filter((key) => wanted[key] === undefined)) {
				expect(line).not.toHaveProperty(key);
			}
			if (ownTrace) {
				expect(line.span_id).toBe(wanted.span_id);
			} else {
				expect(line).toMatchObject({ trace_id: span.traceId, span_id: span.spanId, trace_flags: "01" });
			}
			expect(topLevelKeys(text)).toEqual([...new Set(topLevelKeys(text))]);

			expect(record.traceId).toBe(wantedRecord?.traceId ?? (ownTrace ? OWN : span.traceId));
			expect(record.resource).toMatchObject({
				"service.name": "app-under-test",
				"deployment.environment.name": "test",
			});
			expect(record.attributes["log.record.sequence"]).toBeGreaterThan(0);
			expect(record.attributes["http.request_id"]).toBe(`req-${name}`);
			expect(record).toMatchObject(wantedRecord ?? {});
			expect(record.attributes).not.toHaveProperty("trace_id", span.traceId);
			expect(BigInt(record.timeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
			expect(BigInt(record.timeUnixNano)).toBeLessThanOrEqual(BigInt(span.endTimeUnixNano));
		});
	}

	it("follows a logger whose bindings change", async () => {
		const already = app.stdout.length;
		await (await fetch(`${url}/setBindings`)).text();
		await capture.until(() => app.stdout.slice(already).includes("after"), "both lines");
		const lines = app.stdout.slice(already).trim().split("\n");
		expect(lines.map((line) => (JSON.parse(line) as { service: string }).service)).toEqual([
			"app-under-test",
			"theirs",
		]);
		expect(lines.map((line) => line.match(/"service":/g)?.length)).toEqual([1, 1]);
	});

	it("numbers the records without a gap", async () => {
		capture.clear();
		await Promise.all(Array.from({ length: 200 }, async () => (await fetch(`${url}/plain`)).text()));
		await capture.until(() => capture.records.length >= 400, "200 lines and 200 requests");
		const numbers = capture.records
			.map(({ attributes }) => attributes["log.record.sequence"] as number)
			.sort((a, b) => a - b);
		expect(numbers.at(-1)! - numbers[0]!).toBe(numbers.length - 1);
	});
});

describe("other ways to log", () => {
	const capture = captureFor("one test");

	it.each(["pino-early.cjs", "pino-early.mjs"])(
		"a logger made before the instrumentation is started: %s",
		async (file) => {
			const app = runApp(file, { load: "none", otlp: capture.url });
			await (await fetch(await app.url())).text();
			const span = await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the server span");
			expect(app.lines()).toMatchObject([
				{ msg: "before start" },
				{ msg: "in a request", ...STATIC, trace_id: span.traceId },
			]);
		},
	);

	it.each([
		{ version: "10", app: "pino-transport.mjs" },
		{ version: "9", app: copyOf("pino-9", "pino", ["pino-transport.mjs"]) },
		{ version: "8", app: copyOf("pino-8", "pino", ["pino-transport.mjs"]) },
	])(
		"a transport of pino $version in a worker thread gets the same line, and it is sent once",
		async ({ app: file }) => {
			const app = runApp(file, { otlp: capture.url });
			await (await fetch(await app.url())).text();
			const span = await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the server span");
			await app.said(/through a worker/);
			expect(app.lines()[0]).toMatchObject({ trace_id: span.traceId, span_id: span.spanId });
			await app.stop();
			expect(capture.records.map(({ body }) => body).sort()).toEqual(["GET / 200", "through a worker"]);
			expect(app.stderr.match(/\[trivet\]/g)).toHaveLength(1);
		},
	);

	it.each(["transport", "stream"])("pino-pretty as a %s shows the ids, and the record is the line", async (how) => {
		const app = runApp("pino-pretty.mjs", { otlp: capture.url, args: [how] });
		await (await fetch(await app.url())).text();
		const span = await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the server span");
		await app.said(/INFO.*: pretty/);
		await app.said(new RegExp(`trace_id: "${span.traceId}"`));
		await app.stop();
		expect(capture.records.find(({ body }) => body === "pretty")).toMatchObject({
			traceId: span.traceId,
			attributes: { a: 1 },
		});
	});

	it("TRIVET_REDACT names more secrets, or none at all", async () => {
		const send = async (redact: string) => {
			capture.clear();
			const app = runApp("pino.mjs", { otlp: capture.url, env: { TRIVET_REDACT: redact } });
			await (await fetch(`${await app.url()}/secrets`)).text();
			await (await fetch(`${await app.url()}/plain`)).text();
			await app.stop();
			expect(app.lines(), `${app.stdout}${app.stderr}`).toMatchObject([{ password: "hunter2" }, { a: 1 }]);
			return capture.records.flatMap(({ attributes: { password, a } }) => [password, a]).filter(Boolean);
		};
		expect(await send("a")).toEqual(["[Redacted]", "[Redacted]"]);
		expect(await send("off")).toEqual(["hunter2", 1]);
	});

	it("OTEL_LOGS_EXPORTER=none keeps the ids and sends nothing", async () => {
		const app = runApp("pino.mjs", { otlp: capture.url, env: { OTEL_LOGS_EXPORTER: "none" } });
		await (await fetch(`${await app.url()}/plain`)).text();
		const span = await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the server span");
		await app.stop();
		expect(app.lines()[0]).toMatchObject({ trace_id: span.traceId });
		expect(capture.records).toEqual([]);
	});

	it("OTEL_SDK_DISABLED leaves the lines as they are", async () => {
		const app = runApp("pino.mjs", { otlp: capture.url, env: { OTEL_SDK_DISABLED: "true" } });
		await (await fetch(`${await app.url()}/plain`)).text();
		await app.said(/plain/);
		expect(Object.keys(app.lines()[0]!)).toEqual(["level", "time", "pid", "hostname", "a", "msg"]);
		expect(app.stderr).toBe("");
	});
});

function definedOf(fields: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The keys of the outermost object as they are written, repeats and all, which JSON.parse would hide. */
function topLevelKeys(text: string): string[] {
	const keys: string[] = [];
	let depth = 0;
	for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g)) {
		if (token === "{" || token === "[") {
			depth++;
		} else if (token === "}" || token === "]") {
			depth--;
		} else if (depth === 1 && token.endsWith(":")) {
			keys.push(token);
		}
	}
	return keys;
}
