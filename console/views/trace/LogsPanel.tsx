import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, memo, useEffect, useMemo, useRef, useState } from "react";
import { formatTimeNano, formatWhole } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { LevelTag } from "../../ui/LevelTag.tsx";
import { serviceColor } from "../../ui/service-color.ts";
import { AttributeTable } from "./AttributeTable.tsx";
import { formatOffset, formatOffsetExact } from "./format-offset.ts";
import styles from "./logs.module.css";
import panelStyles from "./panel.module.css";
import { SectionInfo, SectionNote } from "./SectionInfo.tsx";
import { filterLogs, type Level, type TraceLogs } from "./trace-logs.ts";
import type { Section } from "./trace-model.ts";

interface LogsPanelProps {
	logs: TraceLogs;
	section: Section;
	selectedRow: number;
	/** The line chosen last; it is kept in sight. */
	line: number;
	onlySpan: boolean;
	onOnlySpan: (only: boolean) => void;
	onLine: (line: number) => void;
	onMark: (ns: number | null) => void;
	more: { hasMore: boolean; loading: boolean; error: Error | null; loadMore: () => void };
}

export const LINE_PX = 22;
const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

/** Every line of the trace in nanosecond order. The selected span's lines are lit; a line leads to its span. */
export const LogsPanel = memo(function LogsPanel(props: LogsPanelProps) {
	const { logs, section, selectedRow, line, onlySpan, onLine, onMark, more } = props;
	const [text, setText] = useState("");
	const [minLevel, setMinLevel] = useState<Level | null>(null);
	const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
	const scroller = useRef<HTMLDivElement>(null);
	const shown = useMemo(
		() => filterLogs(logs, { text, minLevel, row: onlySpan ? selectedRow : -1 }),
		[logs, text, minLevel, onlySpan, selectedRow],
	);
	const list = useVirtualizer({
		count: shown.length,
		getScrollElement: () => scroller.current,
		estimateSize: () => LINE_PX,
		getItemKey: (position) => shown[position] ?? position,
		overscan: 12,
	});
	const ownLine = selectedRow >= 0 ? (logs.order[logs.offset[selectedRow]!] ?? -1) : -1;
	const own = selectedRow >= 0 ? logs.offset[selectedRow + 1]! - logs.offset[selectedRow]! : 0;
	// biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection scrolls, not every new filter or page of lines.
	useEffect(() => {
		const target = line >= 0 && logs.row[line] === selectedRow ? line : own > 0 ? ownLine : line;
		const position = target < 0 ? -1 : shown.indexOf(target);
		if (position < 0) return;
		const items = list.getVirtualItems();
		const top = scroller.current?.scrollTop ?? 0;
		const bottom = top + (scroller.current?.clientHeight ?? 0);
		const inSight = items.some((item) => item.index === position && item.start >= top && item.end <= bottom);
		if (!inSight) list.scrollToIndex(position, { align: "center" });
	}, [line, selectedRow]);
	const toggle = (index: number) => {
		const next = new Set(open);
		if (!next.delete(index)) next.add(index);
		setOpen(next);
	};
	const filtered = text !== "" || minLevel !== null || onlySpan;
	return (
		<section className={panelStyles.panel} data-testid="trace-logs" aria-label="Log lines of this trace">
			<header className={panelStyles.panelHead}>
				<h2>
					Logs{" "}
					<i className="num">
						{filtered
							? `${formatWhole(shown.length)} of ${formatWhole(logs.records.length)}`
							: formatWhole(logs.records.length)}
					</i>
				</h2>
				<input
					className={panelStyles.filter}
					type="search"
					placeholder="Filter lines"
					aria-label="Filter lines"
					value={text}
					onChange={(event) => setText(event.target.value)}
				/>
				<select
					className={panelStyles.filter}
					aria-label="Least level"
					value={minLevel ?? ""}
					onChange={(event) => setMinLevel((event.target.value || null) as Level | null)}
				>
					<option value="">all levels</option>
					{LEVELS.map((level) => (
						<option key={level} value={level}>
							{level} and up
						</option>
					))}
				</select>
				<button
					type="button"
					className={panelStyles.toggle}
					aria-pressed={onlySpan}
					disabled={selectedRow < 0}
					title="Only the selected span's lines (l)"
					onClick={() => props.onOnlySpan(!onlySpan)}
				>
					This span{selectedRow >= 0 && <i className="num">{own}</i>}
				</button>
				<SectionInfo section={section} name="logs" />
			</header>
			<SectionNote section={section} what="log lines" empty={logs.records.length === 0} />
			{logs.records.length > 0 && shown.length === 0 && (
				<p className={panelStyles.hint}>
					{onlySpan && own === 0 ? "This span said nothing. " : "No line passes the filter. "}
					<button
						type="button"
						className={panelStyles.quiet}
						onClick={() => {
							setText("");
							setMinLevel(null);
							props.onOnlySpan(false);
						}}
					>
						Show all {formatWhole(logs.records.length)}
					</button>
				</p>
			)}
			{/* biome-ignore lint/a11y/noStaticElementInteractions: leaving it with the pointer only takes the time mark away. */}
			<div ref={scroller} className={styles.logScroller} onMouseLeave={() => onMark(null)}>
				<div style={{ height: list.getTotalSize(), position: "relative" }}>
					{list.getVirtualItems().map((item) => {
						const index = shown[item.index]!;
						const record = logs.records[index]!;
						const opened = open.has(index);
						return (
							<div
								key={item.key}
								ref={list.measureElement}
								data-index={item.index}
								className={styles.logItem}
								style={{ transform: `translateY(${item.start}px)` }}
							>
								{/* biome-ignore lint/a11y/useKeyWithClickEvents: the waterfall and the caret do the same by keyboard. */}
								{/* biome-ignore lint/a11y/noStaticElementInteractions: as above. */}
								<div
									className={styles.logRow}
									data-testid="trace-log-row"
									data-level={record.level}
									data-lit={(selectedRow >= 0 && logs.row[index] === selectedRow) || undefined}
									data-current={index === line || undefined}
									style={{ "--service": serviceColor(record.service) } as CSSProperties}
									onClick={() => onLine(index)}
									onMouseEnter={() => onMark(logs.atNs[index]!)}
								>
									<button
										type="button"
										className={styles.logCaret}
										data-open={opened || undefined}
										aria-expanded={opened}
										aria-label="Attributes of this line"
										onClick={(event) => {
											event.stopPropagation();
											toggle(index);
										}}
									>
										<Icon name="right" size={10} />
									</button>
									<span
										className={`${styles.logTime} num`}
										title={`${formatTimeNano(record.timeUnixNano)}\n${formatOffsetExact(logs.atNs[index]!)}`}
									>
										{formatOffset(logs.atNs[index]!)}
									</span>
									<LevelTag level={record.level} />
									<span className={styles.logService} title={record.service}>
										{record.service}
									</span>
									<span className={styles.logBody}>{record.body}</span>
								</div>
								{opened && (
									<div className={styles.logOpen}>
										<pre>{record.body}</pre>
										<AttributeTable
											findable={false}
											filter=""
											attributes={{
												...record.attributes,
												time: formatTimeNano(record.timeUnixNano),
												"span id": record.spanId ?? "none",
											}}
										/>
									</div>
								)}
							</div>
						);
					})}
				</div>
				{more.hasMore && (
					<p className={panelStyles.hint}>
						{more.error ? `${more.error.message} ` : `The first ${formatWhole(logs.records.length)} lines are here. `}
						<button type="button" className={panelStyles.quiet} disabled={more.loading} onClick={more.loadMore}>
							{more.loading ? "Loading…" : "Load more"}
						</button>
					</p>
				)}
			</div>
		</section>
	);
});
