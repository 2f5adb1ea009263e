import type { OtlpSender } from "../otlp/send.ts";
import { keyValues } from "../otlp/value.ts";
import { LogCapture } from "./queue.ts";
import { type RecordLimits, toRecord } from "./record.ts";

export interface LogExporterOptions {
	sender: OtlpSender;
	resource: Readonly<Record<string, string | number>>;
	scope: { name: string; version: string };
	limits: RecordLimits;
	queue: { size: number; batch: number; delayMs: number };
}

/** What happened to the lines of this process, for the metrics and for whoever asks at the end. */
export interface LogCounts {
	sent: number;
	droppedQueueFull: number;
	droppedNotSent: number;
}

/** Sends captured lines in batches, one request at a time, a second after the first line or at once when a batch is full. */
export class LogExporter {
	readonly capture: LogCapture;
	private readonly options: LogExporterOptions;
	private timer: NodeJS.Timeout | undefined;
	private running: Promise<void> | undefined;
	private sent = 0;
	private failed = 0;

	constructor(options: LogExporterOptions) {
		this.options = options;
		this.capture = new LogCapture(options.queue.size, (size) => {
			if (size === options.queue.batch) {
				setImmediate(() => void this.drain());
			} else if (this.timer === undefined && this.running === undefined) {
				this.timer = setTimeout(() => void this.drain(), options.queue.delayMs);
				this.timer.unref();
			}
		});
	}

	counts(): LogCounts {
		return { sent: this.sent, droppedQueueFull: this.capture.dropped, droppedNotSent: this.failed };
	}

	/** Send what is queued now; resolves when the queue is empty. */
	async flush(): Promise<void> {
		while (this.capture.size > 0 || this.running !== undefined) {
			await this.drain();
		}
	}

	private drain(): Promise<void> {
		clearTimeout(this.timer);
		this.timer = undefined;
		this.running ??= this.drainAll().finally(() => {
			this.running = undefined;
		});
		return this.running;
	}

	private async drainAll(): Promise<void> {
		const { queue, sender, limits } = this.options;
		while (this.capture.size > 0) {
			const lines = this.capture.take(queue.batch);
			const body = JSON.stringify({
				resourceLogs: [
					{
						resource: { attributes: keyValues(this.options.resource) },
						scopeLogs: [{ scope: this.options.scope, logRecords: lines.map((line) => toRecord(line, limits)) }],
					},
				],
			});
			const outcome = await sender.send(body);
			if (outcome.ok) {
				this.sent += lines.length - outcome.rejected;
				this.failed += outcome.rejected;
			} else {
				this.failed += lines.length;
			}
		}
	}
}
