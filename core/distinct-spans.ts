/**
 * One span out of its versions. A span is identified by its trace, span id, service and kind; exact duplicates collapse, of different
 * versions the one with the later end wins. What decides is the spans' content, never their order.
 */
import type { SpanCore, SpanId } from "./model.ts";

export interface DistinctSpans<S extends SpanCore = SpanCore> {
	spans: S[];
	/** 1 where another version of `spans[i]` was left out. */
	superseded: Uint8Array;
	/** The first of the spans that carry an id. */
	byId: Map<SpanId, number>;
	/** Indices of the others of an id that several spans share. */
	sharing: number[];
}

/** The distinct spans of one trace. */
export function distinctSpans<S extends SpanCore>(input: readonly S[]): DistinctSpans<S> {
	const spans: S[] = [];
	const superseded = new Uint8Array(input.length);
	const sharing: number[] = [];
	/** By span id first: most ids are carried by one span, and a key of three parts for each would cost more than all the rest. */
	const byId = new Map<SpanId, number>();
	const byKey = new Map<string, number>();
	for (const span of input) {
		let at = byId.get(span.spanId);
		if (at === undefined) byId.set(span.spanId, spans.length);
		else if (!isSameSpan(spans[at] as S, span)) {
			const key = JSON.stringify([span.spanId, span.kind, span.service]);
			at = byKey.get(key);
			if (at === undefined) {
				byKey.set(key, spans.length);
				sharing.push(spans.length);
			}
		}
		if (at === undefined) {
			spans.push(span);
			continue;
		}
		const order = compareVersions(spans[at] as S, span);
		if (order !== 0) superseded[at] = 1;
		if (order < 0) spans[at] = span;
	}
	return { spans, superseded, byId, sharing };
}

function isSameSpan(a: SpanCore, b: SpanCore): boolean {
	return a.service === b.service && a.kind === b.kind;
}

/** Positive when `a` is the version to keep, 0 for exact duplicates: later end, then what tells more, then any fixed order. */
function compareVersions(a: SpanCore, b: SpanCore): number {
	const endA = a.startUnixNano + BigInt(Math.round(a.durationNs));
	const endB = b.startUnixNano + BigInt(Math.round(b.durationNs));
	if (endA !== endB) return endA > endB ? 1 : -1;
	if (a.durationNs !== b.durationNs) return a.durationNs - b.durationNs;
	if (a.statusCode !== b.statusCode) return a.statusCode > b.statusCode ? 1 : -1;
	if (a.eventCount !== b.eventCount) return a.eventCount - b.eventCount;
	if (a.links.length !== b.links.length) return a.links.length - b.links.length;
	return compareTexts(
		[a.parentSpanId ?? "", a.name, a.route ?? "", a.peer ?? "", String(a.weight)],
		[b.parentSpanId ?? "", b.name, b.route ?? "", b.peer ?? "", String(b.weight)],
	);
}

function compareTexts(a: string[], b: string[]): number {
	for (let i = 0; i < a.length; i++) {
		const x = a[i] ?? "";
		const y = b[i] ?? "";
		if (x !== y) return x > y ? 1 : -1;
	}
	return 0;
}
