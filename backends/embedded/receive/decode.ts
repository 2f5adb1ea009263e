/** One export request, as bytes, to a batch of rows: pure and deterministic, so that replaying the journal gives the same rows again. */
import { deserialize } from "node:v8";
import type { Rejected } from "../../../core/formats/otlp-fields.ts";
import { readLogs, readMetrics, readTraces } from "../../../core/formats/otlp-json.ts";
import type { Attributes, MetricPoint, Signal } from "../../../core/model.ts";
import { InvalidInput } from "../../../core/ports.ts";
import type { Batch, ColumnData, ResourceRow, SeriesRow } from "../store/batch.ts";
import { Dictionary } from "./dictionary.ts";
import { draftLog, LogDraft, LogRows } from "./log-rows.ts";
import { ExemplarRows, PointRows } from "./point-rows.ts";
import { OVER_QUOTA, RejectedItems } from "./protobuf-groups.ts";
import { readMessage } from "./protobuf-json.ts";
import { readProtobufLogs } from "./protobuf-logs.ts";
import { readProtobufTraces } from "./protobuf-traces.ts";
import { draftSpan, SpanDraft, SpanRows } from "./span-rows.ts";
import { Wire } from "./wire.ts";
import { TimesSeen, wordsOf } from "./words.ts";

/** How a body is written; `points` is the scraper's: `MetricPoint[]` in V8's serialisation. */
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
	/** Items by service. */
	services: Map<string, number>;
}

const dictionary = new Dictionary();
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Throws `InvalidInput` when the body is not such a request. */
export function decode(request: Request): Decoded {
	if (request.signal === "traces") return decodeTraces(request);
	if (request.signal === "logs") return decodeLogs(request);
	return decodeMetrics(request);
}

/** The dictionary rows a request uses, and the services it may not. */
class Resources {
	private readonly rows = new Map<bigint, ResourceRow>();
	private readonly denied: ReadonlySet<string>;
	/** Items of one resource follow each other. */
	private last: { attributes: Attributes; scopeName: string; scopeVersion: string; row: ResourceRow | null } | null =
		null;

	constructor(deny: readonly string[]) {
		this.denied = new Set(deny);
	}

	/** null when the service is turned away. */
	readonly of = (attributes: Attributes, scopeName: string, scopeVersion: string): ResourceRow | null => {
		const { last } = this;
		if (last?.attributes === attributes && last.scopeName === scopeName && last.scopeVersion === scopeVersion) {
			return last.row;
		}
		const row = this.use(dictionary.resource(attributes, scopeName, scopeVersion));
		this.last = { attributes, scopeName, scopeVersion, row };
		return row;
	};

	use(row: ResourceRow): ResourceRow | null {
		if (this.denied.has(row.service)) return null;
		this.rows.set(row.id, row);
		return row;
	}

	get list(): ResourceRow[] {
		return [...this.rows.values()];
	}
}

function decodeTraces(request: Request): Decoded {
	const resources = new Resources(request.deny);
	const rows = new SpanRows(expectedRows(request));
	let rejected: Rejected;
	if (request.type === "protobuf") rejected = readProtobufTraces(new Wire(request.body), rows, resources.of);
	else {
		const read = readTraces(jsonBody(request.body));
		const items = counted(read.rejected);
		const draft = new SpanDraft();
		for (const span of read.spans) {
			const resource = resources.of(span.resource, span.scopeName, span.scopeVersion);
			if (resource === null) {
				items.add(() => `span ${span.spanId}: ${OVER_QUOTA}`);
				continue;
			}
			draftSpan(span, draft);
			rows.add(draft, resource);
		}
		rejected = items;
	}
	const { fromNs, toNs, minutes } = rows.times;
	const table = rows.finish();
	return {
		batch: {
			...origin(request),
			tables: { spans: table },
			resources: resources.list,
			series: [],
			minutes,
			fromNs,
			toNs,
		},
		accepted: rows.rows,
		rejected: rejected.count,
		reason: rejected.reason,
		services: serviceCounts(table.columns.service),
	};
}

