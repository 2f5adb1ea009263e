/** What only shows with the real Tempo: its limits, its clock, its order. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Filter } from "../../../core/search.ts";
import { howToBuild, missingEngines } from "../../../engines/engines.ts";
import { callOf, everyPage, MS, S } from "../../conformance/scene.ts";
import type { SpanSpec } from "../../conformance/telemetry.ts";
import { newestFirst, slowestFirst, type Walk } from "./candidates.ts";
import { SearchApi } from "./search-api.ts";
import { openTestTempo, type TestTempo } from "./testing-tempo.ts";

const missing = missingEngines(["tempo"]);
const base = BigInt(Math.floor(Date.now() / 60_000) - 5) * 60n * BigInt(S);
const window = { fromUnixNano: base - 60n * BigInt(S), toUnixNano: base + 600n * BigInt(S) };
const id = (name: string, n = 1) =>
	Buffer.from(name).toString("hex").padEnd(24, "a").slice(0, 24) + n.toString(16).padStart(8, "0");
const spanId = (n: number) => (0xabcd_0000_0000_0000n + BigInt(n)).toString(16);
const ofService = (value: string): Filter => ({ kind: "compare", field: "service", op: "=", value });

const one = (name: string, more: Partial<SpanSpec> = {}, n = 1): SpanSpec => ({
	...{ traceId: id(name, n), spanId: spanId(n), service: name, name: "x", kind: "server", start: base, durationNs: MS },
	...more,
});

/** More than the walk in either order asks for at once, in three seconds, many with equal times and durations. */
const CROWD = 2_300;
const crowd = Array.from({ length: CROWD }, (_, i) =>
	one("crowd", { start: base + BigInt((i % 300) * 10 * MS), durationNs: (i % 700) * MS }, i + 1),
);
/** 30 MB as JSON: more than gRPC carries between Tempo's parts by default. */
const HUGE = 100_000;
const huge = (from: number, to: number) =>
	Array.from({ length: to - from }, (_, k) => {
		const i = from + k;
		const parent = i === 0 ? undefined : spanId(i - ((i - 1) % 7));
		return one(
			"huge",
			{ parent, start: base + BigInt(i), attributes: { i, "http.route": "/orders/{id}" } },
			1 && i + 1,
		);
	}).map((span) => ({ ...span, traceId: id("huge") }));
const wide = "ß€🌍".repeat(7_000);

