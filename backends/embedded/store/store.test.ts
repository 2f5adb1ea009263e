import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Signal } from "../../../core/model.ts";
import { decode } from "../receive/decode.ts";
import type { Retention } from "../settings.ts";
import type { Batch } from "./batch.ts";
import { expiredSegments, leastWanted } from "./retention.ts";
import { type Segment, segmentName, segmentTable } from "./segment.ts";
import { Store } from "./store.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = 1_700_000_000_000;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const POSITION = { file: 1n, position: 100n };

let directory: string;
let store: Store;
const open = (retention: Retention | null = null) =>
	Store.open({ file: join(directory, "store.duckdb"), memoryMb: 200, threads: 2, readers: 2, retention });
beforeEach(async () => {
	directory = mkdtempSync(join(tmpdir(), "trivet-store-"));
	store = await open();
});
afterEach(async () => {
	await store.close();
	rmSync(directory, { recursive: true, force: true });
});

function batch(signal: Signal, message: object, receivedMs = NOW_MS, keep = false): Batch {
	const body = Uint8Array.from(Buffer.from(JSON.stringify(message)));
	return decode({ signal, type: "json", body, receivedMs, keep, deny: [] }).batch;
}
const resource = (service: string, environment = "prod") => ({
	attributes: [
		{ key: "service.name", value: { stringValue: service } },
		{ key: "deployment.environment.name", value: { stringValue: environment } },
	],
});
let nextSpan = 1;
const spans = (count: number, service = "cart", environment = "prod") => ({
	resourceSpans: [
		{
			resource: resource(service, environment),
			scopeSpans: [
				{
					spans: Array.from({ length: count }, () => ({
						traceId: TRACE,
						spanId: (nextSpan++).toString(16).padStart(16, "0"),
						name: "GET /x",
						startTimeUnixNano: String(NOW_MS * 1_000_000),
						endTimeUnixNano: String(NOW_MS * 1_000_000 + 5),
					})),
				},
			],
		},
	],
});
const count = async (table: "spans" | "logs" | "points" | "exemplars") =>
	Number((await store.all<{ n: bigint }>(`select count(*) n from ${store.from(table, null)}`))[0]!.n);

