/** What a list shows of a trace, counted from all its spans. */
import { distinctSpans } from "../../../core/distinct-spans.ts";
import type { SpanCore, TraceId } from "../../../core/model.ts";
import type { TraceSummary } from "../../../core/ports.ts";

/** `spans` are of one trace and at least one. */
export function summaryOf(traceId: TraceId, spans: readonly SpanCore[]): TraceSummary {
	const distinct = distinctSpans(spans).spans;
	let earliest = distinct[0] as SpanCore;
	let root: SpanCore | null = null;
	let end = 0n;
	let errorCount = 0;
	const services = new Map<string, { service: string; spans: number; errors: number }>();
	for (const span of distinct) {
		const isError = span.statusCode === "error" ? 1 : 0;
		const spanEnd = span.startUnixNano + BigInt(Math.round(span.durationNs));
		if (spanEnd > end) end = spanEnd;
		if (span.startUnixNano < earliest.startUnixNano) earliest = span;
		if (span.parentSpanId === null && (root === null || span.startUnixNano < root.startUnixNano)) root = span;
		errorCount += isError;
		const counted = services.get(span.service);
		if (counted === undefined) services.set(span.service, { service: span.service, spans: 1, errors: isError });
		else {
			counted.spans++;
			counted.errors += isError;
		}
	}
	const first = root ?? earliest;
	return {
		traceId,
		rootService: first.service,
		rootName: first.name,
		rootMissing: root === null,
		startUnixNano: earliest.startUnixNano,
		durationNs: Number(end - earliest.startUnixNano),
		statusCode: errorCount > 0 ? "error" : (root?.statusCode ?? "unset"),
		spanCount: distinct.length,
		errorCount,
		services: [...services.values()].sort((a, b) => b.spans - a.spans || (a.service < b.service ? -1 : 1)),
	};
}
