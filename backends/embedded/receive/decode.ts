/** One export request, as bytes, to a batch of rows: pure and deterministic, so that replaying the journal gives the same rows again. */

import { deserialize } from "node:v8";
import { readLogs, readMetrics, readTraces } from "../../../core/formats/otlp-json.ts";
import type { LogRecord, MetricPoint, Signal, Span } from "../../../core/model.ts";
import { InvalidInput } from "../../../core/ports.ts";
import type { Batch, ResourceRow, SeriesRow, TableRows } from "../store/batch.ts";
import type { SegmentTable } from "../store/segment.ts";
import { Dictionary } from "./dictionary.ts";
import { LogRows } from "./log-rows.ts";
import { ExemplarRows, PointRows } from "./point-rows.ts";
import { SpanRows } from "./span-rows.ts";

/** How a body is written; `points` is the scraper's own: `MetricPoint[]` in V8's serialisation. */
export type BodyType = "protobuf" | "json" | "points";

export interface Request {
	signal: Signal;
	type: BodyType;
	/** Not compressed. */
	body: Uint8Array;
	/** Epoch milliseconds. */
	receivedMs: number;
	keep: boolean;
	/** Services whose items are turned away (over their quota): decided once, when the request came in. */
	deny: string[];
}

export interface Decoded {
	batch: Batch;
	accepted: number;
	rejected: number;
	/** Names the first rejected item and why; empty when none was. */
	reason: string;
}

const MINUTE_NS = 60_000_000_000n;
const dictionary = new Dictionary();
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Throws `InvalidInput` when the body is not such a request. */
export function decode(request: Request): Decoded {
	if (request.type === "protobuf") throw new InvalidInput("protobuf is not there yet");
	const { signal } = request;
	if (request.type === "points") {
		const points = deserialize(request.body) as MetricPoint[];
		return decoded(request, pointTables(points), points.length, { count: 0, reason: "" });
	}
	const input = jsonBody(request.body);
	if (signal === "traces") {
		const { spans, rejected } = readTraces(input);
		return decoded(request, spanTables(spans), spans.length, rejected);
	}
	if (signal === "logs") {
		const { records, rejected } = readLogs(input, { receivedUnixNano: BigInt(request.receivedMs) * 1_000_000n });
		return decoded(request, logTables(records), records.length, rejected);
	}
	const { points, rejected } = readMetrics(input);
	return decoded(request, pointTables(points), points.length, rejected);
}

interface Tables extends Pick<Batch, "resources" | "series" | "minutes" | "fromNs" | "toNs"> {
	tables: Partial<Record<SegmentTable, TableRows>>;
}

function decoded(
	request: Request,
	tables: Tables,
	accepted: number,
	rejected: { count: number; reason: string },
): Decoded {
	const { signal, receivedMs, keep } = request;
	return {
		batch: { signal, receivedMs, keep, ...tables },
		accepted,
		rejected: rejected.count,
		reason: rejected.reason,
	};
}

function jsonBody(body: Uint8Array): string {
	try {
		return utf8.decode(body);
	} catch {
		throw new InvalidInput("the body is not UTF-8, as JSON must be");
	}
}

/** Bounds of the times seen. */
class Bounds {
	fromNs: bigint | null = null;
	toNs: bigint | null = null;

	see(ns: bigint): void {
		if (this.fromNs === null || ns < this.fromNs) this.fromNs = ns;
		if (this.toNs === null || ns > this.toNs) this.toNs = ns;
	}
}

function spanTables(spans: readonly Span[]): Tables {
	const rows = new SpanRows(spans.length);
	const bounds = new Bounds();
	const minutes = new Set<bigint>();
	const resources = new Map<bigint, ResourceRow>();
	for (const span of spans) {
		const resource = dictionary.resource(span.resource, span.scopeName, span.scopeVersion);
		resources.set(resource.id, resource);
		rows.add(span, resource);
		bounds.see(span.startUnixNano);
		minutes.add(span.startUnixNano / MINUTE_NS);
	}
	return {
		tables: { spans: rows.finish() },
		resources: [...resources.values()],
		series: [],
		minutes: [...minutes],
		...bounds,
	};
}

function logTables(records: readonly LogRecord[]): Tables {
	const rows = new LogRows(records.length);
	const bounds = new Bounds();
	const resources = new Map<bigint, ResourceRow>();
	for (const record of records) {
		const resource = dictionary.resource(record.resource, record.scopeName, "");
		resources.set(resource.id, resource);
		rows.add(record, resource);
		bounds.see(record.timeUnixNano);
	}
	return { tables: { logs: rows.finish() }, resources: [...resources.values()], series: [], minutes: [], ...bounds };
}

function pointTables(points: readonly MetricPoint[]): Tables {
	const rows = new PointRows(points.length);
	const exemplars = new ExemplarRows();
	const bounds = new Bounds();
	const resources = new Map<bigint, ResourceRow>();
	const series = new Map<bigint, SeriesRow>();
	for (const point of points) {
		const known = dictionary.seriesOf(point);
		resources.set(known.resource.id, known.resource);
		series.set(known.series.id, known.series);
		rows.add(point, known.series.id);
		bounds.see(point.timeUnixNano);
		for (const exemplar of point.exemplars) exemplars.add(exemplar, known.series.id);
	}
	return {
		tables: { points: rows.finish(), exemplars: exemplars.finish() },
		resources: [...resources.values()],
		series: [...series.values()],
		minutes: [],
		...bounds,
	};
}