describe("loading", () => {
	test("numbers rows in order of arrival over batches, loads and restarts", async () => {
		await store.load([batch("traces", spans(3)), batch("traces", spans(2))], POSITION);
		await store.close();
		store = await open();
		await store.load([batch("traces", spans(4000))], { file: 1n, position: 200n });
		const rows = await store.all<{ arrival: bigint; span_id: bigint }>(
			`select arrival, span_id from ${store.from("spans", null)} order by span_id`,
		);
		expect(rows.map((row) => row.arrival)).toEqual(Array.from({ length: 4005 }, (_, i) => BigInt(i + 1)));
		expect(store.journalPosition).toEqual({ file: 1n, position: 200n });
	});

	test("rows, dictionaries, counts and the journal's position come together or not at all", async () => {
		const good = batch("traces", spans(2, "good"));
		const bad = batch("traces", spans(2, "bad"));
		delete bad.tables.spans!.columns.name;
		await expect(store.load([good, bad], POSITION)).rejects.toThrow("lacks the column name");
		expect(await count("spans")).toBe(0);
		expect(await store.all("select * from resources")).toEqual([]);
		expect(store.journalPosition).toEqual({ file: 0n, position: 0n });
		await store.load([good], POSITION);
		expect(await count("spans")).toBe(2);
		expect(store.segments().map(({ segment, spans }) => [segment, spans])).toEqual([[segmentName(NOW_MS, false), 2]]);
	});

	test("a dictionary row is stored once, also after a restart", async () => {
		await store.load([batch("traces", spans(1)), batch("traces", spans(1))], POSITION);
		await store.close();
		store = await open();
		await store.load([batch("traces", spans(1)), batch("traces", spans(1, "other"))], POSITION);
		expect(await store.all("select service from resources order by 1")).toEqual([
			{ service: "cart" },
			{ service: "other" },
		]);
	});

	test("any text and any list of numbers comes back as it was", async () => {
		const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
		await fc.assert(
			fc.asyncProperty(text, fc.array(fc.double({ noNaN: true }), { maxLength: 5 }), async (body, doubles) => {
				const record = {
					timeUnixNano: "1",
					body: { stringValue: body },
					attributes: [{ key: body, value: { stringValue: body } }],
				};
				const bounds = [...new Set(doubles.filter(Number.isFinite).map((d) => d || 0))].sort((a, b) => a - b);
				const histogram = {
					dataPoints: [
						{ timeUnixNano: "1", count: "1", explicitBounds: bounds, bucketCounts: [...bounds, 0].map(() => "1") },
					],
				};
				await store.load(
					[
						batch("logs", { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }),
						batch("metrics", { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "h", histogram }] }] }] }),
					],
					POSITION,
				);
				const [row] = await store.all<{ body: string; attributes: string; value: string }>(
					`select body, attributes, json_extract_string(attributes, '$.*')[1] as value from ${store.from("logs", null)} order by sequence desc limit 1`,
				);
				expect([row!.body, JSON.parse(row!.attributes), row!.value]).toEqual([body, { [body]: body }, body]);
				const [point] = await store.all<{ bounds: number[]; counts: number[] }>(
					`select bounds, counts from ${store.from("points", null)} order by arrival desc limit 1`,
				);
				if (bounds.length > 0) expect([point!.bounds, point!.counts.length]).toEqual([bounds, bounds.length + 1]);
			}),
			{ numRuns: 40 },
		);
	});

	test("imports have their own segment, and a window picks segments", async () => {
		await store.load(
			[batch("traces", spans(1)), batch("traces", spans(1), NOW_MS, true), batch("traces", spans(1), NOW_MS + HOUR_MS)],
			POSITION,
		);
		const hour = Math.floor(NOW_MS / HOUR_MS);
		expect(store.segments().map(({ segment }) => segment)).toEqual([`h${hour}`, `k${hour}`, `h${hour + 1}`]);
		const nowNs = BigInt(NOW_MS) * 1_000_000n;
		expect(store.from("spans", { fromUnixNano: nowNs + 1n, toUnixNano: nowNs + 2n })).toBe("spans_none");
		expect(store.from("spans", { fromUnixNano: nowNs, toUnixNano: nowNs + 1n })).toMatch(/spans_h\d+ union all/);
		expect(() => segmentTable("spans", "h1; drop table segments")).toThrow("not a segment");
	});

	test("minutes are marked in the transaction that loads them", async () => {
		await store.load([batch("traces", spans(3))], POSITION);
		expect(await store.all("select minute, arrival from dirty_minutes")).toEqual([
			{ minute: BigInt(Math.floor(NOW_MS / 60_000)), arrival: 3n },
		]);
	});
});

describe("queries", () => {
	test("are interrupted by their signal", async () => {
		const controller = new AbortController();
		const asked = store.all(
			"select sum(a.range * b.range) from range(1000000) a, range(1000000) b",
			[],
			controller.signal,
		);
		setTimeout(() => controller.abort(new Error("enough")), 50);
		await expect(asked).rejects.toThrow("enough");
		expect(await store.all("select 1::integer as one")).toEqual([{ one: 1 }]);
	});

	test("bind unsigned ids past 2^63 and give typed arrays", async () => {
		const big = 2n ** 64n - 1n;
		const { rows, columns } = await store.columns(
			"select $1::ubigint as id, 2.5::double as d union all select 7::ubigint, null",
			[big],
		);
		expect([rows, columns.id]).toEqual([2, BigUint64Array.of(big, 7n)]);
		expect(columns.d).toEqual([2.5, null]);
		expect(await store.all("select $a::varchar as a, $b::bigint as b", { a: "x'y", b: -5n })).toEqual([
			{ a: "x'y", b: -5n },
		]);
	});
});

