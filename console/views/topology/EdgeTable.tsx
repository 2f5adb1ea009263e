/** Edges as rows: the drawing's twin for reading figures, for keyboards and for screen readers. */
import { formatMs, formatPercent, formatRate } from "../../ui/format.ts";
import classes from "./Topology.module.css";
import { edgeId, type TopologyEdge } from "./visible-graph.ts";

export function EdgeTable(props: {
	edges: readonly TopologyEdge[];
	/** What the first column says of an edge. */
	name: (edge: TopologyEdge) => string;
	heading: string;
	onSelect: (id: string) => void;
}) {
	const { edges, name, heading, onSelect } = props;
	const busiest = [...edges].sort((a, b) => b.rate - a.rate);
	return (
		<table className={classes.table} data-testid="topology-table">
			<thead>
				<tr>
					<th>{heading}</th>
					<th>rate</th>
					<th>errors</th>
					<th>p50</th>
					<th>p95</th>
				</tr>
			</thead>
			<tbody>
				{busiest.map((edge) => {
					const errorRate = edge.calls > 0 ? edge.errors / edge.calls : 0;
					return (
						<tr key={edgeId(edge)}>
							<td>
								<button type="button" onClick={() => onSelect(edgeId(edge))}>
									{name(edge)}
									{edge.kind === "message" && <span className={classes.muted}> (message)</span>}
									{edge.cycle !== null && <span className={classes.warn}> ↻</span>}
								</button>
							</td>
							<td>{formatRate(edge.rate)}</td>
							<td className={errorRate > 0 ? classes.errors : classes.muted}>{formatPercent(errorRate)}</td>
							<td>{formatMs(edge.p50Ms)}</td>
							<td>{formatMs(edge.p95Ms)}</td>
						</tr>
					);
				})}
			</tbody>
		</table>
	);
}
