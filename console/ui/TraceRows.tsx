import type { TraceSummaryAnswer } from "../client/api.ts";
import { DurationBar } from "./DurationBar.tsx";
import { formatCount, formatTime, formatTimeNano } from "./format.ts";
import { Link, traceHref } from "./Link.tsx";
import { ServiceBadge } from "./ServiceBadge.tsx";
import styles from "./TraceRows.module.css";

/** One trace in one line: when, what, how long and through which services, how many spans, errors. The line is a link to it. */
export function TraceRow({
	trace,
	maxNs,
	dense = false,
}: {
	trace: TraceSummaryAnswer;
	maxNs: number;
	dense?: boolean;
}) {
	const failed = trace.errorCount > 0 || trace.status === "error";
	return (
		<Link
			href={traceHref(trace.traceId)}
			className={styles.row}
			data-testid="trace-row"
			data-dense={dense || undefined}
			data-failed={failed || undefined}
			title={`Trace ${trace.traceId}`}
		>
			<span className={`${styles.time} num`} title={formatTimeNano(trace.startUnixNano)}>
				{formatTime(trace.startUnixNano)}
			</span>
			<span className={styles.what}>
				<ServiceBadge service={trace.rootService} />
				<span className={styles.operation}>
					{trace.rootName}
					{trace.rootMissing && <i className={styles.flag}> root not seen</i>}
				</span>
			</span>
			<span className={styles.errors}>
				{failed && (
					<span className={`${styles.count} num`}>
						{trace.errorCount > 0
							? `${formatCount(trace.errorCount)} ${trace.errorCount === 1 ? "error" : "errors"}`
							: "failed"}
					</span>
				)}
			</span>
			<span className={styles.duration}>
				<DurationBar
					durationNs={trace.durationNs}
					maxNs={maxNs}
					parts={trace.services.map(({ service, spans }) => ({ service, weight: spans }))}
				/>
			</span>
			{!dense && (
				<>
					<span className={`${styles.figure} num`}>{formatCount(trace.spanCount)}</span>
					<span className={`${styles.figure} num`}>{trace.services.length}</span>
				</>
			)}
		</Link>
	);
}

export function TraceRowsHeader() {
	return (
		<div className={`${styles.row} ${styles.head}`} aria-hidden="true">
			<span>Time</span>
			<span>Root</span>
			<span />
			<span className={styles.headDuration}>
				Duration, split by the services' spans <b>Total</b>
			</span>
			<span className={styles.figure}>Spans</span>
			<span className={styles.figure}>Services</span>
		</div>
	);
}
