import { nowMs } from "../clock.ts";
import { BatchQueue, type Counts } from "../otlp/batch-queue.ts";
import type { OtlpSender } from "../otlp/send.ts";
import type { Leftover } from "../otlp/send-at-exit.ts";
import { keyValues } from "../otlp/value.ts";
import { type Captured, LogCapture } from "./capture.ts";
import { lossRecord, type RecordLimits, recordOf } from "./record.ts";

export interface LogExporterOptions {
	sender: OtlpSender;
	resource: Readonly<Record<string, string | number>>;
	scope: { name: string; version: string };
	limits: RecordLimits;
	queue: { size: number; batch: number; delayMs: number };
}

const REPORT_MS = 10_000;

/**
 * Captured lines as OTLP/JSON log records in batches. Lines that were lost are reported by a record of their own, whose number
 * comes after theirs: without it a gap at the end would not show.
 */
export class LogExporter {
	readonly capture = new LogCapture((captured) => this.queue.push(captured));
	private readonly queue: BatchQueue<Captured>;
	private readonly options: LogExporterOptions;
	private readonly head: string;
	private reported = 0;
	private reportedAtMs = 0;

	constructor(options: LogExporterOptions) {
		this.options = options;
		const resource = JSON.stringify({ attributes: keyValues(options.resource) });
		this.head = `{"resourceLogs":[{"resource":${resource},"scopeLogs":[{"scope":${JSON.stringify(options.scope)},"logRecords":[`;
		this.queue = new BatchQueue<Captured>({
			...options.queue,
			weigh: (captured) => ("line" in captured ? captured.line.length : captured.request.path.length),
			send: (lines) => this.send(lines),
		});
	}

	counts(): Readonly<Counts> {
		return this.queue.counts();
	}

	/** Resolves when nothing waits any more and what was lost is reported. */
	async flush(): Promise<void> {
		await this.queue.flush();
		if (this.unreported() > 0 && this.options.sender.isWell) {
			await this.send([]);
		}
	}

	leftover(): Leftover {
		const batches = this.queue.abandon();
		const bodies = batches.map((lines, index) => {
			const records = this.records(lines);
			if (index === batches.length - 1 && this.unreported() > 0) {
				records.push(this.report());
			}
			return { body: this.body(records), items: lines.length };
		});
		return { what: "log lines", sender: this.options.sender, bodies };
	}

	private async send(lines: Captured[]): Promise<number> {
		const records = this.records(lines);
		const lost = this.lost();
		const reports = lost > this.reported && (this.queue.isEmpty || nowMs() - this.reportedAtMs > REPORT_MS);
		if (reports) {
			records.push(this.report());
		}
		const outcome = await this.options.sender.send(this.body(records));
		if (!outcome.ok) {
			return 0;
		}
		if (reports) {
			this.reported = lost;
			this.reportedAtMs = nowMs();
		}
		return Math.max(0, lines.length - outcome.rejected);
	}

	private records(lines: readonly Captured[]): string[] {
		return lines.map((line) => recordOf(line, this.options.limits));
	}

	private body(records: readonly string[]): string {
		return `${this.head}${records.join(",")}]}]}]}`;
	}

	private report(): string {
		return lossRecord(this.unreported(), this.capture.next());
	}

	private unreported(): number {
		return this.lost() - this.reported;
	}

	private lost(): number {
		const { droppedQueueFull, droppedNotSent } = this.queue.counts();
		return droppedQueueFull + droppedNotSent;
	}
}
