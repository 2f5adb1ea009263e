/** The durations a trace's root is ranked among: entry spans of one service and route, by a few narrow searches. */
import type { TimeWindow } from "../../../core/model.ts";
import { type Answer, type Call, DeadlineExceeded } from "../../../core/ports.ts";
import { addToSketch, emptySketch, type Sketch } from "../../../core/sketch.ts";
import { isLeftOut, quoted, type SpanSearcher, type WindowSpan } from "./search-spans.ts";

/** Rank and quantiles need no more, and each costs Tempo a fraction of a millisecond. */
const MAX_TRACES = 100;
const MAX_SPANS_PER_TRACE = 20;

/** `partial` when there are more than were read. Throws as `Engine.json`. */
export async function readDurations(
	searcher: SpanSearcher,
	query: { service: string; route: string; window: TimeWindow },
	call: Call,
): Promise<Answer<Sketch>> {
	const { window, route } = query;
	const started = performance.now();
	const service = `resource.service.name = ${quoted(query.service)}`;
	// A route is the span's `http.route`, else its rpc method, else its name.
	const method = route.slice(route.lastIndexOf("/") + 1);
	const conditions = [
		`${service} && span.http.route = ${quoted(route)}`,
		`${service} && name = ${quoted(route)}`,
		...[...new Set([route, method])].map((name) => `${service} && span.rpc.method = ${quoted(name)}`),
	];
	const reasons: string[] = [];
	const found = [];
	for (const condition of conditions) {
		try {
			const search = { condition, window, limit: MAX_TRACES, spansPerTrace: MAX_SPANS_PER_TRACE } as const;
			const deadlineMs = Math.max(1, call.deadlineMs - (performance.now() - started));
			found.push(await searcher.search({ ...search, select: "route" }, { ...call, deadlineMs }));
		} catch (error) {
			if (!(error instanceof DeadlineExceeded) || found.length === 0) throw error;
			reasons.push(error.message);
			break;
		}
		// A sample from the first is as good as one from all.
		if (found.at(-1)?.cut) break;
	}
	if (found.some(({ cut }) => cut)) reasons.push(`These are of ${MAX_TRACES} traces: there are more in this window.`);
	const spans = new Map<string, WindowSpan>();
	for (const { traces } of found) {
		for (const span of traces.flatMap((trace) => trace.spans)) {
			if (span.route !== route || isLeftOut(span, call)) continue;
			if (span.startUnixNano < window.fromUnixNano || span.startUnixNano >= window.toUnixNano) continue;
			const key = span.traceId + span.spanId + span.kind;
			const other = spans.get(key);
			if (other === undefined || other.durationNs < span.durationNs) spans.set(key, span);
		}
	}
	const sketch = emptySketch();
	for (const { durationNs } of spans.values()) addToSketch(sketch, durationNs);
	const isEmpty = spans.size === 0;
	if (isEmpty) reasons.push("no entry span of this service and route starts in this window");
	return {
		data: sketch,
		status: isEmpty ? "empty" : reasons.length > 0 ? "partial" : "ok",
		reasons,
		source: "spans",
		window,
		query: `{ ${conditions[0]} }`,
	};
}
