/** The public data sets: what nobody here wrote must come out right. Skipped, with the reason printed, where a machine lacks them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { criticalPath } from "./critical-path.ts";
import { readJaeger } from "./formats/jaeger.ts";
import { readLogs, readMetrics, readTraces, writeTraces } from "./formats/otlp-json.ts";
import { readZipkin } from "./formats/zipkin.ts";
import { matchesSpan } from "./match-filter.ts";
import type { Span } from "./model.ts";
import { parseSearch } from "./search.ts";
import { parseTime } from "./time.ts";
import { findCycles, foldTopology, mergeTopologies } from "./topology.ts";
import { buildTraceTree, flagNames, type TraceTree } from "./trace-tree.ts";

const ROOT = process.env.TRIVET_SHARED_DATA ?? fileURLToPath(new URL("../../shared/data", import.meta.url));
const missing = !existsSync(ROOT);
if (missing) console.warn(`skipped: no data sets at ${ROOT} (set TRIVET_SHARED_DATA)`);
const read = (path: string) => readFileSync(`${ROOT}/${path}`, "utf8");
const files = (folder: string) =>
	missing
		? []
		: readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".json"));

/** `name +start..end [flags]`, indented, microseconds. */
function draw(tree: TraceTree): string[] {
	return tree.spans.map((span, row) => {
		const start = (tree.startNs[row] ?? 0) / 1000;
		const flags = flagNames(tree.flags[row] ?? 0).filter((flag) => flag !== "root");
		const name = span === null ? "?" : `${span.service} ${span.name} ${span.kind}`;
		const at = `${start}..${start + (tree.durationsNs[row] ?? 0) / 1000}`;
		return `${"  ".repeat(tree.depth[row] ?? 0)}${name} ${at}${flags.length > 0 ? ` [${flags.join(" ")}]` : ""}`;
	});
}

function edgesOf(spans: Span[]): string[] {
	const short = (id: string) => id.replace("service:", "");
	return foldTopology(spans).edges.map(
		({ caller, callee, calls, errors }) =>
			`${short(caller)} -> ${short(callee)} ${calls}${errors > 0 ? ` (${errors} failed)` : ""}`,
	);
}

