import type { CSSProperties } from "react";
import { formatDuration, formatPercent } from "../../ui/format.ts";
import { serviceColor } from "../../ui/service-color.ts";
import panelStyles from "./panel.module.css";
import styles from "./span.module.css";
import { nameOf, serviceOf, type TraceTree } from "./trace-tree.ts";

const MOST_CHILDREN = 400;

/** Where the span lies within its parent, and its own children within it: two bars that read as one sentence. */
export function TimeInParent({
	tree,
	row,
	onSelect,
}: {
	tree: TraceTree;
	row: number;
	onSelect: (row: number) => void;
}) {
	const parent = tree.parent[row]!;
	const children: number[] = [];
	for (
		let at = row + 1;
		at < row + tree.subtree[row]! && children.length < MOST_CHILDREN;
		at += Math.max(1, tree.subtree[at]!)
	)
		children.push(at);
	return (
		<div className={styles.inParent}>
			{parent >= 0 && tree.durationNs[parent]! > 0 && (
				<div>
					<span>
						in{" "}
						<button type="button" className={panelStyles.quiet} onClick={() => onSelect(parent)} title="To its parent">
							{nameOf(tree, parent) || "(no name)"}
						</button>
					</span>
					<b className="num">{formatPercent(tree.durationNs[row]! / tree.durationNs[parent]!)}</b>
					<Strip tree={tree} frame={parent} rows={[row]} />
				</div>
			)}
			{children.length > 0 && tree.durationNs[row]! > 0 && (
				<div>
					<span>
						{children.length === MOST_CHILDREN ? `first ${MOST_CHILDREN}` : children.length}{" "}
						{children.length === 1 ? "child" : "children"}
					</span>
					<b className="num">{formatDuration(tree.durationNs[row]! - tree.selfNs[row]!)}</b>
					<Strip tree={tree} frame={row} rows={children} onSelect={onSelect} />
				</div>
			)}
		</div>
	);
}

function Strip(props: { tree: TraceTree; frame: number; rows: number[]; onSelect?: (row: number) => void }) {
	const { tree, frame, rows, onSelect } = props;
	const from = tree.startNs[frame]!;
	const length = tree.durationNs[frame]!;
	const share = (ns: number) => Math.min(100, Math.max(0, ((ns - from) / length) * 100));
	return (
		<div className={styles.strip}>
			{rows.map((row) => {
				const left = share(tree.startNs[row]!);
				const right = share(tree.startNs[row]! + tree.durationNs[row]!);
				return (
					// biome-ignore lint/a11y/noStaticElementInteractions: the same rows are in the waterfall, with keys.
					// biome-ignore lint/a11y/useKeyWithClickEvents: the same rows are in the waterfall, with keys.
					<i
						key={row}
						title={`${serviceOf(tree, row)} ${nameOf(tree, row)}: ${formatDuration(tree.durationNs[row]!)}`}
						style={
							{
								left: `${left}%`,
								width: `max(2px, ${right - left}%)`,
								"--service": serviceColor(serviceOf(tree, row)),
							} as CSSProperties
						}
						onClick={onSelect && (() => onSelect(row))}
					/>
				);
			})}
		</div>
	);
}
