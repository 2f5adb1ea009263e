import { type CSSProperties, memo } from "react";
import { formatDuration } from "../../ui/format.ts";
import { serviceColor } from "../../ui/service-color.ts";
import { criticalStretches } from "./critical-stretches.ts";
import { fitMiddle } from "./fit-middle.ts";
import { FLAG_NOTES } from "./flag-notes.ts";
import { KindIcon } from "./KindIcon.tsx";
import { matchStretches } from "./search-tree.ts";
import type { TimeView } from "./time-view.ts";
import { logDots, type TraceLogs } from "./trace-logs.ts";
import { flagsOf, kindOf, nameOf, serviceOf, type TraceTree } from "./trace-tree.ts";
import type { MeasureText } from "./use-text-width.ts";
import styles from "./waterfall.module.css";

export const ROW_PX = 24;
/** Less room than this has a row for one name only. */
const BOTH_NAMES_PX = 96;

export interface RowLook {
	tree: TraceTree;
	logs: TraceLogs;
	view: TimeView;
	namePx: number;
	barPx: number;
	/** Room for durations right of the bars. */
	gutterPx: number;
	/** Pixels of indentation a level. */
	indentPx: number;
	/** Narrow screens: no kind icons. */
	compact: boolean;
	measure: MeasureText;
	words: readonly string[];
	/** Times of the selected span's events, when it has been loaded. */
	events: { row: number; atNs: readonly number[] } | null;
	onToggle: (row: number) => void;
	onSelect: (row: number) => void;
	onDot: (lines: readonly number[] | null, at: { x: number; y: number } | null) => void;
	onLine: (line: number) => void;
}

interface SpanRowProps {
	look: RowLook;
	row: number;
	topPx: number;
	collapsed: boolean;
	/** Failed spans hidden under the collapsed row. */
	hiddenErrors: number;
	selected: boolean;
	matched: boolean;
	dimmed: boolean;
}

/** One line of the waterfall. Rows are recycled while scrolling, so it holds no state and few elements. */
export const SpanRow = memo(function SpanRow(props: SpanRowProps) {
	const { look, row, topPx, collapsed, selected, matched, dimmed } = props;
	const { tree } = look;
	const service = serviceOf(tree, row);
	const flags = tree.flags[row]! > 0 ? flagsOf(tree, row).filter((flag) => flag !== "root") : [];
	const children = tree.subtree[row]! - 1;
	return (
		// biome-ignore lint/a11y/useKeyWithClickEvents: the waterfall itself has the keys, for all its rows.
		<div
			className={styles.row}
			data-testid="span-row"
			data-row={row}
			data-span-id={tree.spanIds[row]}
			data-selected={selected || undefined}
			data-matched={matched || undefined}
			data-dimmed={dimmed || undefined}
			data-error={tree.error[row] === 1 || undefined}
			data-ghost={flags.includes("placeholder") || undefined}
			role="treeitem"
			tabIndex={-1}
			aria-selected={selected}
			aria-level={tree.depth[row]! + 1}
			aria-expanded={children > 0 ? !collapsed : undefined}
			style={{ top: topPx, "--service": serviceColor(service) } as CSSProperties}
			onClick={() => look.onSelect(row)}
		>
			<NameCell {...props} service={service} flags={flags} kids={children} />
			<BarCell look={look} row={row} />
		</div>
	);
});

function NameCell(props: SpanRowProps & { service: string; flags: ReturnType<typeof flagsOf>; kids: number }) {
	const { look, row, collapsed, service, flags, kids, hiddenErrors } = props;
	const { tree, measure } = look;
	const parent = tree.parent[row]!;
	const indent = Math.min(tree.depth[row]! * look.indentPx, look.namePx * 0.5);
	const marks =
		flags.reduce((px, flag) => px + (look.compact ? 19 : measure(FLAG_NOTES[flag].tag) + 10), 0) +
		(tree.error[row] === 1 ? 16 : 0) +
		(tree.events[row]! > 0 ? 12 : 0) +
		(tree.links[row]! > 0 ? 14 : 0);
	const room = look.namePx - indent - (look.compact ? 44 : 62) - marks - (collapsed ? 34 : 0);
	// Where there is no room for both, the colour stands for the service and the operation keeps its name.
	const showService =
		room >= BOTH_NAMES_PX && (parent < 0 || tree.service[parent] !== tree.service[row] || props.selected);
	const bold = (text: string) => measure(text, true);
	const serviceText = showService ? fitMiddle(service, Math.max(44, room * 0.42), bold) : "";
	const nameText = fitMiddle(
		nameOf(tree, row) || "(no name)",
		room - (serviceText ? bold(serviceText) + 8 : 0),
		measure,
	);
	return (
		<div className={styles.name} style={{ width: look.namePx }}>
			<span className={styles.guides} style={{ width: indent, backgroundSize: `${look.indentPx}px 100%` }} />
			{kids > 0 ? (
				<button
					type="button"
					className={styles.caret}
					tabIndex={-1}
					aria-label={collapsed ? `Expand ${kids} spans` : "Collapse"}
					data-open={!collapsed || undefined}
					onClick={(event) => {
						event.stopPropagation();
						look.onToggle(row);
					}}
				>
					<svg viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
						<path d="M2 1 L6 4 L2 7" fill="none" stroke="currentColor" strokeWidth="1.5" />
					</svg>
				</button>
			) : (
				<span className={styles.caret} />
			)}
			<span className={styles.swatch} />
			{look.compact ? <span className={styles.gap} /> : <KindIcon kind={kindOf(tree, row)} />}
			<span className={styles.label} title={`${service}  ${nameOf(tree, row)}`}>
				{serviceText && <b>{marked(serviceText, look.words)}</b>}
				<span>{marked(nameText, look.words)}</span>
			</span>
			{collapsed && (
				<span className={styles.count} data-error={hiddenErrors > 0 || undefined}>
					{kids > 9999 ? `${Math.round(kids / 1000)}k` : kids}
				</span>
			)}
			<span className={styles.marks}>
				{tree.links[row]! > 0 && <i title={`${tree.links[row]} links to other spans`}>↗</i>}
				{tree.events[row]! > 0 && <i title={`${tree.events[row]} events`}>◆</i>}
				{flags.map((flag) => (
					<i key={flag} className={styles.flag} title={FLAG_NOTES[flag].note}>
						{look.compact ? "⚑" : FLAG_NOTES[flag].tag}
					</i>
				))}
				{tree.error[row] === 1 && (
					<i className={styles.failed} title="This span failed">
						!
					</i>
				)}
			</span>
		</div>
	);
}

