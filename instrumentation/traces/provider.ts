import type { HrTime, TracerProvider } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
	BasicTracerProvider,
	BatchSpanProcessor,
	ConsoleSpanExporter,
	SimpleSpanProcessor,
	type Span,
	type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { nowMs } from "../clock.ts";
import { backgroundAgent } from "../otlp/send.ts";
import type { Settings } from "../settings.ts";

export interface Tracing {
	provider: TracerProvider;
	flush(): Promise<void>;
}

const QUEUE_SIZE = 8_192;
const DELAY_MS = 1_000;

/**
 * The SDK's provider with its sampler and limits from the environment, and OTLP/HTTP behind a batch. Spans leave after a
 * second rather than OpenTelemetry's five, as the lines do, so that neither is on screen without the other.
 */
export function createTracing(settings: Settings, resource: Readonly<Record<string, string | number>>): Tracing {
	const spanProcessors: SpanProcessor[] = [new PreciseStart()];
	if (settings.exporters.traces.includes("otlp")) {
		const { url, headers, timeoutMs } = settings.targets.traces;
		const exporter = new OTLPTraceExporter({
			url,
			headers,
			timeoutMillis: timeoutMs,
			httpAgentOptions: (protocol) => backgroundAgent(protocol),
		});
		spanProcessors.push(
			new BatchSpanProcessor(exporter, {
				...(process.env.OTEL_BSP_MAX_QUEUE_SIZE ? {} : { maxQueueSize: QUEUE_SIZE }),
				...(process.env.OTEL_BSP_SCHEDULE_DELAY ? {} : { scheduledDelayMillis: DELAY_MS }),
			}),
		);
	}
	if (settings.exporters.traces.includes("console")) {
		spanProcessors.push(new SimpleSpanProcessor(new ConsoleSpanExporter()));
	}
	const provider = new BasicTracerProvider({ resource: resourceFromAttributes(resource), spanProcessors });
	return { provider, flush: () => provider.forceFlush() };
}

/** The SDK starts spans at a whole millisecond; this puts the microseconds back, so that children lie inside their parents. */
class PreciseStart implements SpanProcessor {
	onStart(span: Span): void {
		const inner = span as unknown as { startTime?: HrTime; _startTimeProvided?: boolean };
		if (inner._startTimeProvided === false && Array.isArray(inner.startTime)) {
			const ms = nowMs();
			const seconds = Math.floor(ms / 1000);
			inner.startTime = [seconds, Math.floor((ms - seconds * 1000) * 1e6)];
		}
	}

	onEnd(): void {}

	forceFlush(): Promise<void> {
		return Promise.resolve();
	}

	shutdown(): Promise<void> {
		return Promise.resolve();
	}
}
