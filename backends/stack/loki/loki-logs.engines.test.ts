/** Logs out of a real Loki: whoever shipped them, however they spell their IDs, whatever they hold. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matchesLog } from "../../../core/match-filter.ts";
import type { LogQuery } from "../../../core/ports.ts";
import { type CompareOp, type Filter, parseSearch } from "../../../core/search.ts";
import { howToBuild, missingEngines } from "../../../engines/engines.ts";
import { callOf, everyPage } from "../../conformance/scene.ts";
import { logs as exportOf } from "../../conformance/telemetry.ts";
import { startLoki, type TestingLoki } from "./testing-loki.ts";

const missing = missingEngines(["loki"]);
if (missing.length > 0) describe.skip(`logs out of Loki (${howToBuild(missing)})`);
else describe("logs out of Loki", cases);

const SECOND = 1_000_000_000n;

function cases(): void {
	const now = (BigInt(Date.now()) / 1000n) * SECOND;
	const start = now - 600n * SECOND;
	const window = { fromUnixNano: start - 3600n * SECOND, toUnixNano: now + 60n * SECOND };
	let loki: TestingLoki;
	let unique = 0;
	const name = (): string => `svc-${++unique}`;

	beforeAll(async () => {
		loki = await startLoki();
	});
	afterAll(() => loki?.close());

	const ask = (query: Partial<LogQuery>, call = callOf()) =>
		loki.logs.logs({ window, filter: null, order: "oldest", ...query }, call);
	const bodies = async (query: Partial<LogQuery>): Promise<string[]> => (await ask(query)).data.map((l) => l.body);
	/** As the pivot asks: the time of the trace is known, and the lines around it are read once. */
	const bodiesAround = async (query: Partial<LogQuery>): Promise<string[]> => {
		const around = { fromUnixNano: start, toUnixNano: start + 1n };
		const asked = { window: null, filter: null, order: "oldest", ...query } as const;
		return (await loki.logs.logs(asked, callOf(), around)).data.map((l) => l.body);
	};

	const id = "00f067aa0ba902b74bf92f3577b34da6";
	it.each<[string, string]>([
		["JSON", `{"trace_id":"${id}"}`],
		["JSON in JSON", `{"log":"{\\"traceId\\":\\"${id}\\"}"}`],
		["logfmt", `level=info traceID=${id} msg=x`],
		["upper case", `trace_id=${id.toUpperCase()}`],
		["no leading zeros", `traceId: ${id.replace(/^0+/, "")}`],
		["its 64-bit end", `{"X-B3-TraceId":"${id.slice(16)}"}`],
		["a UUID", `trace 00f067aa-0ba9-02b7-4bf9-2f3577b34da6 done`],
		["a traceparent", `traceparent=00-${id}-00f067aa0ba902b7-01`],
		["AWS", `X-Amzn-Trace-Id: Root=1-00f067aa-0ba902b74bf92f3577b34da6`],
		["base64", `"traceId":"${Buffer.from(id, "hex").toString("base64")}"`],
		["Datadog's decimal", `dd.trace_id=${BigInt("0x4bf92f3577b34da6")} dd.span_id=1`],
	])("a line is found by the trace ID in its text: %s", async (_, body) => {
		const app = name();
		await loki.push({ app }, [[start, body]]);
		expect(await bodies({ traceId: id, service: app })).toEqual([body]);
		expect(await bodiesAround({ traceId: id, service: app })).toEqual([body]);
	});

	it.each<[string, string]>([
		["a longer number", `trace_id=a${id}`],
		["another 128-bit ID with the same end", `trace_id=ffffffffffffffff${id.slice(16)}`],
		["the short form without a key", `order ${id.slice(16)} shipped`],
		["the short form within a word", `traceId=${id.slice(16)}0`],
	])("a line is not taken for the trace's: %s", async (_, body) => {
		const app = name();
		await loki.push({ app }, [[start, body]]);
		expect(await bodies({ traceId: id, service: app })).toEqual([]);
		expect(await bodiesAround({ traceId: id, service: app })).toEqual([]);
	});

	it("a line that carries another trace's ID is not this trace's because it mentions this one", async () => {
		const service = name();
		const other = "1".repeat(32);
		await loki.sendOtlp(exportOf({ service, time: start, body: `caused by ${id}`, traceId: other }).body);
		expect(await bodies({ traceId: id, service })).toEqual([]);
		expect(await bodies({ traceId: other, service })).toEqual([`caused by ${id}`]);
		expect(await bodiesAround({ traceId: id, service })).toEqual([]);
		expect(await bodiesAround({ traceId: other, service })).toEqual([`caused by ${id}`]);
	});

	it.each<[string, string]>([
		["traceId", id],
		["TraceID", id.toUpperCase()],
		["trace", "1-00f067aa-0ba902b74bf92f3577b34da6"],
		["X_B3_TraceId", id.slice(16)],
		["dd_trace_id", String(BigInt("0x4bf92f3577b34da6"))],
		["mdc_traceId", Buffer.from(id, "hex").toString("base64")],
		["traceparent", `00-${id}-00f067aa0ba902b7-01`],
	])("a line is found by the trace ID in its label %s", async (label, value) => {
		const service = name();
		await loki.sendOtlp(
			exportOf(
				{ service, time: start, body: "mine", attributes: { [label]: value } },
				{ service, time: start, body: `another's, caused by ${id}`, attributes: { [label]: "1".repeat(32) } },
			).body,
		);
		expect(await bodies({ traceId: id, service })).toEqual(["mine"]);
		expect(await bodiesAround({ traceId: id, service })).toEqual(["mine"]);
	});

	it("a trace's lines are found among thousands without an ID", async () => {
		const app = name();
		const noise = Array.from({ length: 2_000 }, (_, i): [bigint, string] => [start + BigInt(i), `noise ${i}`]);
		await loki.push({ app }, [...noise, [start + 1_000n, `trace_id=${id} mine`]]);
		for (const _ of ["tries", "knows"]) {
			expect(await bodiesAround({ traceId: id, service: app })).toEqual([`trace_id=${id} mine`]);
		}
	});

	it("a record from another shipper has its service, level and IDs", async () => {
		const app = name();
		const line = `{"level":"warn","trace_id":"${id}","span_id":"00f067aa0ba902b7","msg":"hi"}`;
		await loki.push({ app, env: "x" }, [[start, line]]);
		const { data } = await ask({ service: app });
		expect(data).toMatchObject([
			{ service: app, level: "warn", traceId: id, spanId: "00f067aa0ba902b7", body: line, timeUnixNano: start },
		]);
	});

	it("streams that no service label names are found too", async () => {
		// Loki names what it can; `filename` is not among the labels it looks at.
		const filename = `/var/log/${name()}.log`;
		await loki.push({ filename }, [[start + 5n, `unnamed ${filename}`]]);
		expect(await bodies({ filter: { kind: "compare", field: "filename", op: "=", value: filename } })).toEqual([
			`unnamed ${filename}`,
		]);
	});

	it.each(["oldest", "newest"] as const)(
		"a thousand lines of one nanosecond from several streams page without a repeat, %s first",
		async (order) => {
			const base = name();
			const services = [0, 1, 2].map((n) => `${base}-${n}`);
			for (const service of services) {
				const lines = Array.from({ length: 333 }, (_, i) => ({
					service,
					time: start + BigInt(i % 2),
					body: `${service} ${i}`,
					attributes: { n: i % 5 },
				}));
				await loki.sendOtlp(exportOf(...lines).body);
			}
			const filter = parseSearch(`service:${base}-*`);
			const pages = await everyPage((cursor) => ask({ filter, order }, callOf({ limit: 70, cursor })));
			const all = pages.flat();
			expect(new Set(all.map((l) => l.body)).size).toBe(999);
			expect(all).toHaveLength(999);
			const places = all.map((l) => [l.timeUnixNano, l.sequence] as const);
			const sorted = [...places].sort((a, b) => Number(a[0] - b[0]) || a[1] - b[1]);
			expect(places).toEqual(order === "oldest" ? sorted : sorted.reverse());
		},
	);

	it("attributes of 64 KB and of any script come back", async () => {
		const service = name();
		const big = `世界 🌍 ${"x".repeat(65_536)}`;
		await loki.sendOtlp(exportOf({ service, time: start, body: "b", attributes: { big, note: "значение" } }).body);
		const { data } = await ask({ service });
		expect(data[0]?.attributes.big).toBe(big);
	});

	it("a trace of years ago is found without a window, page by page, and a hint finds it at once", async () => {
		const service = name();
		const traceId = `${"c".repeat(31)}1`;
		const long = 1_675_000_000n * SECOND;
		const lines = Array.from({ length: 25 }, (_, i) => ({
			service,
			time: long + BigInt(i),
			body: `old ${i}`,
			traceId,
		}));
		await loki.sendOtlp(exportOf(...lines).body);
		const pages = await everyPage((cursor) => ask({ window: null, traceId }, callOf({ limit: 10, cursor })));
		expect(pages.flat().map((l) => l.body)).toEqual(lines.map((l) => l.body));
		const hint = { fromUnixNano: long, toUnixNano: long + SECOND };
		const answer = await loki.logs.logs({ window: null, traceId, filter: null, order: "oldest" }, callOf(), hint);
		expect(answer.data).toHaveLength(25);
		expect(answer.window?.fromUnixNano).toBe(long - 10n * SECOND);
	});

	it("an unknown trace is empty with reasons, and an empty window too", async () => {
		const unknown = await ask({ window: null, traceId: "d".repeat(32) });
		expect([unknown.status, unknown.data]).toEqual(["empty", []]);
		const early = { fromUnixNano: 946_684_800n * SECOND, toUnixNano: 946_684_801n * SECOND };
		const none = await ask({ window: early });
		expect([none.status, none.reasons.length > 0]).toEqual(["empty", true]);
	});

	it("someone's own LogQL is asked as it is, and what it says wrong comes back in Loki's words", async () => {
		const service = name();
		await loki.sendOtlp(exportOf({ service, time: start, body: "mine" }).body);
		expect(await bodies({ logql: `{service_name="${service}"} |= "mine"` })).toEqual(["mine"]);
		await expect(bodies({ logql: "{service_name=" })).rejects.toThrow(/Loki refused the query.*parse error/);
		await expect(bodies({ logql: `rate({service_name="${service}"}[1m])` })).rejects.toThrow(/numbers/);
	});

	it("request IDs lead to traces from labels and from the text", async () => {
		const service = name();
		const [a, b] = ["a".repeat(32), "b".repeat(32)];
		await loki.sendOtlp(
			exportOf(
				{ service, time: start, body: "x", traceId: a, attributes: { "http.request_id": "req-77" } },
				{ service, time: start + 1n, body: `{"requestId":"req-77","trace_id":"${b}"}` },
				{ service, time: start + 2n, body: `{"requestId":"req-777"}`, traceId: "e".repeat(32) },
			).body,
		);
		expect(await loki.logs.byRequestId("req-77", callOf())).toEqual([
			{ traceId: b, firstSeenUnixNano: start + 1n, signal: "logs" },
			{ traceId: a, firstSeenUnixNano: start, signal: "logs" },
		]);
	});

	it("lines and errors are counted by service, each once, whatever the window's borders", async () => {
		const service = name();
		const resource = { "deployment.environment.name": "prod" };
		const lines = Array.from({ length: 60 }, (_, i) => ({
			service,
			resource,
			time: start + BigInt(i) * SECOND,
			body: `n ${i}`,
			severityNumber: i % 6 === 0 ? 17 : 9,
		}));
		await loki.sendOtlp(exportOf(...lines).body);
		const all = { fromUnixNano: start, toUnixNano: start + 60n * SECOND };
		const counted = (await loki.logs.counts(all, callOf())).get(service);
		expect(counted).toMatchObject({ logs: 60, errors: 10, environments: ["prod"] });
		expect((await loki.logs.counts(all, callOf({ excludeEnvironments: ["prod"] }))).get(service)).toBeUndefined();
	});

	it("fields are known by their attribute names, and their values", async () => {
		const service = name();
		await loki.sendOtlp(exportOf({ service, time: now, body: "x", attributes: { "http.route": "/fields" } }).body);
		const known = await loki.logs.fields({ window }, callOf());
		expect(known.data.map((f) => f.value)).toEqual(expect.arrayContaining(["service", "level", "http.route"]));
		const values = async (field: string) =>
			(await loki.logs.fields({ field, window }, callOf())).data.map((f) => f.value);
		expect(await values("service")).toContain(service);
		expect(await values("http.route")).toContain("/fields");
	});

	const strings = fc.oneof(
		fc.string({ unit: "binary", maxLength: 20 }),
		fc.string({ maxLength: 20 }),
		fc.constantFrom('"', "\\", "`}}", "{{.x}}", '" | line_format "', "a*b", "\n", "\0", "💥"),
	);

	it("whatever text is asked for is a value, never a part of the query", async () => {
		await fc.assert(
			fc.asyncProperty(strings, async (value) => {
				for (const field of ["service", "body", "k", value || "k"]) {
					await ask({
						filter: {
							kind: "or",
							of: [
								{ kind: "compare", field, op: "=", value },
								{ kind: "compare", field, op: ">", value },
							],
						},
					});
				}
				await ask({ service: value, filter: { kind: "text", text: value } }, callOf({ excludeEnvironments: [value] }));
			}),
			{ numRuns: 25 },
		);
	});

	it("a filter finds exactly the lines that core says it matches", async () => {
		const service = name();
		await loki.sendOtlp(
			exportOf(
				{
					service,
					time: start,
					body: "Payment REFUSED",
					severityNumber: 17,
					attributes: { code: 402, ok: false, who: "ann" },
				},
				{
					service,
					time: start + 1n,
					body: "fine",
					severityNumber: 9,
					attributes: { code: 200, ok: true, who: "bob*" },
				},
				{
					service,
					time: start + 2n,
					body: "two\nlines",
					severityNumber: 13,
					attributes: { code: -1.5, note: "payment" },
				},
				{ service, time: start + 3n, body: "", attributes: { who: "ann b" } },
				{ service, time: start + 4n, body: "(a|b).*$", severityNumber: 1, attributes: { code: "text" } },
			).body,
		);
		const { data: records } = await ask({ service });
		expect(records).toHaveLength(5);
		const op = fc.constantFrom<CompareOp>("=", "!=", ">", ">=", "<", "<=");
		const leaf: fc.Arbitrary<Filter> = fc.oneof(
			// Loki keeps no types: what looks like a number is compared as one, so texts are asked of texts here.
			fc.record({
				kind: fc.constant("compare" as const),
				field: fc.constantFrom("who", "note", "none"),
				op,
				value: fc.constantFrom<string | number | boolean>("ann", "a*", "*", "bob\\*", 402, true),
			}),
			fc.record({
				kind: fc.constant("compare" as const),
				field: fc.constantFrom("code", "ok", "none"),
				op,
				value: fc.constantFrom<string | number | boolean>(402, 0, -1.5, 1e21, true, false),
			}),
			fc.record({
				kind: fc.constant("compare" as const),
				field: fc.constant("body"),
				op,
				value: fc.constantFrom("fine", "*e*", "two\nlines", "(a|b).**", "", "m"),
			}),
			fc.record({
				kind: fc.constant("compare" as const),
				field: fc.constant("level"),
				op,
				value: fc.constantFrom("error", "warn", "unspecified", "trace", "*r*"),
			}),
			fc.record({ kind: fc.constant("text" as const), text: fc.constantFrom("payment", "|b", "ANN", "\n", "402") }),
		);
		const { tree } = fc.letrec<{ tree: Filter }>((tie) => ({
			tree: fc.oneof(
				{ depthSize: "small", withCrossShrink: true },
				leaf,
				fc.record({
					kind: fc.constantFrom("and" as const, "or" as const),
					of: fc.array(tie("tree"), { maxLength: 3 }),
				}),
				fc.record({ kind: fc.constant("not" as const), of: tie("tree") }),
			),
		}));
		await fc.assert(
			fc.asyncProperty(tree, async (filter) => {
				const expected = records.filter((record) => matchesLog(filter, record)).map((l) => l.body);
				expect(await bodies({ service, filter })).toEqual(expected);
			}),
			{ numRuns: 100 },
		);
	});
}
