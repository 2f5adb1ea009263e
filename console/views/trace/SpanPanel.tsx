import { type CSSProperties, memo, type ReactNode, useState } from "react";
import type { SpanAnswer } from "../../../server/api/schema.ts";
import { formatCount, formatDuration, formatPercent, shortId } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { LevelTag } from "../../ui/LevelTag.tsx";
import { Link, serviceHref, traceHref } from "../../ui/Link.tsx";
import { serviceColor } from "../../ui/service-color.ts";
import { AttributeTable } from "./AttributeTable.tsx";
import { FLAG_NOTES } from "./flag-notes.ts";
import { formatOffset, formatOffsetExact } from "./format-offset.ts";
import { KindIcon } from "./KindIcon.tsx";
import panelStyles from "./panel.module.css";
import styles from "./span.module.css";
import { TimeInParent } from "./TimeInParent.tsx";
import type { TraceLogs } from "./trace-logs.ts";
import type { TraceModel } from "./trace-model.ts";
import { flagsOf, kindOf, nameOf, serviceOf } from "./trace-tree.ts";

interface SpanPanelProps {
	model: TraceModel;
	logs: TraceLogs;
	row: number;
	/** The span whole; undefined while it loads. */
	span: SpanAnswer | undefined;
	error: Error | null;
	onSelect: (row: number) => void;
	onLine: (line: number) => void;
	onMark: (ns: number | null) => void;
	onClose: () => void;
}

