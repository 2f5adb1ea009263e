/** Places a graph in layers along the calls (Sugiyama's method, by dagre). Pure, so that a worker can do it away from the page. */
import dagre from "@dagrejs/dagre";

export interface LayoutInput {
	nodes: { id: string; width: number; height: number }[];
	edges: { id: string; caller: string; callee: string }[];
	/** Room that is kept on every edge for its figures; null without. */
	label: { width: number; height: number } | null;
	/** Left to right on wide screens, top to bottom on narrow ones. */
	direction: "LR" | "TB";
}

export interface Point {
	x: number;
	y: number;
}

export interface Layout {
	width: number;
	height: number;
	/** Centres. */
	nodes: Record<string, Point>;
	/** From the caller's border to the callee's, and the middle of the room for the figures. */
	edges: Record<string, { points: Point[]; label: Point | null }>;
}

export function layoutGraph({ nodes, edges, label, direction }: LayoutInput): Layout {
	const graph = new dagre.graphlib.Graph({ multigraph: true });
	graph.setGraph({
		rankdir: direction,
		nodesep: 22,
		ranksep: label === null ? 64 : 8,
		edgesep: 14,
		marginx: 24,
		marginy: 24,
	});
	graph.setDefaultEdgeLabel(() => ({}));
	for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
	for (const { id, caller, callee } of edges)
		graph.setEdge(caller, callee, label === null ? {} : { ...label, labelpos: "c" }, id);
	dagre.layout(graph);
	const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
	return {
		width,
		height,
		nodes: Object.fromEntries(nodes.map(({ id }) => [id, point(graph.node(id))])),
		edges: Object.fromEntries(
			edges.map(({ id, caller, callee }) => {
				const edge = graph.edge(caller, callee, id) as { points?: Partial<Point>[]; x?: number; y?: number };
				return [id, { points: (edge.points ?? []).map(point), label: label === null ? null : point(edge) }];
			}),
		),
	};
}

function point({ x, y }: { x?: number | undefined; y?: number | undefined }): Point {
	return { x: x ?? 0, y: y ?? 0 };
}

/** An SVG path through the points, rounded at each. */
export function curve(points: readonly Point[]): string {
	const [first, ...rest] = points;
	if (first === undefined) return "";
	const last = rest.at(-1);
	if (last === undefined) return "";
	let path = `M${round(first)}`;
	for (const [at, corner] of rest.slice(0, -1).entries()) {
		const next = rest[at + 1] as Point;
		path += `Q${round(corner)} ${round({ x: (corner.x + next.x) / 2, y: (corner.y + next.y) / 2 })}`;
	}
	return `${path}L${round(last)}`;
}

function round({ x, y }: Point): string {
	return `${x.toFixed(1)},${y.toFixed(1)}`;
}