describe("retention", () => {
	const segment = (hour: number, keep = false): Segment => ({
		segment: `${keep ? "k" : "h"}${hour}`,
		hour,
		keep,
		schemaVersion: 1,
		spans: 0,
		logs: 0,
		points: 0,
		fromNs: null,
		toNs: null,
	});

	test("by age: whole hours, imports never", () => {
		const hour = Math.floor(NOW_MS / HOUR_MS);
		const all = [segment(hour - 30, true), ...[25, 24, 1, 0].map((age) => segment(hour - age))];
		expect(expiredSegments(all, NOW_MS, { ageHours: 24, sizeMb: 1 }).map((s) => hour - s.hour)).toEqual([25]);
	});

	test("by size: the oldest first, imports last, the hour being written never", () => {
		const hour = Math.floor(NOW_MS / HOUR_MS);
		let left = [segment(hour), segment(hour - 2), segment(hour - 9, true), segment(hour - 5)];
		const order: string[] = [];
		for (let next = leastWanted(left, NOW_MS); next !== null; next = leastWanted(left, NOW_MS)) {
			order.push(`${next.keep ? "k" : "h"}-${hour - next.hour}`);
			left = left.filter((one) => one !== next);
		}
		expect(order).toEqual(["h-5", "h-2", "k-9"]);
		expect(left.map((one) => one.hour)).toEqual([hour]);
	});

	test("drops tables and the dictionary rows that nothing uses any more", async () => {
		await store.close();
		store = await open({ ageHours: 24, sizeMb: 1_000 });
		await store.load(
			[
				batch("traces", spans(2, "old"), NOW_MS - 48 * HOUR_MS),
				batch("traces", spans(2, "kept"), NOW_MS - 48 * HOUR_MS, true),
				batch("traces", spans(1, "new")),
			],
			POSITION,
		);
		expect(await store.retain(NOW_MS)).toBe(1);
		expect(await store.all("select service from resources order by 1")).toEqual([
			{ service: "kept" },
			{ service: "new" },
		]);
		expect(await count("spans")).toBe(3);
		await store.load([batch("traces", spans(1, "old"))], POSITION);
		expect((await store.all("select service from resources")).length).toBe(3);
	});
});

describe("erasing an environment", () => {
	test("takes all signals, marks the minutes, drops what is left empty", async () => {
		const point = { timeUnixNano: "5", asDouble: 1, exemplars: [{ timeUnixNano: "5", asDouble: 1 }] };
		await store.load(
			[
				batch("traces", spans(2, "cart", "demo"), NOW_MS - HOUR_MS),
				batch("traces", spans(1, "cart", "prod")),
				batch("traces", spans(1, "cart", "demo")),
				batch("logs", {
					resourceLogs: [{ resource: resource("cart", "demo"), scopeLogs: [{ logRecords: [{ timeUnixNano: "1" }] }] }],
				}),
				batch("metrics", {
					resourceMetrics: [
						{
							resource: resource("cart", "demo"),
							scopeMetrics: [{ metrics: [{ name: "m", gauge: { dataPoints: [point] } }] }],
						},
					],
				}),
			],
			POSITION,
		);
		await store.write((tx) => tx.run("delete from dirty_minutes"));
		expect(await store.erase("demo")).toEqual({ spans: 3, logs: 1, points: 1 });
		expect([await count("spans"), await count("logs"), await count("points"), await count("exemplars")]).toEqual([
			1, 0, 0, 0,
		]);
		expect(store.segments().map(({ spans, logs, points }) => [spans, logs, points])).toEqual([[1, 0, 0]]);
		expect(store.segments()[0]!.fromNs).toBe(BigInt(NOW_MS) * 1_000_000n);
		expect((await store.all("select distinct minute from dirty_minutes")).length).toBe(1);
	});
});