describe.skipIf(missing.length > 0)(`Tempo ${missing.length > 0 ? `(${howToBuild(missing)})` : ""}`, () => {
	let tempo: TestTempo;

	beforeAll(async () => {
		tempo = await openTestTempo();
		for (let from = 0; from < CROWD; from += 500) await tempo.send(...crowd.slice(from, from + 500));
		for (let from = 0; from < HUGE; from += 10_000) await tempo.send(...huge(from, from + 10_000));
		await tempo.send(one("wide", { attributes: { wide, "clé ключ": "🌍" } }));
		for (const n of [1, 2, 3]) {
			const resource = n === 3 ? undefined : { "deployment.environment.name": n === 1 ? "demo" : "prod" };
			await tempo.send(one("env", { resource }, n));
		}
		await tempo.send(
			one("raw", { attributes: { rows: 7 }, status: "error" }),
			one("raw", { attributes: { rows: 9 } }, 2),
		);
		await tempo.send(one("last"));
		await tempo.searchable(id("last"));
	});
	afterAll(() => tempo?.close());

	const walk = (order: "newest" | "slowest"): Walk => ({
		api: new SearchApi(tempo.engine),
		traceql: (bounds) => {
			const below = bounds?.belowMs == null ? "" : ` && traceDuration < ${bounds.belowMs}ms`;
			const above = bounds?.minMs ? ` && traceDuration >= ${bounds.minMs}ms` : "";
			return `{ resource.service.name = "crowd"${above}${below} } with (most_recent=true)`;
		},
		takesBounds: true,
		window,
		after: null,
		wanted: order === "newest" ? 20 : 50,
		call: () => callOf(),
		cut: (reason) => expect.fail(reason),
	});

	it.each(["newest", "slowest"] as const)(
		"%s first: every trace once, in order, however few Tempo gives at a time",
		async (order) => {
			const keys: { traceId: string; value: number }[] = [];
			for await (const batch of order === "newest" ? newestFirst(walk(order)) : slowestFirst(walk(order))) {
				for (const { traceId, startUnixNano, durationMs } of batch) {
					keys.push({ traceId, value: order === "newest" ? Number(startUnixNano - base) : durationMs });
				}
			}
			expect(keys).toEqual([...keys].sort((a, b) => b.value - a.value || (a.traceId < b.traceId ? 1 : -1)));
			expect(new Set(keys.map((key) => key.traceId)).size).toBe(CROWD);
			expect(keys).toHaveLength(CROWD);
		},
	);

	it("a trace of 100,000 spans comes back whole, and its tree without attributes", async () => {
		const whole = await tempo.traces.trace(id("huge"), callOf({ limit: HUGE }));
		expect([whole.status, whole.data.length, new Set(whole.data.map((span) => span.spanId)).size]).toEqual([
			"ok",
			HUGE,
			HUGE,
		]);
		expect(whole.data.every((span) => span.attributes["http.route"] === "/orders/{id}")).toBe(true);
		const skeleton = await tempo.traces.skeleton(id("huge"), callOf({ limit: HUGE }));
		expect([skeleton.data.length, skeleton.data[5]?.route]).toEqual([HUGE, "/orders/{id}"]);
		const cut = await tempo.traces.skeleton(id("huge"), callOf({ limit: 10 }));
		expect([cut.status, cut.data.length]).toEqual(["partial", 10]);
	});

	it("64 KB of unicode under a key of unicode comes back as it was, and is found", async () => {
		const [span] = (await tempo.traces.trace(id("wide"), callOf())).data;
		expect(span?.attributes.wide).toBe(wide);
		const filter: Filter = { kind: "compare", field: "clé ключ", op: "=", value: "🌍" };
		const found = await tempo.traces.search({ window, filter, status: null, order: "newest" }, callOf());
		expect(found.data.map((trace) => trace.traceId)).toEqual([id("wide")]);
	});

	it("a trace that is still arriving grows at each look, and is searched when it was quiet", async () => {
		const parts = [1, 2, 3].map((n) => ({
			...one("fresh", {}, n),
			traceId: id("fresh"),
			parent: n === 1 ? undefined : spanId(1),
		}));
		for (const [i, part] of parts.entries()) {
			await tempo.send(part as SpanSpec);
			const look = async () => (await tempo.traces.skeleton(id("fresh"), callOf())).data.length;
			await expect.poll(look, { timeout: 10_000, interval: 50 }).toBe(i + 1);
		}
		await tempo.searchable(id("fresh"));
		const query = { window, filter: ofService("fresh"), status: null, order: "newest" } as const;
		expect((await tempo.traces.search(query, callOf())).data).toMatchObject([{ spanCount: 3, rootMissing: false }]);
	});

	it("TraceQL of the user's own is sent as it is, within the window, status and page", async () => {
		const ask = (traceql: string, more = {}) =>
			everyPage((cursor) =>
				tempo.traces.search(
					{ window, filter: null, status: null, order: "newest", traceql, ...more },
					callOf({ limit: 1, cursor }),
				),
			);
		const ids = (pages: { traceId: string }[][]) => pages.flat().map((trace) => trace.traceId);
		expect(ids(await ask("{ span.rows > 6 }"))).toEqual([id("raw", 2), id("raw")]);
		expect(ids(await ask("{ span.rows > 6 } | select(name)", { status: "ok" }))).toEqual([id("raw", 2)]);
		const later = { fromUnixNano: base + 1n, toUnixNano: window.toUnixNano };
		expect(ids(await ask("{ span.rows > 6 }", { window: later }))).toEqual([]);
		await expect(ask("{ span.rows >")).rejects.toMatchObject({ name: "InvalidInput" });
	});

	it("environments are left out together with any filter, whatever the order", async () => {
		for (const order of ["newest", "slowest"] as const) {
			const query = { window, filter: ofService("env"), status: null, order };
			const answer = await tempo.traces.search(query, callOf({ excludeEnvironments: ["demo"] }));
			expect(answer.data.map((trace) => trace.traceId)).toEqual([id("env", 3), id("env", 2)]);
		}
	});

	it("values of a field are offered for the window and the prefix", async () => {
		const ask = async (field?: string, prefix?: string) =>
			(await tempo.traces.fields({ signal: "traces", field, prefix, window }, callOf())).data.map(({ value }) => value);
		expect(await ask("service", "cr")).toEqual(["crowd"]);
		expect(await ask("http.route")).toEqual(["/orders/{id}"]);
		expect(await ask("clé ключ")).toEqual(["🌍"]);
		expect(await ask(undefined, "cl")).toEqual(["clé ключ"]);
		expect(await ask("kind", "s")).toEqual(["server"]);
		expect(await ask("traceId")).toEqual([]);
	});
});
