import {
	type CSSProperties,
	type PointerEvent,
	type Ref,
	useEffect,
	useImperativeHandle,
	useMemo,
	useRef,
	useState,
} from "react";
import { formatDuration } from "../../ui/format.ts";
import { formatOffset } from "./format-offset.ts";
import { ROW_PX, type RowLook, SpanRow } from "./SpanRow.tsx";
import { Splitter } from "./Splitter.tsx";
import { queryWords } from "./search-tree.ts";
import { brushView, panBy, type TimeView, ticks, timeAt, zoomAt } from "./time-view.ts";
import type { TraceLogs } from "./trace-logs.ts";
import type { TraceTree } from "./trace-tree.ts";
import { useFixedRows } from "./use-fixed-rows.ts";
import { useTextWidth } from "./use-text-width.ts";
import { countBetween, positionOf } from "./visible-rows.ts";
import styles from "./waterfall.module.css";

export interface WaterfallHandle {
	/** Scrolls so that the row is in sight, in the middle when it was far away. */
	show(row: number): void;
	focus(): void;
	pageRows(): number;
}

export interface WaterfallProps {
	ref: Ref<WaterfallHandle>;
	tree: TraceTree;
	logs: TraceLogs;
	rows: Uint32Array;
	collapsed: Uint8Array;
	selectedRow: number;
	matches: Uint32Array;
	query: string;
	/** 0 where a row should step back; null for none. */
	spotlight: Uint8Array | null;
	view: TimeView;
	whole: TimeView;
	/** A time to mark across all bars (the line or event looked at). */
	markNs: number | null;
	events: RowLook["events"];
	namePx: number;
	onNamePx: (px: number) => void;
	onView: (view: TimeView) => void;
	onToggle: (row: number) => void;
	onSelect: (row: number) => void;
	onDot: RowLook["onDot"];
	onLine: RowLook["onLine"];
}

const OVERSCAN = 4;
const NARROW_PX = 600;

/** Time axis and span rows. Only what is in sight exists; the elements are recycled while scrolling. */
export function Waterfall(props: WaterfallProps) {
	const { tree, logs, rows, collapsed, selectedRow, matches, view, whole, namePx } = props;
	const scroller = useRef<HTMLDivElement>(null);
	const [widthPx, setWidthPx] = useState(0);
	const measure = useTextWidth(scroller);
	const range = useFixedRows(scroller, rows.length, ROW_PX, OVERSCAN);
	useEffect(() => {
		const element = scroller.current;
		if (!element) return;
		const observer = new ResizeObserver(() => setWidthPx(element.clientWidth));
		observer.observe(element);
		return () => observer.disconnect();
	}, []);
	const nameWidth = Math.min(namePx, Math.max(120, widthPx * (widthPx < NARROW_PX ? 0.54 : 0.62)));
	const compact = widthPx < NARROW_PX;
	// Right of the bars there is room for the durations of those that run to the end.
	const gutterPx = compact ? 12 : 62;
	const barPx = Math.max(40, widthPx - nameWidth - gutterPx);

	useImperativeHandle(
		props.ref,
		() => ({
			show(row) {
				const element = scroller.current;
				const position = positionOf(rows, row);
				if (!element || position < 0) return;
				const top = position * ROW_PX;
				if (top >= element.scrollTop + ROW_PX && top + 2 * ROW_PX <= element.scrollTop + element.clientHeight) return;
				const near = Math.abs(top - element.scrollTop) < element.clientHeight + 2 * ROW_PX;
				const above = top < element.scrollTop + ROW_PX;
				element.scrollTop = near
					? above
						? top - ROW_PX
						: top + 2 * ROW_PX - element.clientHeight
					: top - element.clientHeight / 2;
			},
			focus: () => scroller.current?.focus({ preventScroll: true }),
			pageRows: () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / ROW_PX) - 2),
		}),
		[rows],
	);

	const { onView } = props;
	useEffect(() => {
		const element = scroller.current;
		if (!element) return;
		const onWheel = (event: WheelEvent) => {
			const sideways = event.shiftKey
				? event.deltaY || event.deltaX
				: Math.abs(event.deltaX) > Math.abs(event.deltaY)
					? event.deltaX
					: 0;
			if (event.ctrlKey || event.metaKey) {
				const px = event.clientX - element.getBoundingClientRect().left - nameWidth;
				event.preventDefault();
				onView(zoomAt(view, whole, timeAt(view, px, barPx), Math.exp(Math.min(60, Math.max(-60, event.deltaY)) / 120)));
			} else if (sideways !== 0) {
				event.preventDefault();
				onView(panBy(view, whole, sideways / barPx));
			}
		};
		element.addEventListener("wheel", onWheel, { passive: false });
		return () => element.removeEventListener("wheel", onWheel);
	}, [view, whole, nameWidth, barPx, onView]);

	const words = useMemo(() => queryWords(props.query), [props.query]);
	const { events, onToggle, onSelect, onDot, onLine } = props;
	const look = useMemo<RowLook>(
		() => ({
			tree,
			logs,
			view,
			namePx: nameWidth,
			barPx,
			gutterPx,
			compact,
			indentPx: Math.max(3, Math.min(14, (nameWidth * (compact ? 0.28 : 0.42)) / Math.max(1, tree.maxDepth))),
			measure,
			words,
			events,
			onToggle,
			onSelect,
			onDot,
			onLine,
		}),
		[tree, logs, view, nameWidth, barPx, gutterPx, compact, measure, words, events, onToggle, onSelect, onDot, onLine],
	);

	const pool = Math.max(1, range.last - range.first);
	const shown = [];
	for (let position = range.first; position < range.last && widthPx > 0; position++) {
		const row = rows[position]!;
		const closed = collapsed[row] === 1;
		shown.push(
			<SpanRow
				key={position % pool}
				look={look}
				row={row}
				topPx={position * ROW_PX}
				collapsed={closed}
				hiddenErrors={closed ? countBetween(tree.errorRows, row + 1, row + tree.subtree[row]!) : 0}
				selected={row === selectedRow}
				matched={matches.length > 0 && positionOf(matches, row) >= 0}
				dimmed={props.spotlight !== null && props.spotlight[row] === 0}
			/>,
		);
	}

	return (
		<div className={styles.waterfall} style={{ "--name": `${nameWidth}px`, "--bars": `${barPx}px` } as CSSProperties}>
			<Axis view={view} whole={whole} barPx={barPx} namePx={nameWidth} markNs={props.markNs} onView={onView} />
			<div className={styles.body}>
				<Grid view={view} barPx={barPx} markNs={props.markNs} />
				<div
					ref={scroller}
					className={styles.scroller}
					role="tree"
					aria-label="Spans"
					tabIndex={0}
					data-testid="waterfall"
				>
					<div className={styles.rows} style={{ height: rows.length * ROW_PX }}>
						{shown}
					</div>
				</div>
			</div>
			<Splitter
				axis="x"
				className={styles.nameSplitter!}
				label="Width of the names"
				at={nameWidth}
				onMove={props.onNamePx}
			/>
		</div>
	);
}

