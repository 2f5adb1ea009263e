"use client";
/** The drawing: laid out in layers, moved and zoomed, one node or edge selected and its neighbours lit. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMemo } from "react";
import { EdgeMark } from "./EdgeMark.tsx";
import type { LayoutInput } from "./layout.ts";
import { NODE_HEIGHT, NODE_WIDTH, NodeMark, type NodeTraffic } from "./NodeMark.tsx";
import classes from "./Topology.module.css";
import { useLayout } from "./use-layout.ts";
import { usePanZoom } from "./use-pan-zoom.ts";
import { edgeId, structureKey, type TopologyEdge, type VisibleGraph } from "./visible-graph.ts";

/** With more edges than this, numbers stand on the selected node's edges only. */
const LABELLED_EDGES = 28;
/** `12.3/s  0.42 %` in the small type. */
const LABEL = { width: 58, height: 14 };

export function TopologyGraph(props: {
	graph: VisibleGraph;
	/** Node id or edge id. */
	selected: string | null;
	onSelect: (id: string | null) => void;
}) {
	const { graph, selected, onSelect } = props;
	const narrow = useMediaQuery("(max-width: 700px)", false, { getInitialValueInEffect: false });
	const direction: LayoutInput["direction"] = narrow ? "TB" : "LR";
	const input: LayoutInput = {
		nodes: graph.nodes.map(({ id }) => ({ id, width: NODE_WIDTH, height: NODE_HEIGHT })),
		edges: graph.edges.map((edge) => ({ id: edgeId(edge), caller: edge.caller, callee: edge.callee })),
		label: graph.edges.length <= LABELLED_EDGES ? LABEL : null,
		direction,
	};
	const { layout, failed } = useLayout(`${direction}${structureKey(graph)}`, input);
	const { frame, view, zoom, reset, handlers } = usePanZoom(layout);
	const traffic = useMemo(() => incoming(graph.edges), [graph.edges]);

	const near = new Set<string>();
	for (const edge of graph.edges) {
		if (selected === null || ![edge.caller, edge.callee, edgeId(edge)].includes(selected)) continue;
		near.add(edge.caller).add(edge.callee).add(edgeId(edge));
	}
	const faded = (id: string): boolean => selected !== null && near.size > 0 && !near.has(id);

	return (
		<div className={classes.canvas} data-testid="topology-graph">
			{failed && (
				<p className={classes.note}>The drawing could not be laid out in this browser. The table has every edge.</p>
			)}
			<svg
				ref={frame}
				className={classes.frame}
				// biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the drawing
				tabIndex={0}
				role="application"
				aria-label="Service topology. Arrow keys move, plus and minus zoom, 0 fits."
				{...handlers}
			>
				<defs>
					{(["arrow", "arrow-error", "arrow-warn", "arrow-accent"] as const).map((id) => (
						<marker
							key={id}
							id={id}
							viewBox="0 0 8 8"
							refX="7"
							refY="4"
							markerWidth="9"
							markerHeight="9"
							markerUnits="userSpaceOnUse"
							orient="auto-start-reverse"
						>
							<path d="M0 0.800 7.500 4 0 7.200z" className={classes[id]} />
						</marker>
					))}
				</defs>
				{/* biome-ignore lint/a11y/noStaticElementInteractions: a click beside everything selects nothing, as Escape does */}
				<rect className={classes.ground} width="100%" height="100%" onClick={() => onSelect(null)} />
				<g transform={`translate(${view.x},${view.y}) scale(${view.scale})`}>
					{layout &&
						graph.edges.map((edge) => {
							const id = edgeId(edge);
							return (
								<EdgeMark
									key={id}
									edge={edge}
									points={layout.edges[id]?.points ?? []}
									label={layout.edges[id]?.label ?? null}
									selected={selected === id}
									faded={faded(id)}
									labelled={graph.edges.length <= LABELLED_EDGES || near.has(id)}
									onSelect={() => onSelect(id)}
								/>
							);
						})}
					{layout &&
						graph.nodes.map((node) => {
							const at = layout.nodes[node.id];
							return (
								at && (
									<NodeMark
										key={node.id}
										node={node}
										at={at}
										traffic={traffic.get(node.id) ?? { rate: 0, errorRate: 0, p95Ms: null }}
										selected={selected === node.id}
										faded={faded(node.id)}
										onSelect={() => onSelect(node.id)}
									/>
								)
							);
						})}
				</g>
			</svg>
			<div className={classes.zoom}>
				{[
					{ label: "Zoom in (+)", sign: "+", act: () => zoom(1.25) },
					{ label: "Zoom out (−)", sign: "−", act: () => zoom(0.8) },
					{ label: "Fit (0)", sign: "⤢", act: reset },
				].map(({ label, sign, act }) => (
					<Tooltip key={label} label={label} position="left">
						<ActionIcon variant="default" size="md" aria-label={label} onClick={act}>
							{sign}
						</ActionIcon>
					</Tooltip>
				))}
			</div>
		</div>
	);
}

/** What comes into each node, over all its edges. */
function incoming(edges: readonly TopologyEdge[]): Map<string, NodeTraffic> {
	const sums = new Map<string, { rate: number; calls: number; errors: number; p95Ms: number | null }>();
	for (const edge of edges) {
		const sum = sums.get(edge.callee) ?? { rate: 0, calls: 0, errors: 0, p95Ms: null };
		sum.rate += edge.rate;
		sum.calls += edge.calls;
		sum.errors += edge.errors;
		if (edge.p95Ms !== null) sum.p95Ms = Math.max(sum.p95Ms ?? 0, edge.p95Ms);
		sums.set(edge.callee, sum);
	}
	return new Map(
		[...sums].map(([id, { rate, calls, errors, p95Ms }]) => [
			id,
			{ rate, p95Ms, errorRate: calls > 0 ? errors / calls : 0 },
		]),
	);
}
