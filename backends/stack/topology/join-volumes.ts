/**
 * Spans give the structure (nodes, edges, latencies, sample traces), the service graph's metrics the volume. They meet by who calls whom:
 *
 *     web -> cart                      the edge service:web -> service:cart
 *     web -> db1 (database)            the edge from web to the node that names db1: database:postgresql/shop@db1
 *     web -> mail (messaging_system)   the way web -> queue:… -> mail; what comes out of the queue
 */
import { nodeOf, serviceNode } from "../../../core/peer.ts";
import { emptySketch } from "../../../core/sketch.ts";
import type { EdgeKind, TopologyEdge, TopologyFold } from "../../../core/topology.ts";
import type { GraphVolume } from "./service-graph.ts";

export interface JoinedTopology {
	fold: TopologyFold;
	/** How many calls one of the sample's stands for, by the edges both know; 1 when there is none. */
	scale: number;
	/** Edges whose calls and errors are the metrics' own. */
	measured: number;
	/** Edges the metrics did not know, counted in the sample's proportion. */
	estimated: number;
	/** Edges that no sampled trace shows. */
	added: number;
}

/** `fold` with the calls and errors of `volumes`. What only one of them knows stays; neither is changed. */
export function joinVolumes(fold: TopologyFold, volumes: readonly GraphVolume[]): JoinedTopology {
	const nodes = new Map(fold.nodes.map((node) => [node.id, { ...node }]));
	const edges = fold.edges.map((edge) => ({ ...edge }));
	const byCaller = new Map<string, TopologyEdge[]>();
	for (const edge of edges) {
		const own = byCaller.get(edge.caller);
		if (own === undefined) byCaller.set(edge.caller, [edge]);
		else own.push(edge);
	}
	const counted = new Map<TopologyEdge, { calls: number; errors: number }>();
	const added: TopologyEdge[] = [];
	const give = (targets: readonly TopologyEdge[], { calls, errors }: GraphVolume) => {
		const sampled = targets.reduce((sum, edge) => sum + edge.calls, 0);
		for (const edge of targets) {
			const share = sampled > 0 ? edge.calls / sampled : 1 / targets.length;
			const so = counted.get(edge) ?? { calls: 0, errors: 0 };
			counted.set(edge, { calls: so.calls + calls * share, errors: so.errors + errors * share });
		}
	};
	for (const volume of volumes) {
		const known = targetsOf(volume, byCaller, nodes);
		if (known.length > 0) {
			for (const targets of known) give(targets, volume);
			continue;
		}
		const edge = newEdge(volume, nodes);
		for (const id of [edge.caller, edge.callee]) {
			if (!nodes.has(id)) nodes.set(id, { id, ...nodeOf(id), spans: 0, errors: 0 });
		}
		added.push(edge);
		const own = byCaller.get(edge.caller);
		if (own === undefined) byCaller.set(edge.caller, [edge]);
		else own.push(edge);
	}
	// One trace of the sample stands for so many: what the edges that both know say.
	let [inMetrics, inSample] = [0, 0];
	for (const [edge, { calls }] of counted) {
		inMetrics += calls;
		inSample += edge.calls;
	}
	const scale = inSample > 0 ? inMetrics / inSample : 1;
	let estimated = 0;
	for (const edge of edges) {
		const exact = counted.get(edge);
		if (exact === undefined) estimated++;
		edge.calls = exact?.calls ?? edge.calls * scale;
		edge.errors = exact?.errors ?? edge.errors * scale;
	}
	for (const node of nodes.values()) {
		node.spans = Math.round(node.spans * scale);
		node.errors = Math.round(node.errors * scale);
	}
	const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
	return {
		fold: {
			...fold,
			nodes: [...nodes.values()].sort((a, b) => compare(a.id, b.id)),
			edges: [...edges, ...added].sort(
				(a, b) => compare(a.caller, b.caller) || compare(a.callee, b.callee) || compare(a.kind, b.kind),
			),
		},
		scale,
		measured: counted.size + added.length,
		estimated,
		added: added.length,
	};
}

/** The edges a volume belongs to: each list shares the whole of it. Empty when no span shows any. */
function targetsOf(
	{ client, server, connection }: GraphVolume,
	byCaller: ReadonlyMap<string, readonly TopologyEdge[]>,
	nodes: ReadonlyMap<string, unknown>,
): TopologyEdge[][] {
	const from = byCaller.get(serviceNode(client)) ?? [];
	const direct = from.filter((edge) => edge.callee === serviceNode(server));
	if (connection === "messaging_system") {
		const into = from.filter((edge) => edge.callee.startsWith("queue:"));
		const ways = into.flatMap((edge) =>
			(byCaller.get(edge.callee) ?? [])
				.filter((out) => out.callee === serviceNode(server))
				.map((out) => ({ into: edge, out })),
		);
		if (ways.length > 0) return [[...new Set(ways.map((way) => way.into))], [...new Set(ways.map((way) => way.out))]];
		return direct.length > 0 ? [direct] : [];
	}
	if (connection === "" || (connection === "virtual_node" && nodes.has(serviceNode(server)))) {
		return direct.length > 0 ? [direct] : [];
	}
	const named = from.filter((edge) => !edge.callee.startsWith("service:") && names(edge.callee, server));
	return named.length > 0 ? [named] : [];
}

/** Is `name` one of the parts of a node's id: system, namespace, address with or without port? */
function names(id: string, name: string): boolean {
	const { name: whole } = nodeOf(id);
	const wanted = name.toLowerCase();
	if (whole.toLowerCase() === wanted) return true;
	const at = whole.lastIndexOf("@");
	const address = at >= 0 ? whole.slice(at + 1) : whole;
	const before = at >= 0 ? whole.slice(0, at) : whole;
	const parts = [...before.split("/"), before.slice(before.indexOf("/") + 1), address, address.replace(/:\d+$/, "")];
	return parts.some((part) => part.toLowerCase() === wanted);
}

function newEdge({ client, server, connection, calls, errors }: GraphVolume, nodes: ReadonlyMap<string, unknown>) {
	const service = serviceNode(server);
	const isService = connection === "" || connection === "messaging_system" || nodes.has(service);
	const kind: EdgeKind = connection === "messaging_system" ? "message" : "call";
	return {
		caller: serviceNode(client),
		callee: isService ? service : connection === "database" ? `database:${server}` : `external:${server}`,
		kind,
		calls,
		errors,
		latency: emptySketch(),
		sampleTraceIds: [],
		samples: [],
	} satisfies TopologyEdge;
}
