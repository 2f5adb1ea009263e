/** Rounds that one single trace makes: a call into a service that is already on the way to it. */
import type { SpanCore } from "./model.ts";
import { serviceNode } from "./peer.ts";
import { addTraceCycle, type Ledger } from "./topology-ledger.ts";

/** A node on the way from the root to a span. Ways share their beginnings. */
interface Way {
	node: string;
	up: Way | null;
}

/** No more nodes than this are looked back for a round. */
const MAX_WAY = 64;

/**
 * `parents` are indices without circles; those not below `spans.length` are missing. `queueOf` names the queue between a parent and a
 * child in another service, null for a plain call. A round counts where `counts` takes the span that closes it.
 */
export function countRounds(
	ledger: Ledger,
	spans: readonly SpanCore[],
	parents: Int32Array,
	counts: (span: SpanCore) => boolean,
	queueOf: (parent: SpanCore, span: SpanCore) => string | null,
): void {
	const ways = new Array<Way | undefined>(spans.length);
	const pending: number[] = [];
	for (let from = 0; from < spans.length; from++) {
		for (let i = from; i >= 0 && i < spans.length && ways[i] === undefined; i = parents[i] ?? -1) pending.push(i);
		for (let i = pending.pop(); i !== undefined; i = pending.pop()) {
			const span = spans[i] as SpanCore;
			const parent = spans[parents[i] ?? -1];
			const way = ways[parents[i] ?? -1];
			if (parent === undefined || way === undefined) ways[i] = { node: serviceNode(span.service), up: null };
			else if (parent.service === span.service) ways[i] = way;
			else {
				const queue = queueOf(parent, span);
				const last = queue === null ? way : { node: queue, up: way };
				ways[i] = enter(ledger, last, serviceNode(span.service), counts(parent) ? span.traceId : null);
			}
		}
	}
}

/** The way one service on. After a round it is as it was before: the next one is told apart from this. */
function enter(ledger: Ledger, last: Way, node: string, traceId: string | null): Way {
	const path: string[] = [];
	for (let way: Way | null = last; way !== null && path.length < MAX_WAY; way = way.up) {
		path.push(way.node);
		if (way.node !== node) continue;
		if (traceId !== null) addTraceCycle(ledger, path.reverse(), traceId);
		return way;
	}
	return { node, up: last };
}