describe.skipIf(missing)("zipkin", () => {
	const spansOf = (file: string) => {
		const { spans, rejected } = readZipkin(read(`zipkin/${file}.json`));
		expect(rejected).toEqual({ count: 0, reason: "" });
		return spans;
	};

	test("client and server under one id are two rows, the server below its client", () => {
		const spans = spansOf("ascend");
		expect(draw(buildTraceTree(spans))).toEqual([
			"mobile-gateway get server 0..38793",
			"  mobile-gateway get client 799..14876",
			"    auth-service http:/parent/auth-service/v1/authentications/ server 19965..24122 [skewed]",
			"      auth-service extend-token-life internal 19965..21256",
			"  mobile-gateway get client 15277..35610",
			"    content-service get /content/personal server 19002..34890",
			"      content-service hystrix internal 22303..23166",
			"      content-service get client 23565..32530",
		]);
		expect(edgesOf(spans)).toEqual(["mobile-gateway -> auth-service 1", "mobile-gateway -> content-service 1"]);
		expect(foldTopology(spans).coverage).toMatchObject({ spans: 8, paired: 2, unmatchedClients: 1 });
	});

	test("a shared server span alone, without a service, is a trace", () => {
		const tree = buildTraceTree(spansOf("envoy"));
		expect(tree).toMatchObject({ spanCount: 1, orphans: 0 });
		expect(tree.root).toMatchObject({ service: "unknown_service", missing: false });
	});

	test("a topic stands between its producers and consumers, whenever they run", () => {
		const spans = spansOf("messaging-kafka");
		expect(edgesOf(spans)).toEqual([
			"queue:kafka/messages -> servicea 4",
			"queue:kafka/messages -> serviceb 3",
			"servicea -> queue:kafka/central.messages 3",
			"servicea -> queue:kafka/command-messages 3",
			"servicea -> queue:kafka/messages 3",
		]);
		const tree = buildTraceTree(spans);
		expect(tree).toMatchObject({ spanCount: 28, errorCount: 3, orphans: 0 });
		expect(tree.flags.some((flags) => flagNames(flags).includes("skewed"))).toBe(false);
		expect(findCycles(foldTopology(spans))).toEqual([]);
	});

	test("a consumer that is its producer's child meets it at the queue that it alone names", () => {
		expect(edgesOf(spansOf("messaging"))).toEqual([
			"queue:rabbitmq/backend -> backend 1",
			"frontend -> queue:rabbitmq/backend 1",
		]);
	});

	test("a database known only as a remote endpoint becomes a node", () => {
		expect(edgesOf(spansOf("simple-db-p6"))).toEqual(["bootifulmeters -> database:other_sql/app_db 4"]);
	});

	test("skewed clocks are marked and left as they are", () => {
		expect(draw(buildTraceTree(spansOf("skew")))).toEqual([
			"servicea get server 62307..161718",
			"  servicea post client 65441..159980",
			"    serviceb post server 0..93577 [skewed]",
			"      serviceb async internal 1..65001",
		]);
	});

	test("shared ids three levels deep keep their order, and all remote endpoints are there", () => {
		const spans = spansOf("yelp");
		const tree = buildTraceTree(spans);
		expect(tree).toMatchObject({ spanCount: 16, orphans: 0, depthMax: 5 });
		expect(edgesOf(spans)).toEqual([
			"mobile_api -> blt 1",
			"mobile_api -> memcache 2",
			"mobile_api -> spectre 1",
			"routing -> unknown 1",
			"routing -> yelp-main 1",
			"unknown -> yelp_main/api_proxy 1",
			"yelp-main -> memcache 3",
			"yelp-main -> mobile_api 1",
			"yelp-main -> mysql 2",
			"yelp_main/api_proxy -> yelp-main 2",
		]);
	});
});

describe.skipIf(missing)("crisp", () => {
	/** CRISP counts siblings that overlap by a hair in full; here sections never overlap, so only the spans on the path are compared. */
	const OVERLAPPING = ["10.json", "19.json", "20.json", "21.json"];

	/** The answer that the file itself carries: microseconds of each operation on the critical path. */
	function answerOf(text: string): Record<string, number> {
		const { testing } = JSON.parse(text) as { testing: unknown };
		const first = (Array.isArray(testing) ? testing[0] : testing) as { opTimeExclusive?: Record<string, number> };
		const answer = first.opTimeExclusive ?? (first as Record<string, number>);
		return Object.fromEntries(Object.entries(answer).filter(([, time]) => time > 0));
	}

	test("all 33 traces are read, though their ids are no hex", () => {
		expect(files("crisp")).toHaveLength(33);
		for (const file of files("crisp")) {
			const { spans, rejected } = readJaeger(read(`crisp/${file}`));
			expect(rejected.count).toBe(0);
			expect(buildTraceTree(spans)).toMatchObject({ spanCount: spans.length, orphans: 0 });
		}
	});

	test.each(files("crisp"))("the critical path of %s is CRISP's own", (file) => {
		const text = read(`crisp/${file}`);
		const tree = buildTraceTree(readJaeger(text).spans);
		const times: Record<string, number> = {};
		for (const { row, startNs, endNs } of criticalPath(tree)) {
			const operation = `[${tree.spans[row]?.service}] ${tree.spans[row]?.name}`;
			times[operation] = (times[operation] ?? 0) + (endNs - startNs) / 1000;
		}
		if (!OVERLAPPING.includes(file)) return expect(times).toEqual(answerOf(text));
		expect(Object.keys(times).filter((key) => key !== "[S1] O1")).toEqual(
			Object.keys(answerOf(text)).filter((key) => key !== "[S1] O1"),
		);
	});

	test.each([
		["11.json", 1],
		["15.json", 2],
		["17.json", 3],
		["18.json", 5],
		["err_pattern1/err1.json", 2],
		["err_pattern2/err2.json", 1],
	])("%s has %i errors", (file, errors) => {
		expect(buildTraceTree(readJaeger(read(`crisp/${file}`)).spans).errorCount).toBe(errors);
	});
});

