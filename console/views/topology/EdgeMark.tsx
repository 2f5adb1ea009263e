/** One edge: as wide as its traffic, red as far as it fails, dashed where a message lies in between. */
import { formatMs, formatPercent, formatRate } from "../../ui/format.ts";
import { curve, type Point } from "./layout.ts";
import classes from "./Topology.module.css";
import type { TopologyEdge } from "./visible-graph.ts";

/** Logarithmic: from one call a minute to a thousand a second. */
export function edgeWidth(rate: number): number {
	return 1 + Math.min(4, Math.max(0, Math.log10(rate * 60 + 1)) * 0.85);
}

export function EdgeMark(props: {
	edge: TopologyEdge;
	points: readonly Point[];
	/** Where its figures have room; null: the middle of the line. */
	label: Point | null;
	selected: boolean;
	faded: boolean;
	labelled: boolean;
	onSelect: () => void;
}) {
	const { edge, points, label, selected, faded, labelled, onSelect } = props;
	const path = curve(points);
	const middle = label ?? points[Math.floor(points.length / 2)];
	const errorRate = edge.calls > 0 ? edge.errors / edge.calls : 0;
	return (
		// biome-ignore lint/a11y/noStaticElementInteractions: the table view has the same edges for keyboards
		<g
			className={classes.edge}
			data-selected={selected || undefined}
			data-faded={faded || undefined}
			data-failing={errorRate > 0 || undefined}
			data-cycle={edge.cycle !== null || undefined}
			data-kind={edge.kind}
			data-testid="topology-edge"
			onClick={onSelect}
		>
			<title>{`${edge.caller} → ${edge.callee}\n${formatRate(edge.rate)}, ${formatPercent(errorRate)} errors, p95 ${formatMs(edge.p95Ms)}`}</title>
			<path d={path} className={classes.reach} />
			<path
				d={path}
				className={classes.line}
				strokeWidth={edgeWidth(edge.rate)}
				markerEnd={`url(#${markerOf(edge, errorRate, selected)})`}
			/>
			{labelled && middle && (
				<text className={classes.label} x={middle.x} y={middle.y - 3} textAnchor="middle">
					{formatRate(edge.rate)}
					{errorRate > 0 && <tspan className={classes.errors}>{`  ${formatPercent(errorRate)}`}</tspan>}
				</text>
			)}
		</g>
	);
}

function markerOf(edge: TopologyEdge, errorRate: number, selected: boolean): string {
	if (selected) return "arrow-accent";
	if (errorRate > 0) return "arrow-error";
	return edge.cycle === null ? "arrow" : "arrow-warn";
}
