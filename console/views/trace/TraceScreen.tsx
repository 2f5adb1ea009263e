"use client";
import { type CSSProperties, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type DotHover, HoverCard } from "./HoverCard.tsx";
import { LINE_PX, LogsPanel } from "./LogsPanel.tsx";
import { Minimap } from "./Minimap.tsx";
import { RedPanel } from "./RedPanel.tsx";
import { SectionNote } from "./SectionInfo.tsx";
import { SpanPanel } from "./SpanPanel.tsx";
import { Splitter } from "./Splitter.tsx";
import { searchTree, stepTo } from "./search-tree.ts";
import { TraceBreakdown } from "./TraceBreakdown.tsx";
import { TraceHeader } from "./TraceHeader.tsx";
import { TraceKeysHelp } from "./TraceKeysHelp.tsx";
import { TraceToolbar } from "./TraceToolbar.tsx";
import { clampView, isWhole, panBy, showStretch, wholeView, zoomAt } from "./time-view.ts";
import styles from "./trace.module.css";
import type { TraceModel } from "./trace-model.ts";
import { criticalMask } from "./trace-tree.ts";
import { useAttributeText } from "./use-attribute-text.ts";
import { useCollapse } from "./use-collapse.ts";
import { useTraceLogs } from "./use-pivot.ts";
import { useSpan } from "./use-span.ts";
import { useStoredSize } from "./use-stored-size.ts";
import { useTraceKeys } from "./use-trace-keys.ts";
import { useTraceUrl } from "./use-trace-url.ts";
import { collapseBelow, positionOf, revealRow, visibleRows } from "./visible-rows.ts";
import { Waterfall, type WaterfallHandle } from "./Waterfall.tsx";

const NOTHING = new Uint32Array(0);
/** The log panel is no higher than its lines need, but leaves room to open one. */
const LEAST_LOGS_PX = 150;
const HEAD_PX = 36;

