import { PbfReader } from "pbf";

/** What one OTLP request holds. */
export interface OtlpContent {
	items: number;
	/** `log.record.sequence` of its records, where they have one (JSON only). */
	sequences: number[];
	/** What its records say was lost (JSON only). */
	lost: number;
	/** Values of the counter `trivet_exported_total` by `item outcome` (JSON only). */
	exported: Record<string, number>;
}

/** Spans, log records or metrics of a request: all three signals nest them alike, resource > scope > item, as fields 1, 2 and 2. */
export function contentOf(body: Buffer, contentType: string | undefined): OtlpContent {
	return contentType?.includes("json") === true
		? fromJson(JSON.parse(body.toString()) as Json)
		: { items: fromProto(body), sequences: [], lost: 0, exported: {} };
}

function fromProto(body: Buffer): number {
	const path = [1, 2, 2];
	const count = (reader: PbfReader, end: number, depth: number): number => {
		let found = 0;
		while (reader.pos < end) {
			const tag = reader.readVarint();
			if (tag >> 3 === path[depth] && (tag & 7) === 2) {
				const inner = reader.readVarint() + reader.pos;
				if (depth === path.length - 1) found++;
				else found += count(reader, inner, depth + 1);
				reader.pos = inner;
			} else reader.skip(tag);
		}
		return found;
	};
	return count(new PbfReader(body), body.length, 0);
}

type Attributes = { key: string; value: { stringValue?: string; intValue?: string } }[];
interface Point {
	asDouble?: number;
	attributes: Attributes;
}
interface Json {
	resourceSpans?: { scopeSpans: { spans: unknown[] }[] }[];
	resourceLogs?: { scopeLogs: { logRecords: { attributes: Attributes }[] }[] }[];
	resourceMetrics?: { scopeMetrics: { metrics: { name: string; sum?: { dataPoints: Point[] } }[] }[] }[];
}

const LOST = "trivet.lost.log_records";

function fromJson({ resourceSpans = [], resourceLogs = [], resourceMetrics = [] }: Json): OtlpContent {
	const records = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
	const metrics = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
	const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
	const exported = metrics
		.filter(({ name }) => name.startsWith("trivet") && name.includes("exported"))
		.flatMap(({ sum }) => sum?.dataPoints ?? [])
		.map(({ asDouble, attributes }) => {
			const of = Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
			return [`${of.item} ${of.outcome}`, asDouble ?? 0] as const;
		});
	const number = (record: { attributes: Attributes }, name: string) =>
		Number(record.attributes.find(({ key }) => key === name)?.value.intValue);
	const told = records.filter((record) => number(record, LOST) > 0);
	return {
		items: spans.length + records.length + metrics.length,
		sequences: records
			.filter((record) => !told.includes(record))
			.map((record) => number(record, "log.record.sequence"))
			.filter(Number.isInteger),
		lost: told.reduce((sum, record) => sum + number(record, LOST), 0),
		exported: Object.fromEntries(exported),
	};
}
