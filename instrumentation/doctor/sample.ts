import { randomBytes } from "node:crypto";
import { keyValues } from "../otlp/value.ts";
import type { Signal } from "../settings.ts";
import { VERSION } from "../version.ts";

/** One span, one line and one metric of one trace, as OTLP/JSON bodies. */
export interface Sample {
	traceId: string;
	spanId: string;
	bodies: Record<Signal, string>;
}

export const SAMPLE_METRIC = "trivet.doctor.runs";

/** @param nowMs when it all happens, epoch milliseconds. */
export function createSample(resource: Readonly<Record<string, string | number>>, nowMs: number): Sample {
	const traceId = randomBytes(16).toString("hex");
	const spanId = randomBytes(8).toString("hex");
	const nano = (ms: number): string => `${Math.trunc(ms)}000000`;
	const scope = { name: "@trivet/instrumentation/doctor", version: VERSION };
	const of = { attributes: keyValues(resource) };
	const span = {
		traceId,
		spanId,
		name: "trivet doctor",
		kind: 1,
		startTimeUnixNano: nano(nowMs - 1),
		endTimeUnixNano: nano(nowMs),
		attributes: [],
		flags: 1,
	};
	const record = {
		timeUnixNano: nano(nowMs),
		observedTimeUnixNano: nano(nowMs),
		severityNumber: 9,
		severityText: "INFO",
		body: { stringValue: "a line from trivet doctor" },
		traceId,
		spanId,
		flags: 1,
	};
	const point = {
		startTimeUnixNano: nano(nowMs - 1),
		timeUnixNano: nano(nowMs),
		asDouble: 1,
		exemplars: [{ timeUnixNano: nano(nowMs), asDouble: 1, traceId, spanId }],
	};
	const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point] };
	const metric = { name: SAMPLE_METRIC, unit: "{run}", description: "Runs of trivet doctor", sum };
	return {
		traceId,
		spanId,
		bodies: {
			traces: JSON.stringify({ resourceSpans: [{ resource: of, scopeSpans: [{ scope, spans: [span] }] }] }),
			logs: JSON.stringify({ resourceLogs: [{ resource: of, scopeLogs: [{ scope, logRecords: [record] }] }] }),
			metrics: JSON.stringify({ resourceMetrics: [{ resource: of, scopeMetrics: [{ scope, metrics: [metric] }] }] }),
		},
	};
}