/** The pivot on one screen: waterfall, lines, RED and the selected span, each aware of what is selected in the others. */
export function TraceScreen({ model }: { model: TraceModel }) {
	const { tree } = model;
	const whole = useMemo(() => wholeView(tree.fromNs, tree.toNs), [tree]);
	const url = useTraceUrl(model, whole);
	const { row, setRow, view, setView, find, setFind, onlyCritical, setOnlyCritical } = url;
	const { logs, ...more } = useTraceLogs(model);
	const [collapsed, setCollapsed] = useCollapse(model);
	const [spotlight, setSpotlight] = useState<string | null>(null);
	const [onlySpan, setOnlySpan] = useState(false);
	const [line, setLine] = useState(-1);
	const [hoverNs, setHoverNs] = useState<number | null>(null);
	const [dot, setDot] = useState<DotHover | null>(null);
	const [help, setHelp] = useState(false);
	const waterfall = useRef<WaterfallHandle>(null);
	const search = useRef<HTMLInputElement>(null);
	const page = useRef<HTMLDivElement>(null);
	const [namePx, setNamePx] = useStoredSize("names", 380, 120, 900);
	const [sidePx, setSidePx] = useStoredSize("side", 460, 280, 900);
	const [logsPx, setLogsPx] = useStoredSize("logs", 230, 60, 800);
	const [redPx, setRedPx] = useStoredSize("red", 330, 60, 800);

	const { span, error: spanError } = useSpan(model, row);
	const events = useMemo(
		() => (span && span.events.length > 0 ? { row, atNs: span.events.map((event) => event.startNs) } : null),
		[span, row],
	);
	const attributeText = useAttributeText(model, find !== "");
	const matches = useMemo(
		() => (find === "" ? NOTHING : searchTree(tree, find, attributeText)),
		[tree, find, attributeText],
	);
	const critical = useMemo(() => (onlyCritical ? criticalMask(tree) : null), [tree, onlyCritical]);
	const rows = useMemo(() => visibleRows(tree, collapsed, critical), [tree, collapsed, critical]);
	const lit = useMemo(() => {
		const service = spotlight === null ? -1 : tree.services.indexOf(spotlight);
		return service < 0 ? null : Uint8Array.from(tree.service, (own) => (own === service ? 1 : 0));
	}, [tree, spotlight]);

	/** Selects, and makes sure that it can be seen: ancestors open, filters off, scrolled and panned to. */
	const pending = useRef(-1);
	const goTo = useCallback(
		(next: number, history: "push" | "replace" = "push") => {
			if (next < 0) return;
			setCollapsed(revealRow(tree, collapsed, next));
			if (critical && critical[next] === 0) setOnlyCritical(false);
			const shown = showStretch(view, whole, tree.startNs[next]!, tree.startNs[next]! + tree.durationNs[next]!);
			if (shown !== view) setView(shown);
			setRow(next, history);
			pending.current = next;
		},
		[tree, collapsed, setCollapsed, critical, setOnlyCritical, view, whole, setView, setRow],
	);
	const select = useCallback(
		(next: number) => {
			setRow(next, "push");
			setLine(-1);
		},
		[setRow],
	);
	// After the rows with the target in them exist: from a key, a click elsewhere, the address or Back.
	const seen = useRef(-1);
	useEffect(() => {
		if (row === seen.current && pending.current < 0) return;
		const target = pending.current >= 0 ? pending.current : row;
		if (row >= 0 && row !== seen.current && positionOf(rows, row) < 0 && pending.current < 0)
			setCollapsed(revealRow(tree, collapsed, row));
		if (target >= 0) waterfall.current?.show(target);
		pending.current = -1;
		seen.current = row;
	});

	const onLine = useCallback(
		(index: number) => {
			setLine(index);
			setDot(null);
			const target = logs.row[index] ?? -1;
			const at = logs.atNs[index]!;
			if (target >= 0) goTo(target);
			else setView(showStretch(view, whole, at, at));
		},
		[logs, goTo, view, whole, setView],
	);
	const onToggle = useCallback(
		(target: number) => {
			const next = collapsed.slice();
			next[target] = next[target] === 1 ? 0 : 1;
			setCollapsed(next);
		},
		[collapsed, setCollapsed],
	);
	const onDot = useCallback((lines: readonly number[] | null, at: { x: number; y: number } | null) => {
		setDot(lines && at ? { lines, ...at } : null);
	}, []);
	const onError = useCallback(
		(direction: 1 | -1) => {
			setLine(-1);
			goTo(stepTo(tree.errorRows, row, direction));
		},
		[goTo, tree, row],
	);
	const onMatch = useCallback(
		(direction: 1 | -1) => goTo(stepTo(matches, row, direction), "replace"),
		[goTo, matches, row],
	);
	const onFind = useCallback(
		(text: string) => {
			setFind(text);
			// The first match at or below the selection, so that typing leads somewhere at once.
			const found = text === "" ? NOTHING : searchTree(tree, text, attributeText);
			if (found.length > 0 && (row < 0 || positionOf(found, row) < 0)) goTo(stepTo(found, row, 1), "replace");
		},
		[setFind, tree, attributeText, row, goTo],
	);
	const onLogs = useCallback(() => {
		setOnlySpan(false);
		page.current?.querySelector("[data-testid=trace-logs]")?.scrollIntoView({ block: "nearest" });
	}, []);
	const onWhole = useCallback(() => setView(whole), [setView, whole]);
	const onExpandAll = useCallback(() => setCollapsed(new Uint8Array(tree.count)), [setCollapsed, tree]);
	const onCollapseAll = useCallback(() => setCollapsed(collapseBelow(tree, 1)), [setCollapsed, tree]);
	const onHelp = useCallback(() => setHelp(true), []);
	const onLeave = useCallback(() => waterfall.current?.focus(), []);
	const onClose = useCallback(() => setRow(-1, "push"), [setRow]);

	const step = (by: number) => {
		if (rows.length === 0) return;
		const at = row < 0 ? -1 : positionOf(rows, row);
		const from = at < 0 ? ~at - (by > 0 ? 1 : 0) : at;
		const next = row < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, from + by));
		setLine(-1);
		setRow(rows[next]!, row < 0 ? "push" : "replace");
	};
	const zoom = (factor: number) => {
		const middle = row >= 0 ? tree.startNs[row]! + tree.durationNs[row]! / 2 : Number.NaN;
		const inView = middle > view.fromNs && middle < view.toNs;
		setView(zoomAt(view, whole, inView ? middle : (view.fromNs + view.toNs) / 2, factor));
	};
	const open = () => page.current?.querySelector<HTMLElement>("[data-testid=span-panel]")?.focus();
	const close = () => {
		if (row < 0) return;
		if (tree.subtree[row]! > 1 && collapsed[row] === 0) onToggle(row);
		else if (tree.parent[row]! >= 0) goTo(tree.parent[row]!, "replace");
	};
	const expand = () => {
		if (row < 0 || tree.subtree[row]! <= 1) return;
		if (collapsed[row] === 1) onToggle(row);
		else step(1);
	};
	const zoomToSpan = () => {
		if (row < 0) return;
		const from = tree.startNs[row]!;
		const air = Math.max(tree.durationNs[row]! * 0.08, 500);
		setView(clampView({ fromNs: from - air, toNs: from + tree.durationNs[row]! + air }, whole));
	};
	const stepBack = () => {
		if (help) setHelp(false);
		else if (find !== "") setFind("");
		else if (spotlight !== null) setSpotlight(null);
		else if (row >= 0) onClose();
	};
	useTraceKeys([
		["j ArrowDown", () => step(1)],
		["k ArrowUp", () => step(-1)],
		["PageDown", () => step(waterfall.current?.pageRows() ?? 20)],
		["PageUp", () => step(-(waterfall.current?.pageRows() ?? 20))],
		["Home", () => step(-tree.count)],
		["End", () => step(tree.count)],
		["ArrowLeft", close],
		["ArrowRight", expand],
		["Enter", () => (row < 0 ? step(1) : open())],
		["-", onCollapseAll],
		["+ =", onExpandAll],
		["e", () => onError(1)],
		["E", () => onError(-1)],
		["n", () => onMatch(1)],
		["N", () => onMatch(-1)],
		["/", () => search.current?.select()],
		["c", () => setOnlyCritical(!onlyCritical)],
		["f", zoomToSpan],
		["w", () => zoom(0.6)],
		["s", () => zoom(1 / 0.6)],
		["a", () => setView(panBy(view, whole, -0.2))],
		["d", () => setView(panBy(view, whole, 0.2))],
		["0", onWhole],
		["l", () => row >= 0 && setOnlySpan(!onlySpan)],
		["?", onHelp],
		["Escape", stepBack],
	]);

	const markNs = hoverNs ?? (line >= 0 ? (logs.atNs[line] ?? null) : null);
	const sizes = {
		"--side": `${sidePx}px`,
		"--logs": `${Math.min(logsPx, Math.max(LEAST_LOGS_PX, HEAD_PX + logs.records.length * LINE_PX))}px`,
		"--red": `${redPx}px`,
		"--rows": rows.length,
	} as CSSProperties;
	const matchAt = row < 0 ? -1 : positionOf(matches, row);
	return (
		<div ref={page} className={styles.page} style={sizes}>
			<TraceHeader
				model={model}
				logCount={logs.records.length}
				moreLogs={more.hasMore}
				onError={onError}
				onFind={onFind}
				onLogs={onLogs}
			/>
			{tree.count > 0 && <Minimap tree={tree} view={view} whole={whole} markNs={markNs} onView={setView} />}
			<div className={styles.panels}>
				<div className={styles.main} data-spanless={tree.count === 0 || undefined}>
					<div className={styles.spans}>
						<TraceToolbar
							searchRef={search}
							find={find}
							matches={matches.length}
							current={matchAt >= 0 ? matchAt + 1 : 0}
							onFind={onFind}
							onMatch={onMatch}
							onlyCritical={onlyCritical}
							hasCritical={tree.criticalRow.length > 0}
							onOnlyCritical={setOnlyCritical}
							spotlight={spotlight}
							onSpotlight={setSpotlight}
							zoomed={!isWhole(view, whole)}
							onWhole={onWhole}
							onExpandAll={onExpandAll}
							onCollapseAll={onCollapseAll}
							onHelp={onHelp}
							onLeave={onLeave}
							rows={rows.length}
							total={tree.count}
						/>
						{tree.count === 0 ? (
							<div>
								<SectionNote section={model.traceSection} what="spans" empty />
							</div>
						) : (
							<Waterfall
								ref={waterfall}
								tree={tree}
								logs={logs}
								rows={rows}
								collapsed={collapsed}
								selectedRow={row}
								matches={matches}
								query={find}
								spotlight={lit}
								view={view}
								whole={whole}
								markNs={markNs}
								events={events}
								namePx={namePx}
								onNamePx={setNamePx}
								onView={setView}
								onToggle={onToggle}
								onSelect={select}
								onDot={onDot}
								onLine={onLine}
							/>
						)}
					</div>
					<Splitter axis="y" label="Height of the logs" at={logsPx} onMove={setLogsPx} inverted />
					<div className={styles.logs}>
						<LogsPanel
							logs={logs}
							section={model.logsSection}
							selectedRow={row}
							line={line}
							onlySpan={onlySpan && row >= 0}
							onOnlySpan={setOnlySpan}
							onLine={onLine}
							onMark={setHoverNs}
							more={more}
						/>
					</div>
				</div>
				<Splitter axis="x" label="Width of the side" at={sidePx} onMove={setSidePx} inverted />
				<aside className={styles.side}>
					<div className={styles.red}>
						<RedPanel model={model} spotlight={spotlight} onSpotlight={setSpotlight} />
					</div>
					<Splitter axis="y" label="Height of RED" at={redPx} onMove={setRedPx} />
					<div className={styles.detail}>
						{row >= 0 ? (
							<SpanPanel
								key={row}
								model={model}
								logs={logs}
								row={row}
								span={span}
								error={spanError}
								onSelect={goTo}
								onLine={onLine}
								onMark={setHoverNs}
								onClose={onClose}
							/>
						) : (
							<TraceBreakdown model={model} spotlight={spotlight} onSpotlight={setSpotlight} />
						)}
					</div>
				</aside>
			</div>
			{dot && <HoverCard hover={dot} logs={logs} />}
			<TraceKeysHelp opened={help} onClose={() => setHelp(false)} />
		</div>
	);
}
