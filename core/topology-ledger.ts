/** Where the topology's counts add up. Sums, sketches and the best of each list: all of it comes out the same in any order. */
import { compareText } from "./find-parents.ts";
import { nodeOf } from "./peer.ts";
import { addToSketch, emptySketch, mergeSketches } from "./sketch.ts";
import type { EdgeKind, TopologyEdge, TopologyFold, TopologyNode, TopologySample } from "./topology.ts";

const MAX_SAMPLES = 5;
const MAX_TRACE_CYCLES = 20;

export interface Ledger {
	nodes: Map<string, TopologyNode>;
	edges: Map<string, TopologyEdge>;
	traceCycles: Map<string, { path: string[]; traceId: string }>;
	spans: number;
	weight: number;
	paired: number;
	unmatchedClients: number;
	unmatchedProducers: number;
	orphans: number;
}

export function emptyLedger(): Ledger {
	return {
		nodes: new Map(),
		edges: new Map(),
		traceCycles: new Map(),
		spans: 0,
		weight: 0,
		paired: 0,
		unmatchedClients: 0,
		unmatchedProducers: 0,
		orphans: 0,
	};
}

/** Makes sure a node is there, and counts the spans it is seen by. */
export function addNode(ledger: Ledger, id: string, spans: number, errors: number): void {
	const node = ledger.nodes.get(id);
	if (node === undefined) ledger.nodes.set(id, { id, ...nodeOf(id), spans, errors });
	else {
		node.spans += spans;
		node.errors += errors;
	}
}

/** One call over an edge. `durationNs` is null where nothing measured it. */
export function addCall(
	ledger: Ledger,
	caller: string,
	callee: string,
	kind: EdgeKind,
	call: { durationNs: number | null; failed: boolean; weight: number; traceId: string },
): void {
	const edge = edgeIn(ledger, caller, callee, kind);
	edge.calls += call.weight;
	if (call.failed) edge.errors += call.weight;
	if (call.durationNs !== null) addToSketch(edge.latency, call.durationNs, call.weight);
	addSample(edge.samples, { traceId: call.traceId, failed: call.failed, durationNs: call.durationNs ?? 0 });
}

/** A round through services, written from its smallest node on, so that it is one round wherever it was entered. */
export function addTraceCycle(ledger: Ledger, path: readonly string[], traceId: string): void {
	let first = 0;
	for (let i = 1; i < path.length; i++) if ((path[i] ?? "") < (path[first] ?? "")) first = i;
	const turned = [...path.slice(first), ...path.slice(0, first)];
	const key = JSON.stringify(turned);
	const known = ledger.traceCycles.get(key);
	if (known === undefined || traceId < known.traceId) ledger.traceCycles.set(key, { path: turned, traceId });
	// What is not among the best now never will be: a trace of nothing but rounds must not fill the memory.
	if (ledger.traceCycles.size > 20 * MAX_TRACE_CYCLES) ledger.traceCycles = new Map(bestCycles(ledger));
}

function bestCycles(ledger: Ledger): [string, { path: string[]; traceId: string }][] {
	return [...ledger.traceCycles.entries()]
		.sort(([a, x], [b, y]) => x.path.length - y.path.length || compareText(a, b))
		.slice(0, MAX_TRACE_CYCLES);
}

export function addFold(ledger: Ledger, fold: TopologyFold): void {
	for (const node of fold.nodes) addNode(ledger, node.id, node.spans, node.errors);
	for (const other of fold.edges) {
		const edge = edgeIn(ledger, other.caller, other.callee, other.kind);
		edge.calls += other.calls;
		edge.errors += other.errors;
		edge.latency = mergeSketches(edge.latency, other.latency);
		for (const sample of other.samples) addSample(edge.samples, sample);
	}
	for (const { path, traceId } of fold.traceCycles) addTraceCycle(ledger, path, traceId);
	const { coverage } = fold;
	ledger.spans += coverage.spans;
	ledger.weight += coverage.meanWeight * coverage.spans;
	ledger.paired += coverage.paired;
	ledger.unmatchedClients += coverage.unmatchedClients;
	ledger.unmatchedProducers += coverage.unmatchedProducers;
	ledger.orphans += coverage.orphans;
}

/** The ledger as plain data, in one fixed order. */
export function closeLedger(ledger: Ledger): TopologyFold {
	const { spans, weight, paired, unmatchedClients, unmatchedProducers, orphans } = ledger;
	const edges = [...ledger.edges.entries()].sort(([a], [b]) => compareText(a, b)).map(([, edge]) => edge);
	for (const edge of edges) edge.sampleTraceIds = edge.samples.map((sample) => sample.traceId);
	return {
		nodes: [...ledger.nodes.values()].sort((a, b) => compareText(a.id, b.id)),
		edges,
		traceCycles: bestCycles(ledger).map(([, cycle]) => cycle),
		coverage: {
			spans,
			paired,
			unmatchedClients,
			unmatchedProducers,
			orphans,
			meanWeight: spans === 0 ? 1 : weight / spans,
		},
	};
}

function edgeIn(ledger: Ledger, caller: string, callee: string, kind: EdgeKind): TopologyEdge {
	const key = `${caller}\u0000${callee}\u0000${kind}`;
	let edge = ledger.edges.get(key);
	if (edge === undefined) {
		edge = { caller, callee, kind, calls: 0, errors: 0, latency: emptySketch(), samples: [], sampleTraceIds: [] };
		ledger.edges.set(key, edge);
		addNode(ledger, caller, 0, 0);
		addNode(ledger, callee, 0, 0);
	}
	return edge;
}

/** Keeps the best of each trace, and of the traces the best five: failing ones first, then slow ones. */
function addSample(samples: TopologySample[], sample: TopologySample): void {
	const last = samples.at(-1);
	if (samples.length === MAX_SAMPLES && last !== undefined && compareSamples(sample, last) > 0) return;
	const own = samples.findIndex((other) => other.traceId === sample.traceId);
	if (own >= 0) {
		if (compareSamples(samples[own] as TopologySample, sample) <= 0) return;
		samples.splice(own, 1);
	}
	let at = samples.length;
	while (at > 0 && compareSamples(sample, samples[at - 1] as TopologySample) < 0) at--;
	samples.splice(at, 0, sample);
	if (samples.length > MAX_SAMPLES) samples.pop();
}

function compareSamples(a: TopologySample, b: TopologySample): number {
	return Number(b.failed) - Number(a.failed) || b.durationNs - a.durationNs || compareText(a.traceId, b.traceId);
}
