import { trace } from "@opentelemetry/api";
import type { ReadableSpan, Span, SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { activeContext } from "../active-context.ts";
import { nowMs } from "../clock.ts";

const MOST_OPEN = 10_000;
const MOST_TRACES = 1_000;

/**
 * Which traces have a span open. Followed all the time when profiles can be asked for, so that a profile knows of the spans
 * that were open before it began; otherwise only while something watches.
 */
export class OpenTraces implements SpanProcessor {
	private open: Set<ReadableSpan> | undefined;
	private seen: { fromMs: number; longest: Map<string, number> } | undefined;
	private readonly always: boolean;

	constructor(always: boolean) {
		this.always = always;
		this.open = always ? new Set() : undefined;
	}

	onStart(span: Span): void {
		const { open } = this;
		if (open === undefined) {
			return;
		}
		open.add(span);
		if (open.size > MOST_OPEN) {
			// Never ended, most likely.
			const [oldest] = open;
			open.delete(oldest!);
		}
	}

	onEnd(span: ReadableSpan): void {
		this.open?.delete(span);
		this.note(span);
	}

	/**
	 * The caller's own span, if it is in one, is among them. One watch at a time.
	 *
	 * @returns a function that ends the watch and gives the trace IDs of all spans that were open meanwhile, those that were
	 * open longest first, 1,000 at most.
	 */
	watch(): () => string[] {
		const longest = new Map<string, number>();
		this.open ??= new Set();
		this.seen = { fromMs: nowMs(), longest };
		const own = trace.getSpan(activeContext());
		if (own?.isRecording() && "startTime" in own) {
			this.open.add(own as unknown as ReadableSpan);
		}
		return () => {
			for (const span of this.open ?? []) {
				this.note(span);
			}
			this.seen = undefined;
			this.open = this.always ? this.open : undefined;
			return byLength(longest).map(([traceId]) => traceId);
		};
	}

	private note(span: ReadableSpan): void {
		if (this.seen === undefined) {
			return;
		}
		const { fromMs, longest } = this.seen;
		const [seconds, nanoseconds] = span.startTime;
		const openMs = nowMs() - Math.max(fromMs, seconds * 1e3 + nanoseconds / 1e6);
		const { traceId } = span.spanContext();
		longest.set(traceId, Math.max(openMs, longest.get(traceId) ?? 0));
		if (longest.size >= 2 * MOST_TRACES) {
			const kept = byLength(longest);
			longest.clear();
			for (const [id, ms] of kept) {
				longest.set(id, ms);
			}
		}
	}

	forceFlush(): Promise<void> {
		return Promise.resolve();
	}

	shutdown(): Promise<void> {
		return Promise.resolve();
	}
}

function byLength(longest: ReadonlyMap<string, number>): [traceId: string, ms: number][] {
	return [...longest].sort(([, a], [, b]) => b - a).slice(0, MOST_TRACES);
}