const tickCount = (barPx: number) => Math.max(2, Math.min(8, Math.floor(barPx / 90)));

/** Round times over the bars; dragging along it zooms to what was dragged over. */
function Axis(props: {
	view: TimeView;
	whole: TimeView;
	barPx: number;
	namePx: number;
	markNs: number | null;
	onView: (view: TimeView) => void;
}) {
	const { view, whole, barPx, markNs } = props;
	const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
	const pixel = (event: PointerEvent<HTMLElement>) =>
		Math.min(barPx, Math.max(0, event.clientX - event.currentTarget.getBoundingClientRect().left));
	const x = (ns: number) => ((ns - view.fromNs) / (view.toNs - view.fromNs)) * barPx;
	return (
		<div className={styles.axis}>
			<div className={styles.legend} style={{ width: props.namePx }}>
				<span>
					<i className={styles.legendCritical} /> critical path
				</span>
				<span>
					<i className={styles.legendBar} /> off it
				</span>
				<span>
					<i className={styles.legendDot} /> log line
				</span>
			</div>
			{/* biome-ignore lint/a11y/noStaticElementInteractions: the keys w, s, a, d and 0 do the same. */}
			<div
				className={styles.scale}
				style={{ width: barPx }}
				onPointerDown={(event) => {
					event.currentTarget.setPointerCapture(event.pointerId);
					setDrag({ from: pixel(event), to: pixel(event) });
				}}
				onPointerMove={(event) => drag && setDrag({ from: drag.from, to: pixel(event) })}
				onPointerUp={(event) => {
					const next = drag && brushView(view, whole, drag.from, pixel(event), barPx);
					setDrag(null);
					if (next) props.onView(next);
				}}
				onPointerCancel={() => setDrag(null)}
				onDoubleClick={() => props.onView(whole)}
			>
				{ticks(view, tickCount(barPx)).map((ns) => (
					<span
						key={ns}
						className={styles.tickLabel}
						style={{ left: x(ns) }}
						data-last={x(ns) > barPx - 50 || undefined}
					>
						{ns === 0 ? "0" : formatDuration(ns)}
					</span>
				))}
				{markNs !== null && markNs >= view.fromNs && markNs <= view.toNs && (
					<span className={styles.markLabel} style={{ left: Math.min(barPx - 74, Math.max(0, x(markNs) - 37)) }}>
						{formatOffset(markNs)}
					</span>
				)}
				{drag && (
					<span
						className={styles.drag}
						style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }}
					/>
				)}
			</div>
		</div>
	);
}

function Grid({ view, barPx, markNs }: { view: TimeView; barPx: number; markNs: number | null }) {
	const x = (ns: number) => ((ns - view.fromNs) / (view.toNs - view.fromNs)) * barPx;
	return (
		<div className={styles.grid} aria-hidden="true">
			{ticks(view, tickCount(barPx)).map((ns) => (
				<span key={ns} className={styles.gridLine} style={{ left: x(ns) }} />
			))}
			{markNs !== null && markNs >= view.fromNs && markNs <= view.toNs && (
				<span className={styles.markLine} style={{ left: x(markNs) }} />
			)}
		</div>
	);
}
