import { type Context, type Span, type SpanContext, TraceFlags, trace } from "@opentelemetry/api";
import { activeContext } from "../active-context.ts";

/** The labels of an exemplar that points at a span; 71 characters with their names, below OpenMetrics' limit of 128. */
export interface SpanLabels {
	trace_id: string;
	span_id: string;
	[key: string]: string;
}

/** Shared by the ESM and the CommonJS copy of this package: one is started, the app may import the other. */
const KEY = Symbol.for("@trivet/instrumentation/exemplars");
const holder = globalThis as { [KEY]?: { enabled: boolean; gate: ExemplarGate | undefined } };
holder[KEY] ??= { enabled: true, gate: undefined };
const state = holder[KEY];

/** Off when no trace leaves this process. */
export function setExemplars(on: boolean): void {
	state.enabled = on;
}

/** Knows of traces that are not sampled whether they are kept all the same, which may take until they are over. */
export interface ExemplarGate {
	mayKeep(traceId: string): boolean;
	isUndecided(traceId: string): boolean;
	/** Runs `then` if the trace is kept, when that is decided. */
	whenKept(traceId: string, then: () => void): void;
}

/** Exemplars of undecided traces then wait for the decision: no exemplar points at a trace that was dropped. */
export function deferExemplars(to: ExemplarGate | undefined): void {
	state.gate = to;
}

/** Whether these labels must go through `placeWhenKept` before they are shown. False at once where nothing is ever undecided. */
export function isUndecided(labels: SpanLabels): boolean {
	return state.gate?.isUndecided(labels.trace_id) === true;
}

/** Write `exemplar` to `slots[slot]` when its trace is kept. */
export function placeWhenKept<S extends object, K extends keyof S>(
	slots: S,
	slot: K,
	exemplar: S[K],
	labels: SpanLabels,
): void {
	state.gate?.whenKept(labels.trace_id, () => {
		slots[slot] = exemplar;
	});
}

/** Labels for the span that is active, or undefined when there is none or it goes nowhere: a dead exemplar is worse than none. */
export function activeExemplarLabels(at: Context = activeContext()): SpanLabels | undefined {
	const span = trace.getSpan(at);
	return span === undefined ? undefined : exemplarLabels(span.spanContext());
}

export function spanExemplarLabels(span: Span | undefined): SpanLabels | undefined {
	return span === undefined ? undefined : exemplarLabels(span.spanContext());
}

function exemplarLabels(of: SpanContext): SpanLabels | undefined {
	return state.enabled && ((of.traceFlags & TraceFlags.SAMPLED) !== 0 || state.gate?.mayKeep(of.traceId) === true)
		? { trace_id: of.traceId, span_id: of.spanId }
		: undefined;
}