describe.skipIf(missing)("nezha", () => {
	const lines = (name: string) =>
		gunzipSync(readFileSync(`${ROOT}/nezha/${name}.gz`))
			.toString()
			.split("\n")
			.filter(Boolean);
	const spansOf = (folder: string) => lines(`${folder}/traces.otlp.jsonl`).flatMap((line) => readTraces(line).spans);

	/** Calls from parent and child in different services, the plain way. */
	function derivable(spans: Span[]): Map<string, number> {
		const byId = new Map(spans.map((span) => [span.traceId + span.spanId, span]));
		const edges = new Map<string, number>();
		for (const span of spans) {
			const parent = byId.get(span.traceId + span.parentSpanId);
			if (parent === undefined || parent.service === span.service) continue;
			const edge = `${parent.service} ${span.service}`;
			edges.set(edge, (edges.get(edge) ?? 0) + 1);
		}
		return edges;
	}

	const foldedEdges = (spans: Span[]) =>
		new Map(
			foldTopology(spans).edges.map(({ caller, callee, calls }) => [
				`${caller} ${callee}`.replaceAll("service:", ""),
				calls,
			]),
		);

	const cases = missing ? [] : readdirSync(`${ROOT}/nezha`).filter((name) => /^(tt|ob)-\d/.test(name));
	test.each(cases)(
		"%s: nothing is lost, every parent resolves, the edges are those of its parents and children",
		(name) => {
			const spans = spansOf(name);
			const { counts } = JSON.parse(read(`nezha/${name}/case.json`)) as { counts: { spans: number } };
			expect(spans).toHaveLength(counts.spans);
			const traces = new Map<string, Span[]>();
			for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
			for (const trace of traces.values()) {
				const tree = buildTraceTree(trace);
				expect(tree).toMatchObject({ spanCount: trace.length, orphans: 0 });
				expect(tree.root?.missing).toBe(false);
			}
			expect(foldedEdges(spans)).toEqual(derivable(spans));
		},
	);

	test("a case's minutes, folded one by one with their traces in sight, merge to the fold of the case", () => {
		const spans = spansOf("tt-0129-0852-1");
		const minuteOf = (span: Span) => span.startUnixNano / 60_000_000_000n;
		const minutes = [...new Set(spans.map(minuteOf))].map((minute) =>
			foldTopology(spans, { countOnly: (span) => minuteOf(span as Span) === minute }),
		);
		expect(minutes.length).toBeGreaterThan(1);
		expect(mergeTopologies(minutes)).toEqual(foldTopology(spans));
	});

	test("Online Boutique shows 13 of the 14 edges its source states, and no other", () => {
		const stated = read("nezha/ob-dependency.csv").trim().split(/\r?\n/).slice(1);
		const edges = [...foldedEdges(spansOf("ob-0823-1631-1")).keys()].map((edge) => edge.replace(" ", ","));
		const expected = stated
			.map((line) => line.split(",").slice(0, 2).join(","))
			.filter((edge) => edge !== "checkoutservice,currencyservice");
		expect(edges.sort()).toEqual(expected.sort());
	});

	test("its logs and metrics are read without loss, each line with its trace", () => {
		const { counts } = JSON.parse(read("nezha/tt-0129-0852-1/case.json")) as {
			counts: { logs: number; metricPoints: number };
		};
		const records = lines("tt-0129-0852-1/logs.otlp.jsonl").flatMap((line) => readLogs(line).records);
		expect(records).toHaveLength(counts.logs);
		expect(records.every((record) => record.traceId !== null && record.spanId !== null)).toBe(true);
		const points = lines("tt-0129-0852-1/metrics.otlp.jsonl").flatMap((line) => readMetrics(line).points);
		expect(points).toHaveLength(counts.metricPoints);
	});

	test("what is written reads back as the same spans", () => {
		const spans = spansOf("tt-0129-0858-1").slice(0, 2000);
		const again = readTraces(JSON.stringify(writeTraces(spans))).spans;
		const key = (span: Span) => span.traceId + span.spanId;
		const byKey = new Map(again.map((span) => [key(span), { ...span, arrival: 0 }]));
		for (const span of spans) expect(byKey.get(key(span))).toEqual({ ...span, arrival: 0 });
	});
});

