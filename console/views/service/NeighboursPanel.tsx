"use client";
import type { Topology } from "../../client/api.ts";
import { useTopology } from "../../client/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { formatMs, formatPercent, formatRate, TROUBLE } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Link } from "../../ui/Link.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { ServiceBadge } from "../../ui/ServiceBadge.tsx";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import styles from "./NeighboursPanel.module.css";

type Edge = Topology["edges"][number];
type Node = Topology["nodes"][number];

/** Who calls this service and whom it calls, with how often, how slow and how well. */
export function NeighboursPanel({ service }: { service: string }) {
	const id = `service:${service}`;
	const topology = useTopology({ focus: id, depth: 1 });
	const nodes = new Map((topology.data?.nodes ?? []).map((node) => [node.id, node]));
	const busiest = (a: Edge, b: Edge) => b.calls - a.calls;
	const edges = topology.data?.edges ?? [];
	const callers = edges.filter((edge) => edge.callee === id && edge.caller !== id).sort(busiest);
	const callees = edges.filter((edge) => edge.caller === id).sort(busiest);
	return (
		<Panel
			title="Neighbours"
			note="calls, failed, p95"
			actions={<Link href={`/topology?focus=${encodeURIComponent(id)}`}>On the map</Link>}
			testId="neighbours"
		>
			{topology.data === undefined ? (
				topology.isError ? (
					<ErrorState error={topology.error} retry={() => void topology.refetch()} />
				) : (
					<SkeletonRows rows={5} rowHeight={30} />
				)
			) : callers.length + callees.length === 0 ? (
				<EmptyState compact title="No neighbours in this window">
					<p>Edges come from spans whose parent is in another service, and from clients that name their peer.</p>
				</EmptyState>
			) : (
				<div className={styles.lists}>
					<EdgeList title="Called by" edges={callers} end="caller" nodes={nodes} />
					<EdgeList title="Calls" edges={callees} end="callee" nodes={nodes} />
				</div>
			)}
		</Panel>
	);
}

interface EdgeListProps {
	title: string;
	edges: readonly Edge[];
	end: "caller" | "callee";
	nodes: ReadonlyMap<string, Node>;
}

function EdgeList({ title, edges, end, nodes }: EdgeListProps) {
	return (
		<section>
			<h3>
				<Icon name={end === "caller" ? "left" : "right"} size={11} />
				{title} <span className="num">{edges.length}</span>
			</h3>
			{edges.length === 0 && <p className={styles.none}>Nobody in this window.</p>}
			{edges.map((edge) => {
				const node = nodes.get(edge[end]);
				const errorRate = edge.calls > 0 ? edge.errors / edge.calls : 0;
				return (
					<div key={`${edge[end]} ${edge.kind}`} className={styles.edge}>
						<span className={styles.name}>
							{node === undefined || node.kind === "service" ? (
								<ServiceBadge service={node?.name ?? edge[end].replace(/^service:/, "")} link />
							) : (
								<span title={node.id} className={styles.thing}>
									<i className={styles.kind}>{node.kind}</i> {node.name}
								</span>
							)}
						</span>
						<span className="num">{formatRate(edge.rate)}</span>
						<span className="num" data-bad={errorRate >= TROUBLE || undefined}>
							{formatPercent(errorRate)}
						</span>
						<span className="num">{formatMs(edge.p95Ms)}</span>
					</div>
				);
			})}
		</section>
	);
}