/** Everything one span says. What the skeleton knows is there at once; the rest fills in below it. */
export const SpanPanel = memo(function SpanPanel(props: SpanPanelProps) {
	const { model, logs, row, span, error, onSelect, onLine, onMark } = props;
	const { tree } = model;
	const [filter, setFilter] = useState("");
	const service = serviceOf(tree, row);
	const parent = tree.parent[row]!;
	const kind = kindOf(tree, row);
	const durationNs = tree.durationNs[row]!;
	const wholeNs = model.facts?.durationNs ?? 0;
	const flags = flagsOf(tree, row).filter((flag) => flag !== "root");
	const lines = Array.from(logs.order.subarray(logs.offset[row]!, logs.offset[row + 1]!));
	return (
		<section className={panelStyles.panel} data-testid="span-panel" aria-label="Selected span" tabIndex={-1}>
			<header className={styles.spanHead} style={{ "--service": serviceColor(service) } as CSSProperties}>
				<div>
					<Link href={serviceHref(service)} className={panelStyles.serviceName}>
						{service}
					</Link>
					<span className={styles.kindText}>
						<KindIcon kind={kind} /> {kind === "unspecified" ? "kind not stated" : kind}
					</span>
					<button
						type="button"
						className={panelStyles.iconButton}
						onClick={props.onClose}
						aria-label="Close the span"
						title="Close (Esc)"
					>
						<Icon name="cross" size={13} />
					</button>
				</div>
				<h2>{nameOf(tree, row) || "(no name)"}</h2>
			</header>
			<div className={panelStyles.panelBody}>
				{tree.error[row] === 1 && (
					<p className={styles.failure}>
						<Icon name="error" size={14} />
						<span>{span ? failureOf(span) : error ? "Failed." : "…"}</span>
					</p>
				)}
				{flags.map((flag) => (
					<p key={flag} className={styles.flagNote}>
						<b>{FLAG_NOTES[flag].title}</b> {FLAG_NOTES[flag].note}
					</p>
				))}
				<dl className={styles.spanFacts}>
					<Fact name="Start" title={formatOffsetExact(tree.startNs[row]!)}>
						{formatOffset(tree.startNs[row]!)}
					</Fact>
					<Fact name="Duration" title={formatOffsetExact(durationNs)}>
						{formatDuration(durationNs)}
						{wholeNs > 0 && <i>{formatPercent(durationNs / wholeNs)}</i>}
					</Fact>
					<Fact name="Self time" title="Time in which none of its children ran">
						{formatDuration(tree.selfNs[row]!)}
						{durationNs > 0 && <i>{formatPercent(tree.selfNs[row]! / durationNs)}</i>}
					</Fact>
				</dl>
				<TimeInParent tree={tree} row={row} onSelect={onSelect} />
				{error && (
					<div className={panelStyles.note} data-status="error" role="alert">
						<b>The span's details could not be read</b>
						<span>{error.message}</span>
					</div>
				)}
				<Part name="Log lines" count={lines.length} hidden={lines.length === 0}>
					<ul className={styles.miniLogs}>
						{lines.slice(0, 50).map((line) => (
							<li key={line}>
								<button
									type="button"
									onClick={() => onLine(line)}
									onMouseEnter={() => onMark(logs.atNs[line]!)}
									onMouseLeave={() => onMark(null)}
								>
									<span className="num" title={formatOffsetExact(logs.atNs[line]!)}>
										{formatOffset(logs.atNs[line]! - tree.startNs[row]!)}
									</span>
									<LevelTag level={logs.records[line]!.level} />
									<span>{logs.records[line]!.body}</span>
								</button>
							</li>
						))}
					</ul>
					{lines.length > 50 && <p className={panelStyles.hint}>and {lines.length - 50} more in the log panel (l)</p>}
				</Part>
				{span ? (
					<>
						<Part name="Events" count={span.events.length} hidden={span.events.length === 0}>
							{span.events.map((event, i) => (
								<details
									// biome-ignore lint/suspicious/noArrayIndexKey: events have no identity but their place in the list.
									key={i}
									className={styles.event}
									open={span.events.length <= 2}
									onMouseEnter={() => onMark(event.startNs)}
									onMouseLeave={() => onMark(null)}
								>
									<summary>
										<span className="num">{formatOffset(event.startNs - span.startNs)}</span> <b>{event.name}</b>
									</summary>
									<AttributeTable attributes={event.attributes} filter={filter} findable={false} />
								</details>
							))}
						</Part>
						<Part
							name="Attributes"
							count={Object.keys(span.attributes).length}
							aside={
								<input
									className={panelStyles.filter}
									type="search"
									placeholder="Filter"
									aria-label="Filter attributes"
									value={filter}
									onChange={(event) => setFilter(event.target.value)}
								/>
							}
						>
							<AttributeTable attributes={span.attributes} filter={filter} findable />
						</Part>
						<Part name="Links" count={span.links.length} hidden={span.links.length === 0}>
							<ul className={styles.links}>
								{span.links.map((link, i) => (
									// biome-ignore lint/suspicious/noArrayIndexKey: links have no identity but their place in the list.
									<li key={i}>
										<Link
											href={traceHref(link.traceId, link.spanId)}
											title={`Trace ${link.traceId}, span ${link.spanId}`}
										>
											<Icon name="link" size={12} />
											{link.traceId === model.traceId ? "this trace" : <code>{shortId(link.traceId)}</code>} ·{" "}
											<code>{link.spanId}</code>
										</Link>
										{Object.keys(link.attributes).length > 0 && (
											<AttributeTable attributes={link.attributes} filter={filter} findable={false} />
										)}
									</li>
								))}
							</ul>
						</Part>
						<Part name="Resource" count={Object.keys(span.resource).length}>
							<AttributeTable attributes={span.resource} filter={filter} findable />
						</Part>
						<Part name="Span">
							<AttributeTable
								filter={filter}
								findable={false}
								attributes={{
									"span id": span.spanId,
									"parent id": span.parentSpanId ?? "none",
									status: span.status,
									...(span.scopeName ? { scope: `${span.scopeName} ${span.scopeVersion}`.trim() } : {}),
									...(span.weight !== 1 ? { "stands for": `${formatCount(span.weight)} spans (sampling)` } : {}),
								}}
							/>
							{parent >= 0 && (
								<button type="button" className={panelStyles.quiet} onClick={() => onSelect(parent)}>
									To its parent
								</button>
							)}
						</Part>
					</>
				) : (
					!error && (
						<p className={panelStyles.hint}>
							{flags.includes("placeholder") ? "There is nothing more to it." : "Loading its attributes…"}
						</p>
					)
				)}
			</div>
		</section>
	);
});

/** Why it failed: its own words, else its first exception's. */
function failureOf({ statusMessage, events }: SpanAnswer): string {
	if (statusMessage) return statusMessage;
	const message = events.find((event) => event.name === "exception")?.attributes["exception.message"];
	return typeof message === "string" && message ? message : "Failed, without saying why.";
}

function Fact({ name, title, children }: { name: string; title?: string; children: ReactNode }) {
	return (
		<div title={title}>
			<dt>{name}</dt>
			<dd className="num">{children}</dd>
		</div>
	);
}

function Part(props: { name: string; count?: number; hidden?: boolean; aside?: ReactNode; children: ReactNode }) {
	if (props.hidden) return null;
	return (
		<section className={styles.part}>
			<h3>
				{props.name}
				{props.count !== undefined && <i className="num">{props.count}</i>}
				{props.aside}
			</h3>
			{props.children}
		</section>
	);
}
