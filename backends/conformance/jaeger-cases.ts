/** Jaeger's own storage integration fixtures (Apache-2.0): 32 traces of 2017, 27 searches, each with the traces it must return. */
import { readdirSync, readFileSync } from "node:fs";
import type { Attributes, TimeWindow } from "../../core/model.ts";
import type { TraceQuery } from "../../core/ports.ts";
import type { Filter } from "../../core/search.ts";
import { compare } from "./search-cases.ts";
import { dataSet } from "./shared-data.ts";

interface JaegerQuery {
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

export interface JaegerSearch {
	name: string;
	query: TraceQuery;
	/** Trace ids, sorted. */
	expected: string[];
}

/** Fixtures as OTLP/JSON texts and the searches over them; null where the data is missing. */
export function jaegerFixtures(): { exports: string[]; searches: JaegerSearch[] } | null {
	const folder = dataSet("jaeger/storage-integration");
	if (folder === null) return null;
	const texts = new Map(
		readdirSync(`${folder}/traces`).map((file) => [
			file.replace(".json", ""),
			readFileSync(`${folder}/traces/${file}`, "utf8"),
		]),
	);
	const queries = ["queries.json", "queries_es.json"].flatMap(
		(file) => JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as JaegerQuery[],
	);
	return {
		exports: [...texts.values()],
		searches: queries.map((q) => ({
			name: q.Caption,
			query: traceQuery(q.Query),
			expected: [...new Set(q.ExpectedFixtures.flatMap((name) => traceIds(texts.get(name)!)))].sort(),
		})),
	};
}

function traceIds(otlp: string): string[] {
	const request = JSON.parse(otlp) as { resourceSpans: { scopeSpans: { spans: { traceId: string }[] }[] }[] };
	return request.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans.map((span) => span.traceId)));
}

function traceQuery(query: JaegerQuery["Query"]): TraceQuery {
	const of: Filter[] = [compare("service", "=", query.ServiceName)];
	if (query.OperationName !== "") of.push(compare("name", "=", query.OperationName));
	if (query.DurationMin > 0) of.push(compare("duration", ">=", query.DurationMin));
	if (query.DurationMax > 0) of.push(compare("duration", "<=", query.DurationMax));
	for (const [key, value] of Object.entries(query.Tags ?? ({} satisfies Attributes))) {
		// Jaeger writes these patterns as regular expressions: `.*` is our `*`.
		of.push(compare(key, "=", typeof value === "string" ? value.replaceAll(".*", "*") : value));
	}
	const window: TimeWindow = {
		fromUnixNano: nanoseconds(query.StartTimeMin),
		toUnixNano: nanoseconds(query.StartTimeMax),
	};
	return { window, filter: { kind: "and", of }, status: null, order: "newest" };
}

/** Of an ISO time with microseconds, which Date would cut off. */
function nanoseconds(iso: string): bigint {
	const [, seconds, fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(iso)!;
	return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}
