import { CopyButton, Menu, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { type CSSProperties, memo, type ReactNode } from "react";
import { api } from "../../client/api.ts";
import {
	formatAgo,
	formatDuration,
	formatTime,
	formatTimeNano,
	formatWhole,
	shortId,
	unixNanoToMs,
} from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Link, traceHref } from "../../ui/Link.tsx";
import { serviceColor } from "../../ui/service-color.ts";
import { formatPercentile } from "./format-offset.ts";
import styles from "./header.module.css";
import panelStyles from "./panel.module.css";
import { SectionInfo } from "./SectionInfo.tsx";
import type { TraceModel } from "./trace-model.ts";
import { isArriving } from "./use-pivot.ts";

interface TraceHeaderProps {
	model: TraceModel;
	logCount: number;
	moreLogs: boolean;
	onError: (direction: 1 | -1) => void;
	onFind: (text: string) => void;
	onLogs: () => void;
}

/** What one wants to know of a trace before looking at it. */
export const TraceHeader = memo(function TraceHeader(props: TraceHeaderProps) {
	const { model, logCount, moreLogs, onError, onFind, onLogs } = props;
	const { facts, tree } = model;
	const root = facts?.root ?? null;
	const startUnixNano = String(model.startUnixNano);
	const startMs = unixNanoToMs(startUnixNano);
	return (
		<header className={styles.header} data-testid="trace-header">
			<div className={styles.title}>
				<h1>
					{root ? (
						<>
							<Link
								href={`/services/${encodeURIComponent(root.service)}`}
								title={root.service}
								className={panelStyles.serviceName}
								style={{ "--service": serviceColor(root.service) } as CSSProperties}
							>
								{root.service}
							</Link>
							<span className={styles.rootName} title={root.name}>
								{root.name}
							</span>
							{root.missing && (
								<Tooltip
									multiline
									w={280}
									label="The root span has not been seen; this is the earliest span of the trace. It may be sampled out or still on its way."
								>
									<span className={panelStyles.badge} data-tone="warn">
										root missing
									</span>
								</Tooltip>
							)}
						</>
					) : (
						<span className={styles.rootName}>Trace without spans</span>
					)}
				</h1>
				<p>
					<CopyButton value={model.traceId}>
						{({ copied, copy }) => (
							<button
								type="button"
								className={styles.traceId}
								onClick={copy}
								title={`${model.traceId} (click to copy)`}
							>
								<code>{shortId(model.traceId)}</code>
								<Icon name={copied ? "check" : "copy"} size={12} />
							</button>
						)}
					</CopyButton>
					<time
						className="num"
						dateTime={new Date(startMs).toISOString()}
						title={formatTimeNano(startUnixNano)}
						suppressHydrationWarning
					>
						{formatTime(startUnixNano)} <i>{formatAgo(startMs)}</i>
					</time>
					{model.resolvedAs !== "trace id" && <span className={panelStyles.badge}>found as {model.resolvedAs}</span>}
					{model.candidates.length > 1 && <Candidates model={model} />}
					<SectionInfo section={model.traceSection} name="spans" />
					{isArriving(model) && <span className={styles.arriving}>still arriving</span>}
				</p>
			</div>
			<dl className={styles.facts}>
				<Fact name="Duration" wide>
					{facts ? formatDuration(facts.durationNs) : "–"}
					{facts?.percentile != null && (
						<Tooltip
							multiline
							w={260}
							label={`As slow as or slower than ${(facts.percentile * 100).toFixed(1)} % of the traces with the same root operation in the hour around it.`}
						>
							<span className={panelStyles.badge} data-tone={facts.percentile >= 0.95 ? "warn" : undefined}>
								{formatPercentile(facts.percentile)} <i>of its peers</i>
							</span>
						</Tooltip>
					)}
				</Fact>
				<Fact name="Services">{facts ? formatWhole(facts.services.length) : "–"}</Fact>
				<Fact name="Spans">{facts ? formatWhole(facts.spanCount) : "–"}</Fact>
				<Fact name="Errors" tone={facts && facts.errorCount > 0 ? "error" : undefined}>
					<button
						type="button"
						className={styles.factButton}
						data-testid="error-count"
						disabled={tree.errorRows.length === 0}
						title={tree.errorRows.length > 0 ? "Next failed span (e), previous (E)" : "No span failed"}
						onClick={(event) => onError(event.shiftKey ? -1 : 1)}
					>
						{facts ? formatWhole(facts.errorCount) : "–"}
						{tree.errorRows.length > 0 && <Icon name="down" size={11} />}
					</button>
				</Fact>
				<Fact name="Log lines">
					<button
						type="button"
						className={styles.factButton}
						onClick={onLogs}
						disabled={logCount === 0}
						title="To the log lines"
					>
						{formatWhole(logCount)}
						{moreLogs && "+"}
					</button>
				</Fact>
				{facts && facts.orphans > 0 && (
					<Fact name="Orphans" tone="warn">
						<Tooltip
							multiline
							w={280}
							label="Spans whose parent was never seen: sampled out, lost, or still arriving. Each stands under a placeholder with the parent's id."
						>
							<button type="button" className={styles.factButton} onClick={() => onFind("orphan")}>
								{formatWhole(facts.orphans)}
								<Icon name="down" size={11} />
							</button>
						</Tooltip>
					</Fact>
				)}
			</dl>
			<div className={styles.actions}>
				<Share />
				{tree.count > 0 && (
					<a
						className={styles.action}
						href={api.otlpPath(model.traceId)}
						download={`trace-${model.traceId}.otlp.json`}
						title="The whole trace as OTLP/JSON"
					>
						<Icon name="upload" size={14} style={{ transform: "rotate(180deg)" }} /> OTLP
					</a>
				)}
			</div>
		</header>
	);
});

function Fact(props: { name: string; tone?: "error" | "warn" | undefined; wide?: boolean; children: ReactNode }) {
	return (
		<div className={styles.fact} data-tone={props.tone} data-wide={props.wide || undefined}>
			<dt>{props.name}</dt>
			<dd className="num">{props.children}</dd>
		</div>
	);
}

/** Copies the address as it is at the click: span and zoom are in it. */
function Share() {
	const { copied, copy } = useClipboard({ timeout: 1500 });
	return (
		<button
			type="button"
			className={styles.action}
			data-testid="share"
			onClick={() => copy(location.href)}
			title="Copy this view's URL, with the selected span and the zoom"
		>
			<Icon name={copied ? "check" : "link"} size={14} /> {copied ? "Copied" : "Share"}
		</button>
	);
}

/** One request ID may have led to several traces (retries, fan-out): all of them are one click away. */
function Candidates({ model }: { model: TraceModel }) {
	return (
		<Menu position="bottom-start">
			<Menu.Target>
				<button type="button" className={panelStyles.badge} data-tone="accent" data-testid="candidates">
					{model.candidates.length} traces for this request ID ▾
				</button>
			</Menu.Target>
			<Menu.Dropdown className={panelStyles.menu}>
				{model.candidates.map((candidate) => (
					<Menu.Item
						key={candidate.traceId}
						component={Link}
						href={traceHref(candidate.traceId)}
						disabled={candidate.traceId === model.traceId}
					>
						<code>{shortId(candidate.traceId)}</code> {formatTime(candidate.firstSeenUnixNano)} · {candidate.signal}
					</Menu.Item>
				))}
			</Menu.Dropdown>
		</Menu>
	);
}
