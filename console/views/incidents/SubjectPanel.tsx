"use client";
import { useState } from "react";
import { ApiError } from "../../client/fetch-json.ts";
import { useLogs, useRed, useTraces } from "../../client/queries.ts";
import { RedChart } from "../../ui/chart/RedChart.tsx";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { Link } from "../../ui/Link.tsx";
import { LogLine, logKey } from "../../ui/LogLine.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { ServiceBadge } from "../../ui/ServiceBadge.tsx";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import { TraceRow } from "../../ui/TraceRows.tsx";
import { placesOf, type Subject } from "./incident-links.ts";
import styles from "./SubjectPanel.module.css";

const CHARTS = [
	["rate", "Rate"],
	["errors", "Errors"],
	["duration", "Duration: p50 dashed, p95, p99"],
] as const;
const POLL_MS = 10_000;

/** One service in the incident's window: where to look, its failed traces and error lines at once. */
export function SubjectPanel({ subject, beganMs, rows }: { subject: Subject; beganMs: number; rows: number }) {
	const { service, window, firing } = subject;
	const params = {
		...(service === null ? {} : { service }),
		from: String(Math.floor(window.fromMs)),
		to: firing ? "now" : String(Math.ceil(window.toMs)),
		order: "newest" as const,
		limit: rows,
	};
	const poll = { refetchMs: firing ? POLL_MS : (false as const) };
	const failed = useTraces({ ...params, status: "error" }, poll);
	const red = useRed(
		{ ...(service === null ? {} : { service }), from: params.from, to: params.to },
		{ ...poll, enabled: service !== null },
	);
	const [open, setOpen] = useState<string | null>(null);
	const lines = useLogs({ ...params, level: "error" }, open === null ? poll : { refetchMs: false });
	const traces = failed.data?.traces;
	const records = lines.data?.records;
	const maxNs = Math.max(0, ...(traces ?? []).map((trace) => trace.durationNs));
	return (
		<Panel
			title={service === null ? "Every service" : <ServiceBadge service={service} />}
			note={service === null ? "the alerts name none" : undefined}
			testId="incident-subject"
		>
			<nav className={styles.places} aria-label={`${service ?? "Every service"} in this window`}>
				{placesOf(subject).map(({ label, href }) => (
					<Link key={label} href={href}>
						{label}
					</Link>
				))}
			</nav>
			{service !== null && red.isError && !red.data && (
				<div className={styles.redMissing}>
					<Trouble error={red.error} retry={() => void red.refetch()} />
				</div>
			)}
			{service !== null && (red.data || !red.isError) && (
				<div className={styles.red}>
					{CHARTS.map(([metric, title]) => (
						<div key={metric}>
							<h3>{title}</h3>
							<RedChart
								metric={metric}
								series={red.data?.series[0]}
								window={red.data?.window ?? window}
								stepMs={red.data?.stepMs ?? 15_000}
								markMs={beganMs}
								height={96}
								group={`incident ${service}`}
							/>
						</div>
					))}
				</div>
			)}
			<h3 className={styles.title}>Failed traces</h3>
			{traces === undefined ? (
				failed.isError ? (
					<Trouble error={failed.error} retry={() => void failed.refetch()} />
				) : (
					<SkeletonRows rows={rows} rowHeight={32} />
				)
			) : traces.length === 0 ? (
				<p className={styles.none}>No trace failed in this window.</p>
			) : (
				traces.map((trace) => <TraceRow key={trace.traceId} trace={trace} maxNs={maxNs} dense />)
			)}
			<h3 className={styles.title}>Error lines</h3>
			{records === undefined ? (
				lines.isError ? (
					<Trouble error={lines.error} retry={() => void lines.refetch()} />
				) : (
					<SkeletonRows rows={rows} rowHeight={27} />
				)
			) : records.length === 0 ? (
				<p className={styles.none}>No error line in this window.</p>
			) : (
				records.map((record) => {
					const key = logKey(record);
					return (
						<LogLine
							key={key}
							record={record}
							oneService={service !== null}
							open={open === key}
							onToggle={() => setOpen(open === key ? null : key)}
						/>
					);
				})
			)}
		</Panel>
	);
}

/** A part without an engine is one quiet line here, what is broken is said in full. */
function Trouble({ error, retry }: { error: Error; retry: () => void }) {
	if (error instanceof ApiError && error.notConfigured) return <p className={styles.none}>{error.message}</p>;
	return <ErrorState error={error} retry={retry} />;
}
