import { serviceNode } from "./peer.ts";
import { mergeTopologies, type TopologyFold } from "./topology.ts";

/**
 * The graph with external hosts that bear the name of a service in it drawn as that service: a call whose server span is missing (lost context,
 * crash, sampling) still went to `cart` when its address was `cart:8080`. Only the graph as a whole knows its services, so this comes last.
 */
export function resolveNamesakes(fold: TopologyFold): TopologyFold {
	const services = new Set(fold.nodes.filter(({ kind }) => kind === "service").map(({ id }) => id));
	const meant = new Map<string, string>();
	for (const { id, kind } of fold.nodes) {
		if (kind !== "external") continue;
		const host = id.slice(id.indexOf(":") + 1).replace(/:\d+$/, "");
		const service = serviceNode(host);
		if (services.has(service)) meant.set(id, service);
	}
	if (meant.size === 0) return fold;
	const none = { spans: 0, paired: 0, unmatchedClients: 0, unmatchedProducers: 0, orphans: 0, meanWeight: 1 };
	const rest: TopologyFold = {
		...fold,
		nodes: fold.nodes.filter(({ id }) => !meant.has(id)),
		edges: fold.edges.filter(({ callee }) => !meant.has(callee)),
	};
	const renamed = fold.edges.flatMap((edge): TopologyFold[] => {
		const callee = meant.get(edge.callee);
		return callee === undefined ? [] : [{ nodes: [], edges: [{ ...edge, callee }], traceCycles: [], coverage: none }];
	});
	return mergeTopologies([rest, ...renamed]);
}
