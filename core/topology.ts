/**
 * The service topology: one pure fold over spans, mergeable, so that any window is a merge of minutes. The order of the spans and
 * duplicates change nothing.
 */
import { type DistinctSpans, distinctSpans } from "./distinct-spans.ts";
import type { SpanCore, TraceId } from "./model.ts";
import type { Sketch } from "./sketch.ts";
import { strongComponents } from "./strong-components.ts";
import { addFold, closeLedger, emptyLedger } from "./topology-ledger.ts";
import { foldTrace } from "./topology-trace.ts";

export type NodeKind = "service" | "database" | "cache" | "queue" | "rpc" | "external";

export interface TopologyNode {
	/** `service:cart`, `database:postgresql/shop@db:5432`, `queue:mqtt/orders`, `external:api.pay.example`. */
	id: string;
	kind: NodeKind;
	/** What people read. */
	name: string;
	spans: number;
	errors: number;
}

export type EdgeKind = "call" | "message";

export interface TopologyEdge {
	caller: string;
	callee: string;
	kind: EdgeKind;
	/** Weighted by sampling. */
	calls: number;
	errors: number;
	/** Of the client's side, nanoseconds. */
	latency: Sketch;
	/** At most 5: failing ones first, then slow ones. */
	sampleTraceIds: string[];
	/** The same with what ranks them, so that edges merge in any order. */
	samples: TopologySample[];
}

export interface TopologySample {
	traceId: TraceId;
	failed: boolean;
	durationNs: number;
}

export interface TopologyCoverage {
	spans: number;
	/** Client/server and producer/consumer pairs found. */
	paired: number;
	/** Clients and producers whose other side no span shows and no attribute names. */
	unmatchedClients: number;
	unmatchedProducers: number;
	/** Spans whose parent is not in the window. */
	orphans: number;
	/** Mean sampling weight, 1 = everything was kept. */
	meanWeight: number;
}

export interface TopologyFold {
	nodes: TopologyNode[];
	edges: TopologyEdge[];
	/** Rounds through services that one single trace makes, with that trace: at most 20. */
	traceCycles: { path: string[]; traceId: string }[];
	coverage: TopologyCoverage;
}

/** A round of calls; see `topologySchema`. */
export interface TopologyCycle {
	/** Node ids in order; the last calls the first. */
	path: string[];
	/** `traceIdPerEdge[i]` shows path[i] calling path[i + 1]. */
	traceIdPerEdge: (TraceId | null)[];
	/** One trace that goes all the way round; null when only different traces together do. */
	singleTrace: TraceId | null;
}

/**
 * The topology of spans of any number of traces. With `countOnly` the other spans are only looked at, as parents, children and linked
 * ones: a minute is folded with its neighbours at hand, and the minutes merge to the fold of all. A call belongs to its caller's minute.
 */
export function foldTopology(
	spans: Iterable<SpanCore>,
	options: { countOnly?: (span: SpanCore) => boolean } = {},
): TopologyFold {
	const traces = new Map<TraceId, SpanCore[]>();
	for (const span of spans) {
		const trace = traces.get(span.traceId);
		if (trace === undefined) traces.set(span.traceId, [span]);
		else trace.push(span);
	}
	const distinct: DistinctSpans[] = [];
	for (const trace of traces.values()) distinct.push(distinctSpans(trace));
	const context = { counts: options.countOnly ?? (() => true), ...meetByLinks(distinct) };
	const ledger = emptyLedger();
	for (const trace of distinct) foldTrace(ledger, trace, context);
	return closeLedger(ledger);
}

/** The topology of both. Associative and commutative. */
export function mergeTopology(a: TopologyFold, b: TopologyFold): TopologyFold {
	return mergeTopologies([a, b]);
}

/** The topology of many, in one go: the way to merge the minutes of a window. */
export function mergeTopologies(folds: Iterable<TopologyFold>): TopologyFold {
	const ledger = emptyLedger();
	for (const fold of folds) addFold(ledger, fold);
	return closeLedger(ledger);
}