describe.skipIf(missing)("jaeger", () => {
	interface Query {
		Caption: string;
		Query: {
			ServiceName: string;
			OperationName: string;
			Tags: Record<string, string | number | boolean> | null;
			StartTimeMin: string;
			StartTimeMax: string;
			DurationMin: number;
			DurationMax: number;
		};
		ExpectedFixtures: string[];
	}
	const folder = "jaeger/storage-integration";
	const fixtures = new Map(
		files(`${folder}/traces`).map((file) => [
			file.replace(".json", ""),
			readTraces(read(`${folder}/traces/${file}`)).spans,
		]),
	);
	const queries = missing
		? []
		: [`${folder}/queries.json`, `${folder}/queries_es.json`].flatMap((file) => JSON.parse(read(file)) as Query[]);

	/** The search as one would type it. Jaeger's fixtures write `.*` where ours is `*`. */
	function textOf({ ServiceName, OperationName, Tags, DurationMin, DurationMax }: Query["Query"]): string {
		const terms = [`service:"${ServiceName}"`];
		if (OperationName !== "") terms.push(`name:"${OperationName}"`);
		if (DurationMin > 0) terms.push(`duration:>=${DurationMin}ns`);
		if (DurationMax > 0) terms.push(`duration:<=${DurationMax}ns`);
		for (const [key, value] of Object.entries(Tags ?? {})) {
			terms.push(`${key}:${typeof value === "string" ? `"${value.replaceAll(".*", "*")}"` : value}`);
		}
		return terms.join(" ");
	}

	test("there are 32 traces and 27 searches", () => {
		expect([fixtures.size, queries.length]).toEqual([32, 27]);
	});

	test.each(queries.map((query) => [query.Caption, query] as const))("%s finds exactly its traces", (_, query) => {
		const filter = parseSearch(textOf(query.Query));
		const from = parseTime(query.Query.StartTimeMin, 0);
		const to = parseTime(query.Query.StartTimeMax, 0);
		const found = [...fixtures].filter(([, spans]) =>
			spans.some(
				(span) => span.startUnixNano >= from && span.startUnixNano < to && filter !== null && matchesSpan(filter, span),
			),
		);
		expect(found.map(([name]) => name).sort()).toEqual([...query.ExpectedFixtures].sort());
	});

	test("a resource without a service and a span without its parent are read for what they are", () => {
		const { spans } = readTraces(read("jaeger/otlp2jaeger/otlp2jaeger-in-error.json"));
		expect(spans.map((span) => span.service)).toContain("unknown_service");
	});

	test("Jaeger's own output reads back as the OTLP it was made from", () => {
		const [otlp] = readTraces(read("jaeger/otlp2jaeger/otlp2jaeger-in.json")).spans;
		const jaeger = readJaeger(read("jaeger/otlp2jaeger/otlp2jaeger-out.json")).spans[0];
		for (const key of [
			"traceId",
			"spanId",
			"parentSpanId",
			"name",
			"kind",
			"service",
			"startUnixNano",
			"durationNs",
		] as const) {
			expect(jaeger?.[key]).toEqual(otlp?.[key]);
		}
	});
});
