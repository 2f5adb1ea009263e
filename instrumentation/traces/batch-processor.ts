import { context, ROOT_CONTEXT, TraceFlags } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { BatchQueue, type Counts } from "../otlp/batch-queue.ts";

const quiet = suppressTracing(ROOT_CONTEXT);

/**
 * Ended, sampled spans in batches to an exporter. The SDK's own batch processor holds the process open for as long as an
 * export is under way, and keeps its count of dropped spans to itself; this one does neither.
 */
export class BatchProcessor implements SpanProcessor {
	private readonly exporter: SpanExporter;
	private readonly queue: BatchQueue<ReadableSpan>;

	constructor(exporter: SpanExporter, sizes: { size: number; batch: number; delayMs: number }) {
		this.exporter = exporter;
		this.queue = new BatchQueue<ReadableSpan>({ ...sizes, send: (spans) => this.export(spans) });
	}

	onStart(): void {}

	onEnd(span: ReadableSpan): void {
		if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) {
			this.queue.push(span);
		}
	}

	counts(): Readonly<Counts> {
		return this.queue.counts();
	}

	/** What is left when the process ends, in batches. */
	abandon(): ReadableSpan[][] {
		return this.queue.abandon();
	}

	forceFlush(): Promise<void> {
		return this.queue.flush();
	}

	async shutdown(): Promise<void> {
		await this.queue.flush();
		await this.exporter.shutdown();
	}

	private export(spans: ReadableSpan[]): Promise<number> {
		return new Promise((resolve) => {
			try {
				context.with(quiet, () => this.exporter.export(spans, ({ code }) => resolve(code === 0 ? spans.length : 0)));
			} catch {
				resolve(0);
			}
		});
	}
}