function marked(text: string, words: readonly string[]) {
	if (words.length === 0) return text;
	const stretches = matchStretches(text, words);
	if (stretches.length === 0) return text;
	const parts = [];
	let at = 0;
	for (const { from, to } of stretches) {
		parts.push(text.slice(at, from), <mark key={from}>{text.slice(from, to)}</mark>);
		at = to;
	}
	return [...parts, text.slice(at)];
}

function BarCell({ look, row }: { look: RowLook; row: number }) {
	const { tree, view, barPx } = look;
	const scale = barPx / (view.toNs - view.fromNs);
	const startNs = tree.startNs[row]!;
	const endNs = startNs + tree.durationNs[row]!;
	const x = (ns: number) => Math.min(barPx + 2, Math.max(-2, (ns - view.fromNs) * scale));
	const left = x(startNs);
	const width = Math.max(2, x(endNs) - left);
	const inView = endNs >= view.fromNs && startNs <= view.toNs;
	const label = formatDuration(tree.durationNs[row]!);
	const labelPx = label.length * 6.4 + 8;
	const right = left + width;
	const airPx = look.logs.offset[row + 1]! > look.logs.offset[row]! ? 9 : 5;
	const place = right + labelPx <= barPx + look.gutterPx - 8 ? "after" : left - labelPx >= 0 ? "before" : "inside";
	const critical = inView ? criticalStretches(tree, row, view, barPx) : [];
	return (
		<div className={styles.bars} style={{ left: look.namePx, width: barPx + look.gutterPx }}>
			{inView ? (
				<>
					<span className={styles.bar} style={{ left, width }} />
					{critical.map((stretch) => (
						<span key={stretch.left} className={styles.critical} style={stretch} />
					))}
					<span
						className={styles.duration}
						data-place={place}
						style={
							place === "before"
								? { right: barPx + look.gutterPx - left + airPx }
								: { left: place === "after" ? right + airPx : Math.max(left, 0) + 5 }
						}
					>
						{label}
					</span>
					{look.events?.row === row &&
						look.events.atNs.slice(0, 200).map((ns, i) => (
							// biome-ignore lint/suspicious/noArrayIndexKey: events have no identity but their place in the list.
							<span key={i} className={styles.tick} style={{ left: x(ns) }} />
						))}
				</>
			) : (
				<span className={styles.beyond} data-side={endNs < view.fromNs ? "before" : "after"}>
					{endNs < view.fromNs ? "◂" : "▸"}
				</span>
			)}
			{look.logs.offset[row + 1]! > look.logs.offset[row]! && <Dots look={look} row={row} />}
		</div>
	);
}

function Dots({ look, row }: { look: RowLook; row: number }) {
	return logDots(look.logs, row, look.view, look.barPx, 8).map((dot) => (
		<button
			key={dot.lines[0]}
			type="button"
			tabIndex={-1}
			className={styles.dot}
			data-testid="log-dot"
			data-level={dot.level}
			data-many={dot.lines.length > 1 || undefined}
			aria-label={`${dot.lines.length} log lines`}
			style={{ left: dot.share * look.barPx }}
			onMouseEnter={(event) => {
				const box = event.currentTarget.getBoundingClientRect();
				look.onDot(dot.lines, { x: box.left + box.width / 2, y: box.bottom });
			}}
			onMouseLeave={() => look.onDot(null, null)}
			onClick={(event) => {
				event.stopPropagation();
				look.onLine(dot.lines[0]!);
			}}
		/>
	));
}
