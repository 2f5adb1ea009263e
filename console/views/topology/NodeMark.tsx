/** One node: a box with its service's colour, its kind's sign, its name, and what comes in. */

import { formatMs, formatPercent, formatRate, plural } from "../../ui/format.ts";
import { serviceColor } from "../../ui/service-color.ts";
import { fitMiddle } from "../trace/fit-middle.ts";
import type { Point } from "./layout.ts";
import classes from "./Topology.module.css";
import type { TopologyNode } from "./visible-graph.ts";

export const NODE_WIDTH = 184;
export const NODE_HEIGHT = 46;
const NAME_CHARACTERS = 20;

/** On a 16-unit grid, stroked. */
const SIGNS: Record<TopologyNode["kind"], string> = {
	service: "M8 2 13.2 5v6L8 14 2.8 11V5z",
	database: "M3 4c0-2 10-2 10 0v8c0 2-10 2-10 0zM3 4c0 2 10 2 10 0M3 8c0 2 10 2 10 0",
	cache: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
	queue: "M2 5h12v6H2zM5 5v6M8 5v6M11 5v6",
	rpc: "M3 5h9M9 2.500 12 5 9 7.500M13 11H4M7 8.500 4 11l3 2.500",
	external: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M2 8h12M8 2c-4 4-4 8 0 12M8 2c4 4 4 8 0 12",
};

/** Colour is for services; what they talk to is drawn in ink. */
function colorOf(node: TopologyNode): string {
	return node.kind === "service" ? serviceColor(node.name) : "var(--ink-4)";
}

/**
 * `postgresql/orders@orders-db:5432` is read as `orders`, the rest stands in the title: which one matters more than what it is. But
 * `redis/0@cache:6379` as `redis`: a number names nothing.
 */
function labelOf({ kind, name }: TopologyNode): string {
	if (kind !== "database" && kind !== "cache" && kind !== "queue") return name;
	const [what = name] = name.split("@");
	const slash = what.indexOf("/");
	const namespace = what.slice(slash + 1);
	return slash > 0 && /^\d+$/.test(namespace) ? what.slice(0, slash) : namespace || name;
}

export interface NodeTraffic {
	rate: number;
	errorRate: number;
	/** Of the slowest incoming edge. */
	p95Ms: number | null;
}

export function NodeMark(props: {
	node: TopologyNode;
	at: Point;
	traffic: NodeTraffic;
	selected: boolean;
	faded: boolean;
	onSelect: () => void;
}) {
	const { node, at, traffic, selected, faded, onSelect } = props;
	const failing = traffic.errorRate > 0;
	const incoming = node.calls > 0;
	const facts = incoming
		? `${formatRate(traffic.rate)}  ·  p95 ${formatMs(traffic.p95Ms)}`
		: `entry  ·  ${plural(node.spans, "span")}`;
	return (
		// biome-ignore lint/a11y/useSemanticElements: there is no button inside SVG
		<g
			transform={`translate(${at.x - NODE_WIDTH / 2},${at.y - NODE_HEIGHT / 2})`}
			className={classes.node}
			data-selected={selected || undefined}
			data-faded={faded || undefined}
			data-kind={node.kind}
			data-testid="topology-node"
			role="button"
			tabIndex={0}
			aria-label={`${node.kind} ${node.name}: ${facts}${failing ? `, ${formatPercent(traffic.errorRate)} errors` : ""}`}
			onClick={onSelect}
			onKeyDown={(event) => {
				if (event.key !== "Enter" && event.key !== " ") return;
				event.preventDefault();
				event.stopPropagation();
				onSelect();
			}}
		>
			<title>{node.id}</title>
			<rect className={classes.box} width={NODE_WIDTH} height={NODE_HEIGHT} rx={7} />
			<path d={`M0 7a7 7 0 0 1 4-6.300v44.600A7 7 0 0 1 0 39z`} fill={colorOf(node)} />
			<path
				className={classes.sign}
				d={SIGNS[node.kind]}
				transform="translate(13,7) scale(0.95)"
				stroke={colorOf(node)}
			/>
			<text className={classes.name} x={36} y={19}>
				{fitMiddle(labelOf(node), NAME_CHARACTERS, (text) => text.length)}
			</text>
			<text className={classes.facts} x={13} y={37}>
				{facts}
			</text>
			{failing && (
				<text className={classes.errors} x={NODE_WIDTH - 9} y={37} textAnchor="end">
					{formatPercent(traffic.errorRate)}
				</text>
			)}
		</g>
	);
}
