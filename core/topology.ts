/** The service topology: one pure fold over spans, mergeable, so that any window is a merge of minutes. */
import type { Sketch } from "./sketch.ts";

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
