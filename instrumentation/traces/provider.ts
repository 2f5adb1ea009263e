import { createRequire } from "node:module";
import type { HrTime, TracerProvider } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
	BasicTracerProvider,
	ConsoleSpanExporter,
	type ReadableSpan,
	SimpleSpanProcessor,
	type Span,
	type SpanExporter,
	type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { nowMs } from "../clock.ts";
import { here } from "../here.ts";
import type { Family } from "../metrics/family.ts";
import type { Counts } from "../otlp/batch-queue.ts";
import { OtlpSender } from "../otlp/send.ts";
import type { Leftover } from "../otlp/send-at-exit.ts";
import { createSampling } from "../sampling/sampling.ts";
import type { OtlpTarget, Settings } from "../settings.ts";
import { BatchProcessor } from "./batch-processor.ts";
import { idGenerator } from "./id-generator.ts";

export interface Tracing {
	provider: TracerProvider;
	/** Decide what waits for its trace's end, since the process ends. */
	settle(): void;
	flush(): Promise<void>;
	/** What is left when the process ends. */
	leftover(): Leftover | undefined;
	counts(): Readonly<Counts> | undefined;
	/** What the sampler and its tail did. */
	families(): Family[];
}

/** The SDK's provider with its sampler and limits from the environment, and OTLP/HTTP behind a batch. */
export function createTracing(
	settings: Settings,
	resource: Readonly<Record<string, string | number>>,
	openTraces: SpanProcessor,
): Tracing {
	const sampling = createSampling(settings.sampler);
	const out: SpanProcessor[] = [];
	const { exporter, ...way } = otlpExporter(settings.targets.traces);
	const batch = settings.exporters.traces.includes("otlp")
		? new BatchProcessor(exporter, settings.spanQueue)
		: undefined;
	if (batch !== undefined) {
		out.push(batch);
	}
	if (settings.exporters.traces.includes("console")) {
		out.push(new SimpleSpanProcessor(new ConsoleSpanExporter()));
	}
	const provider = withoutSamplerVariables(
		() =>
			new BasicTracerProvider({
				resource: resourceFromAttributes(resource),
				idGenerator,
				spanLimits: { attributeValueLengthLimit: settings.spanValueLimit },
				sampler: sampling.sampler,
				spanProcessors: [new PreciseStart(), openTraces, ...(out.length === 0 ? [] : [sampling.before(together(out))])],
			}),
	);
	// Not the provider's own flush: its timer would hold the process open.
	return {
		provider,
		settle: sampling.settle,
		flush: async () => batch?.forceFlush(),
		leftover: () => (batch === undefined ? undefined : leftover(batch, way)),
		counts: () => batch?.counts(),
		families: sampling.families,
	};
}

/** The SDK reads them too, whichever sampler it is given, and complains of those it does not know. */
function withoutSamplerVariables<T>(create: () => T): T {
	const { OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG } = process.env;
	delete process.env.OTEL_TRACES_SAMPLER;
	delete process.env.OTEL_TRACES_SAMPLER_ARG;
	try {
		return create();
	} finally {
		for (const [name, value] of Object.entries({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG })) {
			if (value !== undefined) {
				process.env[name] = value;
			}
		}
	}
}

function together(processors: readonly SpanProcessor[]): SpanProcessor {
	const [only] = processors;
	if (only !== undefined && processors.length === 1) {
		return only;
	}
	const all = async (work: (processor: SpanProcessor) => Promise<void>): Promise<void> => {
		await Promise.all(processors.map(work));
	};
	return {
		onStart: (span, parent) => processors.forEach((processor) => void processor.onStart(span, parent)),
		onEnd: (span) => processors.forEach((processor) => void processor.onEnd(span)),
		forceFlush: () => all((processor) => processor.forceFlush()),
		shutdown: () => all((processor) => processor.shutdown()),
	};
}

interface Transport {
	send(body: Uint8Array): Promise<{ status: "success"; data?: Uint8Array } | { status: "failure"; error: Error }>;
	shutdown(): void;
}

interface Delegate {
	_transport?: Transport;
	_serializer?: { serializeRequest?(spans: readonly ReadableSpan[]): Uint8Array | undefined };
}

interface Way {
	sender: OtlpSender;
	serialize(spans: readonly ReadableSpan[]): Uint8Array | undefined;
}

/**
 * OpenTelemetry's exporter with our way out underneath: its own waits between attempts hold the process open for up to ten
 * seconds after the app is done. Should the exporter be built differently one day, it keeps its own.
 *
 * Loaded with the first batch: it brings the metrics SDK and all of OTLP's encodings, a fifth of what starting takes.
 */
function otlpExporter(target: OtlpTarget): Way & { exporter: SpanExporter } {
	const { url, headers, timeoutMs } = target;
	const sender = new OtlpSender(target);
	let made: { exporter: SpanExporter; delegate: Delegate | undefined } | undefined;
	const get = () => {
		if (made === undefined) {
			const { OTLPTraceExporter } = createRequire(here)("@opentelemetry/exporter-trace-otlp-http") as ExporterModule;
			const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: timeoutMs });
			made = { exporter, delegate: (exporter as unknown as { _delegate?: Delegate })._delegate };
			sendBy(sender, made.delegate);
		}
		return made;
	};
	return {
		exporter: {
			export: (spans, done) => get().exporter.export(spans, done),
			shutdown: async () => made?.exporter.shutdown(),
		},
		sender,
		serialize: (spans) => get().delegate?._serializer?.serializeRequest?.(spans),
	};
}

type ExporterModule = typeof import("@opentelemetry/exporter-trace-otlp-http");

function sendBy(sender: OtlpSender, delegate: Delegate | undefined): void {
	if (typeof delegate?._transport?.send === "function") {
		delegate._transport = {
			async send(body) {
				const outcome = await sender.send(body);
				return outcome.ok ? { status: "success" } : { status: "failure", error: new Error(outcome.reason) };
			},
			shutdown() {},
		};
	}
}

function leftover(queue: BatchProcessor, { sender, serialize }: Way): Leftover {
	const bodies = queue.abandon().map((spans) => ({ body: serialize(spans) ?? new Uint8Array(), items: spans.length }));
	return { what: "spans", sender, bodies };
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
