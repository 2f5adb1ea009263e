/** Beside the drawing: the selected node or edge, else the cycles and what the whole graph says. */
import type { Topology } from "../../client/api.ts";
import { formatMs, formatPercent, formatRate, formatWhole, plural, shortId } from "../../ui/format.ts";
import { Link, serviceHref, traceHref } from "../../ui/Link.tsx";
import { serviceColor } from "../../ui/service-color.ts";
import { EdgeTable } from "./EdgeTable.tsx";
import classes from "./Topology.module.css";
import { edgeId, type TopologyEdge, type TopologyNode } from "./visible-graph.ts";

export function TopologyPanel(props: {
	topology: Topology;
	selected: string | null;
	onSelect: (id: string | null) => void;
	onFocus: (id: string) => void;
}) {
	const { topology, selected, onSelect, onFocus } = props;
	const names = new Map(topology.nodes.map(({ id, name }) => [id, name]));
	const nameOf = (id: string): string => names.get(id) ?? id;
	const node = topology.nodes.find(({ id }) => id === selected);
	const edge = topology.edges.find((candidate) => edgeId(candidate) === selected);
	return (
		<aside className={classes.panel} data-testid="topology-panel" aria-label="Details">
			{node ? (
				<NodeDetails node={node} edges={topology.edges} nameOf={nameOf} onSelect={onSelect} onFocus={onFocus} />
			) : edge ? (
				<EdgeDetails edge={edge} cycles={topology.cycles} nameOf={nameOf} />
			) : (
				<Overview topology={topology} nameOf={nameOf} onSelect={onSelect} />
			)}
		</aside>
	);
}

type NameOf = (id: string) => string;

function NodeDetails(props: {
	node: TopologyNode;
	edges: readonly TopologyEdge[];
	nameOf: NameOf;
	onSelect: (id: string) => void;
	onFocus: (id: string) => void;
}) {
	const { node, edges, nameOf, onSelect, onFocus } = props;
	const incoming = edges.filter(({ callee }) => callee === node.id);
	const outgoing = edges.filter(({ caller }) => caller === node.id);
	return (
		<>
			<h2>
				{node.kind === "service" && <span className={classes.dot} style={{ background: serviceColor(node.name) }} />}
				{node.name}
			</h2>
			<p className={classes.muted}>
				{node.kind === "service"
					? `${plural(node.spans, "span")}, ${formatWhole(node.errors)} failed`
					: `${node.kind}: sends no spans itself, known from its callers' attributes`}
			</p>
			<div className={classes.links}>
				{node.kind === "service" && <Link href={serviceHref(node.name)}>Open service</Link>}
				{node.kind === "service" && <Link href={`/traces?service=${encodeURIComponent(node.name)}`}>Its traces</Link>}
				<Link
					href={`/topology?focus=${encodeURIComponent(node.id)}`}
					onClick={(event) => {
						event.preventDefault();
						onFocus(node.id);
					}}
				>
					Only its neighbours
				</Link>
			</div>
			{incoming.length > 0 && <h3>Called by</h3>}
			{incoming.length > 0 && (
				<EdgeTable edges={incoming} heading="caller" name={({ caller }) => nameOf(caller)} onSelect={onSelect} />
			)}
			{outgoing.length > 0 && <h3>Calls</h3>}
			{outgoing.length > 0 && (
				<EdgeTable edges={outgoing} heading="callee" name={({ callee }) => nameOf(callee)} onSelect={onSelect} />
			)}
		</>
	);
}

function EdgeDetails({ edge, cycles, nameOf }: { edge: TopologyEdge; cycles: Topology["cycles"]; nameOf: NameOf }) {
	const cycle = edge.cycle === null ? undefined : cycles[edge.cycle];
	const errorRate = edge.calls > 0 ? edge.errors / edge.calls : 0;
	const rows: [string, string][] = [
		["rate", formatRate(edge.rate)],
		[edge.kind === "message" ? "messages" : "calls", formatWhole(edge.calls)],
		["failed", `${formatWhole(edge.errors)} (${formatPercent(errorRate)})`],
		["p50", formatMs(edge.p50Ms)],
		["p95", formatMs(edge.p95Ms)],
		["p99", formatMs(edge.p99Ms)],
	];
	return (
		<>
			<h2>
				{nameOf(edge.caller)} → {nameOf(edge.callee)}
			</h2>
			<p className={classes.muted}>{edge.kind === "message" ? "By message" : "Latency as the caller saw it"}</p>
			<table className={classes.table}>
				<tbody>
					{rows.map(([label, value]) => (
						<tr key={label}>
							<td className={classes.muted}>{label}</td>
							<td>{value}</td>
						</tr>
					))}
				</tbody>
			</table>
			<h3>Traces that show it: failed ones first, then slow ones</h3>
			<div className={classes.links}>
				{edge.sampleTraceIds.map((id) => (
					<Link key={id} href={traceHref(id)} className={`${classes.trace} mono`}>
						{shortId(id)}
					</Link>
				))}
			</div>
			{cycle && <Cycle cycle={cycle} nameOf={nameOf} />}
		</>
	);
}

function Overview({
	topology,
	nameOf,
	onSelect,
}: {
	topology: Topology;
	nameOf: NameOf;
	onSelect: (id: string) => void;
}) {
	const failing = topology.edges.filter(({ errors }) => errors > 0);
	const slowest = [...topology.edges].sort((a, b) => (b.p95Ms ?? 0) - (a.p95Ms ?? 0)).slice(0, 5);
	const pair = (edge: TopologyEdge): string => `${nameOf(edge.caller)} → ${nameOf(edge.callee)}`;
	return (
		<>
			<h2>{plural(topology.nodes.length, "node")}</h2>
			<p className={classes.muted}>
				{plural(topology.edges.length, "edge")} in this window. Select one for its figures and traces.
			</p>
			<h3>Cycles</h3>
			{topology.cycles.length === 0 && <p className={classes.muted}>None: no service calls itself by way of others.</p>}
			{topology.cycles.map((cycle) => (
				<Cycle key={cycle.path.join()} cycle={cycle} nameOf={nameOf} />
			))}
			{failing.length > 0 && <h3>Failing</h3>}
			{failing.length > 0 && <EdgeTable edges={failing} heading="edge" name={pair} onSelect={onSelect} />}
			{slowest.length > 0 && <h3>Slowest by p95</h3>}
			{slowest.length > 0 && <EdgeTable edges={slowest} heading="edge" name={pair} onSelect={onSelect} />}
		</>
	);
}

function Cycle({ cycle, nameOf }: { cycle: Topology["cycles"][number]; nameOf: NameOf }) {
	return (
		<div className={classes.cycle} data-testid="topology-cycle">
			<p className={classes.warn}>↻ {[...cycle.path, cycle.path[0] as string].map(nameOf).join(" → ")}</p>
			<p className={classes.muted}>
				{cycle.singleTrace
					? "One trace goes all the way round:"
					: "No single trace goes all the way round; different ones show each step:"}
			</p>
			<div className={classes.links}>
				{(cycle.singleTrace ? [cycle.singleTrace] : cycle.traceIdPerEdge).map(
					(id, at) =>
						id && (
							// biome-ignore lint/suspicious/noArrayIndexKey: one trace may show several steps
							<Link key={at} href={traceHref(id)} className={`${classes.trace} mono`}>
								{shortId(id)}
							</Link>
						),
				)}
			</div>
		</div>
	);
}
