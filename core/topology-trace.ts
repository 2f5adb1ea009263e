/**
 * What one trace adds to the topology.
 *
 *     web: client ---> cart: server               one call web -> cart, with the client's duration
 *     web: client [db.system=postgresql]          no server: a call web -> database:postgresql
 *     web: producer ---> queue ---> mail: consumer    met by parent or by link; either names the queue
 *     web: span ---> cart: span                   no kinds: parent and child in different services are one call
 *
 * A call counts in the minute of its client, a message in that of its producer into the queue and of its consumer out of it.
 */
import type { DistinctSpans } from "./distinct-spans.ts";
import { compareText, findCycleCuts, findParents } from "./find-parents.ts";
import type { SpanCore } from "./model.ts";
import { serviceNode } from "./peer.ts";
import { addCall, addNode, type Ledger } from "./topology-ledger.ts";
import { countRounds } from "./topology-rounds.ts";

export interface FoldContext {
	/** Counts a span and what it calls; the others are only there to be seen. */
	counts: (span: SpanCore) => boolean;
	/** The other ends of messages, met by links within or across traces. */
	producersOf: (consumer: SpanCore) => readonly SpanCore[];
	consumersOf: (producer: SpanCore) => readonly SpanCore[];
}

export function foldTrace(ledger: Ledger, distinct: DistinctSpans, context: FoldContext): void {
	const { spans } = distinct;
	const { parents } = findParents(distinct);
	for (const cut of findCycleCuts(parents, (a, b) => compareSpans(spans[a] as SpanCore, spans[b] as SpanCore))) {
		parents[cut] = -1;
	}
	const parentOf = (i: number): SpanCore | null => spans[parents[i] ?? -1] ?? null;

	/** Calls a span makes to others, as far as spans show them. */
	const callees = new Int32Array(spans.length);
	const wrapsClient = new Uint8Array(spans.length);
	const receivers = new Map<SpanCore, SpanCore[]>();
	for (let i = 0; i < spans.length; i++) {
		const parent = parentOf(i);
		if (parent === null) continue;
		const span = spans[i] as SpanCore;
		const at = parents[i] ?? 0;
		if (isCall(parent, span)) callees[at] = (callees[at] ?? 0) + 1;
		else if (span.kind === "client") wrapsClient[at] = 1;
		if (parent.kind !== "producer" || !isReceiver(parent, span)) continue;
		const known = receivers.get(parent);
		if (known === undefined) receivers.set(parent, [span]);
		else known.push(span);
	}

	const queueOf = (parent: SpanCore | null, receiver: SpanCore) =>
		queueBetween(receiver, makersOf(parent, receiver, context));
	for (let i = 0; i < spans.length; i++) {
		const span = spans[i] as SpanCore;
		const parent = parentOf(i);
		if (parent !== null && !isReceiver(parent, span) && isCall(parent, span) && context.counts(parent)) {
			countCall(ledger, parent, span, callees[parents[i] ?? 0] === 1);
		}
		if (!context.counts(span)) continue;
		ledger.spans++;
		ledger.weight += span.weight;
		if ((parents[i] ?? -1) >= spans.length) ledger.orphans++;
		addNode(ledger, serviceNode(span.service), 1, span.statusCode === "error" ? 1 : 0);
		if (isReceiver(parent, span)) countReceiver(ledger, parent, span, context);
		if (span.kind === "producer") {
			countProducer(ledger, span, [...(receivers.get(span) ?? []), ...context.consumersOf(span)]);
		}
		// A client around another client is the same call, which the inner one knows better.
		if (span.kind === "client" && callees[i] === 0 && wrapsClient[i] === 0) countClient(ledger, span);
	}
	countRounds(ledger, spans, parents, context.counts, (parent, span) =>
		isReceiver(parent, span) ? queueOf(parent, span) : null,
	);
}

/** Does the child run on the other side of a call: in another service, or as the entry span of a self-call? */
function isCall(parent: SpanCore, child: SpanCore): boolean {
	if (parent.service !== child.service) return true;
	return (
		(parent.kind === "client" && child.kind === "server") || (parent.kind === "producer" && child.kind === "consumer")
	);
}

/** Does the span take a message: by its kind, or because its parent in another service sent one? */
function isReceiver(parent: SpanCore | null, span: SpanCore): boolean {
	return span.kind === "consumer" || (parent?.kind === "producer" && parent.service !== span.service);
}

