import {
	context,
	type Exception,
	type Span,
	type SpanContext,
	type Tracer,
	type TracerProvider,
	trace,
} from "@opentelemetry/api";

/**
 * A tracer that makes no spans: what an instrumentation records goes to the span that is active. For frameworks, whose own
 * span per middleware says nothing that the server's span does not; their route and their exceptions are what matters.
 */
export const transparentProvider: TracerProvider = {
	getTracer: () => transparentTracer,
};

const transparentTracer: Tracer = {
	startSpan: () => new TransparentSpan(trace.getSpan(context.active())),
	startActiveSpan: (...args: unknown[]) => {
		const run = args.at(-1) as (span: Span) => unknown;
		return run(new TransparentSpan(trace.getSpan(context.active()))) as never;
	},
};

const NOWHERE: SpanContext = { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 };

/** Stands where a span is expected; hands exceptions on, ignores its own name, attributes, status and end. */
class TransparentSpan implements Span {
	private readonly under: Span | undefined;

	constructor(under: Span | undefined) {
		this.under = under instanceof TransparentSpan ? under.under : under;
	}

	spanContext(): SpanContext {
		return this.under?.spanContext() ?? NOWHERE;
	}

	recordException(exception: Exception): void {
		this.under?.recordException(exception);
	}

	isRecording(): boolean {
		return this.under?.isRecording() ?? false;
	}

	setAttribute(): this {
		return this;
	}

	setAttributes(): this {
		return this;
	}

	addEvent(): this {
		return this;
	}

	addLink(): this {
		return this;
	}

	addLinks(): this {
		return this;
	}

	setStatus(): this {
		return this;
	}

	updateName(): this {
		return this;
	}

	end(): void {}
}
