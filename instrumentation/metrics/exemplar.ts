import { type Context, type Span, type SpanContext, TraceFlags, trace } from "@opentelemetry/api";
import { activeContext } from "../active-context.ts";

/** The labels of an exemplar that points at a span; 71 characters with their names, below OpenMetrics' limit of 128. */
export interface SpanLabels {
	trace_id: string;
	span_id: string;
	[key: string]: string;
}

let enabled = true;

/** Off when no trace leaves this process. */
export function setExemplars(on: boolean): void {
	enabled = on;
}

/** Labels for the span that is active, or undefined when there is none or it is not sampled: a dead exemplar is worse than none. */
export function activeExemplarLabels(at: Context = activeContext()): SpanLabels | undefined {
	const span = trace.getSpan(at);
	return span === undefined ? undefined : exemplarLabels(span.spanContext());
}

export function spanExemplarLabels(span: Span | undefined): SpanLabels | undefined {
	return span === undefined ? undefined : exemplarLabels(span.spanContext());
}

function exemplarLabels(of: SpanContext): SpanLabels | undefined {
	return !enabled || (of.traceFlags & TraceFlags.SAMPLED) === 0
		? undefined
		: { trace_id: of.traceId, span_id: of.spanId };
}
