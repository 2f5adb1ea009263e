/** One TrainTicket case of Nezha (MIT): 28 services nobody here wrote, spans without kind, times of 2023. Expectations are derived from the files. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { dataSet } from "./shared-data.ts";

interface OtlpSpan {
	traceId: string;
	spanId: string;
	parentSpanId?: string;
	startTimeUnixNano: string;
}

export interface TrainTicket {
	/** OTLP/JSON export requests by signal. */
	traces: string[];
	logs: string[];
	/** Trace id to the number of its distinct spans and of its log lines. */
	spansOf: Map<string, number>;
	logsOf: Map<string, number>;
	/** `caller>callee`: calls between services, by parent and child. */
	calls: Map<string, number>;
	fromUnixNano: bigint;
	toUnixNano: bigint;
}

function lines(file: string): string[] {
	return gunzipSync(readFileSync(file)).toString("utf8").split("\n").filter(Boolean);
}

/** The case with what its own files say must come out; null where the data is missing. */
export function trainTicket(): TrainTicket | null {
	const folder = dataSet("nezha/tt-0129-0843-1");
	if (folder === null) return null;
	const traces = lines(`${folder}/traces.otlp.jsonl.gz`);
	const logs = lines(`${folder}/logs.otlp.jsonl.gz`);
	const spans = new Map<string, { service: string; span: OtlpSpan }>();
	for (const line of traces) {
		for (const { resource, scopeSpans } of JSON.parse(line).resourceSpans) {
			const service = resource.attributes.find((a: { key: string }) => a.key === "service.name").value.stringValue;
			for (const scope of scopeSpans) {
				for (const span of scope.spans as OtlpSpan[]) spans.set(span.traceId + span.spanId, { service, span });
			}
		}
	}
	const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
	const spansOf = new Map<string, number>();
	const calls = new Map<string, number>();
	let [from, to] = [1n << 62n, 0n];
	for (const { service, span } of spans.values()) {
		count(spansOf, span.traceId);
		const start = BigInt(span.startTimeUnixNano);
		if (start < from) from = start;
		if (start > to) to = start;
		const parent = span.parentSpanId ? spans.get(span.traceId + span.parentSpanId) : undefined;
		if (parent && parent.service !== service) count(calls, `service:${parent.service}>service:${service}`);
	}
	const logsOf = new Map<string, number>();
	for (const line of logs) {
		for (const { scopeLogs } of JSON.parse(line).resourceLogs) {
			for (const scope of scopeLogs) for (const record of scope.logRecords) count(logsOf, record.traceId);
		}
	}
	return { traces, logs, spansOf, logsOf, calls, fromUnixNano: from, toUnixNano: to + 1n };
}