/** A client without its server speaks to whatever its attributes name. */
function countClient(ledger: Ledger, span: SpanCore): void {
	if (span.peer === null) ledger.unmatchedClients++;
	else countPeer(ledger, span, span.peer, serviceNode(span.service), span.peer);
}

/**
 * Parent and child as one call. The client's duration and error count where the parent is the client: by its kind, or because kinds
 * are unknown and this is its only call. Any other parent may have done more than this call: then it is the child's.
 */
function countCall(ledger: Ledger, parent: SpanCore, child: SpanCore, only: boolean): void {
	ledger.paired++;
	const isClient = parent.kind === "client" || (parent.kind === "unspecified" && only);
	addCall(ledger, serviceNode(parent.service), serviceNode(child.service), "call", {
		durationNs: isClient ? parent.durationNs : child.durationNs,
		failed: child.statusCode === "error" || (isClient && parent.statusCode === "error"),
		weight: parent.weight,
		traceId: parent.traceId,
	});
}

/** One message into the queue, however many take it out. Without a queue's name its receivers count the way. */
function countProducer(ledger: Ledger, span: SpanCore, takers: readonly SpanCore[]): void {
	const queue = queueBetween(span, takers);
	if (queue !== null) countPeer(ledger, span, queue, serviceNode(span.service), queue);
	else if (takers.length === 0) ledger.unmatchedProducers++;
}

/** One message out of the queue; from whom, where nobody names the queue or the sender left no producer span. */
function countReceiver(ledger: Ledger, parent: SpanCore | null, span: SpanCore, context: FoldContext): void {
	// Processing within receiving is the same delivery.
	if (parent?.kind === "consumer" && parent.service === span.service) return;
	const makers = makersOf(parent, span, context);
	const queue = queueBetween(span, makers);
	const sender = makers.length === 0 && parent !== null && parent.service !== span.service ? parent : null;
	ledger.paired += sender === null ? makers.length : 1;
	if (queue !== null) countPeer(ledger, span, queue, queue, serviceNode(span.service));
	const from = sender !== null ? [sender] : queue === null ? makers : [];
	for (const maker of from) {
		addCall(ledger, serviceNode(maker.service), queue ?? serviceNode(span.service), "message", {
			durationNs: maker.kind === "producer" ? maker.durationNs : null,
			failed: queue === null && span.statusCode === "error",
			weight: span.weight,
			traceId: span.traceId,
		});
	}
}

/** The producers whose message a span takes: its parent, and those it links to. */
function makersOf(parent: SpanCore | null, receiver: SpanCore, context: FoldContext): readonly SpanCore[] {
	const linked = context.producersOf(receiver);
	if (parent?.kind !== "producer") return linked;
	return linked.length === 0 ? [parent] : [parent, ...linked.filter((producer) => producer !== parent)];
}

/** A call between a service and something that this span alone knows of. */
function countPeer(ledger: Ledger, span: SpanCore, peer: string, caller: string, callee: string): void {
	const failed = span.statusCode === "error";
	if (!peer.startsWith("service:")) addNode(ledger, peer, 1, failed ? 1 : 0);
	addCall(ledger, caller, callee, peer.startsWith("queue:") ? "message" : "call", {
		durationNs: span.durationNs,
		failed,
		weight: span.weight,
		traceId: span.traceId,
	});
}

/** The queue that the ends of a message name: the span's own where it has a destination, else the others' first by name. */
function queueBetween(span: SpanCore, others: readonly SpanCore[]): string | null {
	const own = span.peer?.startsWith("queue:") ? span.peer : null;
	if (own?.includes("/")) return own;
	let best = own;
	for (const { peer } of others) {
		if (!peer?.startsWith("queue:")) continue;
		const order =
			best === null ? -1 : Number(best.includes("/")) - Number(peer.includes("/")) || compareText(peer, best);
		if (order < 0) best = peer;
	}
	return best;
}

function compareSpans(a: SpanCore, b: SpanCore): number {
	if (a.startUnixNano !== b.startUnixNano) return a.startUnixNano < b.startUnixNano ? -1 : 1;
	return (
		b.durationNs - a.durationNs ||
		compareText(a.spanId, b.spanId) ||
		compareText(a.service, b.service) ||
		compareText(a.kind, b.kind)
	);
}