/** Which producers and consumers meet by link, over all traces at hand. */
function meetByLinks(traces: readonly DistinctSpans[]) {
	const linked = new Map<string, SpanCore[]>();
	for (const { spans } of traces) {
		for (const span of spans) {
			if (span.kind !== "consumer") continue;
			for (const key of new Set(span.links.map((link) => link.traceId + link.spanId))) append(linked, key, span);
		}
	}
	const producers = new Map<SpanCore, SpanCore[]>();
	const consumers = new Map<SpanCore, readonly SpanCore[]>();
	if (linked.size > 0) {
		for (const { spans } of traces) {
			for (const span of spans) {
				if (span.kind !== "producer") continue;
				const takers = linked.get(span.traceId + span.spanId) ?? [];
				if (takers.length > 0) consumers.set(span, takers);
				for (const taker of takers) append(producers, taker, span);
			}
		}
	}
	const none: readonly SpanCore[] = [];
	return {
		producersOf: (consumer: SpanCore) => producers.get(consumer) ?? none,
		consumersOf: (producer: SpanCore) => consumers.get(producer) ?? none,
	};
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
	const list = lists.get(key);
	if (list === undefined) lists.set(key, [value]);
	else list.push(value);
}

/**
 * Circles of calls between services: one for every strongly connected component, or each round in it that a single trace makes.
 * A queue is a way from its producers to its consumers, not a member: a service that feeds itself through one is a self-call, not a circle.
 */
export function findCycles(fold: TopologyFold): TopologyCycle[] {
	const edges = new Map<string, Map<string, TopologyEdge>>();
	for (const edge of fold.edges) {
		const from = edges.get(edge.caller);
		if (from === undefined) edges.set(edge.caller, new Map([[edge.callee, edge]]));
		else from.set(edge.callee, from.get(edge.callee) ?? edge);
	}
	const services = fold.nodes.filter((node) => node.kind !== "queue").map((node) => node.id);
	const number = new Map(services.map((id, i) => [id, i]));
	const next = services.map((id) => reached(id, edges, number));
	const paths: { path: string[]; singleTrace: TraceId | null }[] = [];
	for (const members of strongComponents(next.map((ways) => [...ways.keys()]))) {
		const ids = new Set(members.map((member) => services[member]));
		const inside = fold.traceCycles.filter(({ path }) => path.some((id) => ids.has(id)));
		if (inside.length > 0) paths.push(...inside.map(({ path, traceId }) => ({ path, singleTrace: traceId })));
		else paths.push({ path: shortestRound(Math.min(...members), new Set(members), next, services), singleTrace: null });
	}
	return paths
		.map(({ path, singleTrace }) => ({
			path,
			traceIdPerEdge: path.map((caller, i) => {
				const edge = edges.get(caller)?.get(path[(i + 1) % path.length] ?? "");
				return singleTrace ?? edge?.sampleTraceIds[0] ?? null;
			}),
			singleTrace,
		}))
		.sort((a, b) => a.path.length - b.path.length || (a.path.join() < b.path.join() ? -1 : 1));
}

/** The other services a service reaches by a call or through one queue: their numbers, and the queue's id. */
function reached(
	id: string,
	edges: ReadonlyMap<string, ReadonlyMap<string, TopologyEdge>>,
	number: ReadonlyMap<string, number>,
): Map<number, string | null> {
	const own = number.get(id);
	const ways = new Map<number, string | null>();
	const queues: string[] = [];
	for (const callee of edges.get(id)?.keys() ?? []) {
		const to = number.get(callee);
		if (to === undefined) queues.push(callee);
		else if (to !== own) ways.set(to, null);
	}
	for (const queue of queues) {
		for (const callee of edges.get(queue)?.keys() ?? []) {
			const to = number.get(callee);
			if (to !== undefined && to !== own && !ways.has(to)) ways.set(to, queue);
		}
	}
	return ways;
}

/** The shortest way from a service round to itself within its component, queues included. */
function shortestRound(
	start: number,
	members: ReadonlySet<number>,
	next: readonly ReadonlyMap<number, string | null>[],
	services: readonly string[],
): string[] {
	const cameFrom = new Map<number, number>();
	const waiting = [start];
	for (let i = 0; i < waiting.length && !cameFrom.has(start); i++) {
		const from = waiting[i] ?? start;
		for (const to of next[from]?.keys() ?? []) {
			if (!members.has(to) || cameFrom.has(to)) continue;
			cameFrom.set(to, from);
			waiting.push(to);
		}
	}
	const backwards: string[] = [];
	let at = start;
	do {
		const from = cameFrom.get(at) ?? start;
		const queue = next[from]?.get(at) ?? null;
		if (queue !== null) backwards.push(queue);
		backwards.push(services[from] ?? "");
		at = from;
	} while (at !== start);
	return backwards.reverse();
}