function decodeLogs(request: Request): Decoded {
	const resources = new Resources(request.deny);
	const rows = new LogRows(expectedRows(request));
	const receivedUnixNano = BigInt(Math.floor(request.receivedMs)) * 1_000_000n;
	let rejected: Rejected;
	if (request.type === "protobuf") {
		rejected = readProtobufLogs(new Wire(request.body), rows, receivedUnixNano, (attributes, scopeName) =>
			resources.of(attributes, scopeName, ""),
		);
	} else {
		const read = readLogs(jsonBody(request.body), { receivedUnixNano });
		const items = counted(read.rejected);
		const draft = new LogDraft();
		for (const record of read.records) {
			const resource = resources.of(record.resource, record.scopeName, "");
			if (resource === null) {
				items.add(() => `log record ${record.sequence}: ${OVER_QUOTA}`);
				continue;
			}
			draftLog(record, draft);
			rows.add(draft, resource);
		}
		rejected = items;
	}
	const { fromNs, toNs } = rows.times;
	const table = rows.finish();
	return {
		batch: {
			...origin(request),
			tables: { logs: table },
			resources: resources.list,
			series: [],
			minutes: [],
			fromNs,
			toNs,
		},
		accepted: rows.rows,
		rejected: rejected.count,
		reason: rejected.reason,
		services: serviceCounts(table.columns.service),
	};
}

function decodeMetrics(request: Request): Decoded {
	const resources = new Resources(request.deny);
	const series = new Map<bigint, SeriesRow>();
	const services = new Map<string, number>();
	const rows = new PointRows(64);
	const exemplars = new ExemplarRows();
	const times = new TimesSeen();
	const read = readPoints(request);
	const rejected = counted(read.rejected);
	for (const point of read.points) {
		const known = dictionary.seriesOf(point);
		if (resources.use(known.resource) === null) {
			rejected.add(() => `metric ${point.name}: ${OVER_QUOTA}`);
			continue;
		}
		services.set(known.series.service, (services.get(known.series.service) ?? 0) + 1);
		series.set(known.series.id, known.series);
		rows.add(point, known.series.id);
		times.see(...wordsOf(point.timeUnixNano));
		for (const exemplar of point.exemplars) exemplars.add(exemplar, known.series.id);
	}
	return {
		batch: {
			...origin(request),
			tables: { points: rows.finish(), exemplars: exemplars.finish() },
			resources: resources.list,
			series: [...series.values()],
			minutes: [],
			fromNs: times.fromNs,
			toNs: times.toNs,
		},
		accepted: rows.rows,
		rejected: rejected.count,
		reason: rejected.reason,
		services,
	};
}

/** Items by service, from the column that names it. */
function serviceCounts(column: ColumnData | undefined): Map<string, number> {
	const counts = new Map<string, number>();
	if (column?.kind !== "symbol") return counts;
	const bySymbol = new Uint32Array(column.symbols.length + 1);
	for (const symbol of column.index) bySymbol[symbol]!++;
	column.symbols.forEach((service, i) => {
		const items = bySymbol[i + 1]!;
		if (items > 0) counts.set(service, items);
	});
	return counts;
}

function readPoints({ type, body }: Request): { points: MetricPoint[]; rejected: Rejected } {
	if (type === "points") return { points: deserialize(body) as MetricPoint[], rejected: { count: 0, reason: "" } };
	return readMetrics(type === "json" ? jsonBody(body) : readMessage(new Wire(body), "MetricsRequest"));
}

function origin({ signal, receivedMs, keep }: Request): Pick<Batch, "signal" | "receivedMs" | "keep"> {
	return { signal, receivedMs, keep };
}

function counted({ count, reason }: Rejected): RejectedItems {
	const items = new RejectedItems();
	if (count > 0) items.add(() => reason, count);
	return items;
}

/** A first guess, so that columns seldom grow: a span has about 250 bytes in protobuf, twice as many in JSON. */
function expectedRows({ body, type }: Request): number {
	return Math.min(65_536, Math.ceil(body.length / (type === "protobuf" ? 200 : 400)));
}

function jsonBody(body: Uint8Array): string {
	try {
		return utf8.decode(body);
	} catch {
		throw new InvalidInput("the body is not UTF-8, as JSON must be");
	}
}
