/** Spans of single calls, for tests. */
import type { SpanCore, SpanKind } from "../../../core/model.ts";

function span(trace: number, id: number, service: string, kind: SpanKind, more: Partial<SpanCore> = {}): SpanCore {
	return {
		traceId: trace.toString(16).padStart(32, "0"),
		spanId: id.toString(16).padStart(16, "0"),
		parentSpanId: null,
		service,
		name: kind,
		kind,
		startUnixNano: BigInt(trace) * 1_000_000n,
		durationNs: 1_000_000,
		statusCode: "unset",
		route: null,
		peer: null,
		links: [],
		weight: 1,
		arrival: id,
		eventCount: 0,
		...more,
	};
}

const idOf = (id: number) => id.toString(16).padStart(16, "0");

export function clientCall(trace: number, from: string, to: string): SpanCore[] {
	return [span(trace, 1, from, "client"), span(trace, 2, to, "server", { parentSpanId: idOf(1) })];
}

export function databaseCall(trace: number, from: string, peer: string): SpanCore {
	return span(trace, 1, from, "client", { peer });
}

export function message(trace: number, from: string, queue: string, to: string): SpanCore[] {
	return [
		span(trace, 1, from, "producer", { peer: queue }),
		span(trace, 2, to, "consumer", { peer: queue, parentSpanId: idOf(1) }),
	];
}
