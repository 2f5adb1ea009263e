/** Which span is whose parent, by id, service and kind; shared by the tree and the topology. */
import type { DistinctSpans } from "./distinct-spans.ts";
import type { SpanCore, SpanId, SpanKind } from "./model.ts";

const CALLER_OF: Partial<Record<SpanKind, SpanKind>> = { server: "client", consumer: "producer" };

/** The spans that carry one id, each role's first by `precedes`. */
interface Halves {
	client: number;
	producer: number;
	/** The deepest half: a server or consumer where there is one. */
	inner: number;
	innerOfService: Map<string, number>;
}

/**
 * Index of every span's parent: -1 for none, `spans.length + i` for the i-th of the missing ids. Where client and server share an id
 * (Zipkin), the server hangs below the client, and their children below the half of their own service, else below the server.
 * The order of the spans changes nothing but the numbering.
 */
export function findParents(distinct: DistinctSpans): { parents: Int32Array; missing: SpanId[] } {
	const { spans, byId } = distinct;
	const shared = sharedIds(distinct);
	const parents = new Int32Array(spans.length).fill(-1);
	const missing: SpanId[] = [];
	const missingIndex = new Map<SpanId, number>();
	for (let i = 0; i < spans.length; i++) {
		const span = spans[i] as SpanCore;
		const twin = twinOf(span, shared);
		if (twin >= 0) {
			parents[i] = twin;
			continue;
		}
		const id = span.parentSpanId;
		if (id === null) continue;
		const head = byId.get(id);
		if (head !== undefined) {
			const halves = shared.get(id);
			parents[i] = halves === undefined ? head : (halves.innerOfService.get(span.service) ?? halves.inner);
			continue;
		}
		let index = missingIndex.get(id);
		if (index === undefined) {
			index = missing.length;
			missingIndex.set(id, index);
			missing.push(id);
		}
		parents[i] = spans.length + index;
	}
	return { parents, missing };
}

/** The caller's half of a span that shares its id with it, or -1. */
function twinOf(span: SpanCore, shared: ReadonlyMap<SpanId, Halves>): number {
	if (shared.size === 0) return -1;
	const halves = shared.get(span.spanId);
	if (halves === undefined) return -1;
	if (span.kind === "server") return halves.client;
	return span.kind === "consumer" ? halves.producer : -1;
}

function sharedIds({ spans, byId, sharing }: DistinctSpans): Map<SpanId, Halves> {
	const shared = new Map<SpanId, Halves>();
	for (const i of sharing) {
		const id = (spans[i] as SpanCore).spanId;
		let halves = shared.get(id);
		if (halves === undefined) {
			halves = { client: -1, producer: -1, inner: -1, innerOfService: new Map() };
			shared.set(id, halves);
			addHalf(halves, spans, byId.get(id) ?? i);
		}
		addHalf(halves, spans, i);
	}
	return shared;
}

function addHalf(halves: Halves, spans: readonly SpanCore[], i: number): void {
	const span = spans[i] as SpanCore;
	const better = (held: number) => held < 0 || precedes(span, spans[held] as SpanCore);
	if (span.kind === "client" && better(halves.client)) halves.client = i;
	if (span.kind === "producer" && better(halves.producer)) halves.producer = i;
	const deeper = (held: number) => held < 0 || compareDepth(span, spans[held] as SpanCore) < 0;
	if (deeper(halves.inner)) halves.inner = i;
	if (deeper(halves.innerOfService.get(span.service) ?? -1)) halves.innerOfService.set(span.service, i);
}

function compareDepth(a: SpanCore, b: SpanCore): number {
	const byRole = Number(CALLER_OF[b.kind] !== undefined) - Number(CALLER_OF[a.kind] !== undefined);
	return byRole || (precedes(a, b) ? -1 : 1);
}

/** A fixed order among spans that share an id: what decides must not be the order of arrival. */
function precedes(a: SpanCore, b: SpanCore): boolean {
	if (a.startUnixNano !== b.startUnixNano) return a.startUnixNano < b.startUnixNano;
	return (compareText(a.service, b.service) || compareText(a.kind, b.kind)) < 0;
}

/** One member of every circle of parents: the first in order. Every span has one parent, so a walk upwards finds each circle once. */
export function findCycleCuts(parents: Int32Array, compare: (a: number, b: number) => number): number[] {
	const cuts: number[] = [];
	/** 0: not seen; else the walk that saw it. */
	const seenBy = new Int32Array(parents.length);
	for (let from = 0; from < parents.length; from++) {
		const walk = from + 1;
		let at = from;
		while (at >= 0 && at < parents.length && seenBy[at] === 0) {
			seenBy[at] = walk;
			at = parents[at] ?? -1;
		}
		if (at < 0 || at >= parents.length || seenBy[at] !== walk) continue;
		let cut = at;
		for (let member = parents[at] ?? -1; member !== at; member = parents[member] ?? -1) {
			if (compare(member, cut) < 0) cut = member;
		}
		cuts.push(cut);
	}
	return cuts;
}

/** By UTF-16 code units: the same everywhere, unlike a locale's order. */
export function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
