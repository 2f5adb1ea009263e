import { BatchQueue } from "../otlp/batch-queue.ts";
import type { OtlpSender } from "../otlp/send.ts";
import { keyValues } from "../otlp/value.ts";
import { type CapturedLine, LogCapture } from "./capture.ts";
import { type RecordLimits, toRecord } from "./record.ts";

export interface LogExporterOptions {
	sender: OtlpSender;
	resource: Readonly<Record<string, string | number>>;
	scope: { name: string; version: string };
	limits: RecordLimits;
	queue: { size: number; batch: number; delayMs: number };
}

export interface LogExporter {
	capture: LogCapture;
	queue: BatchQueue<CapturedLine>;
}

/** Captured lines as OTLP/JSON log records in batches. */
export function createLogExporter({ sender, resource, scope, limits, queue: sizes }: LogExporterOptions): LogExporter {
	const attributes = keyValues(resource);
	const queue = new BatchQueue<CapturedLine>({
		...sizes,
		async send(lines) {
			const logRecords = lines.map((line) => toRecord(line, limits));
			const body = JSON.stringify({
				resourceLogs: [{ resource: { attributes }, scopeLogs: [{ scope, logRecords }] }],
			});
			const outcome = await sender.send(body);
			return outcome.ok ? Math.max(0, lines.length - outcome.rejected) : 0;
		},
	});
	return { queue, capture: new LogCapture((line) => queue.push(line)) };
}
