"use client";
/** One incident: what it says, its alerts, and the telemetry of its service in its window. */
import { useMemo } from "react";
import type { IncidentAnswer } from "../../client/api.ts";
import { ApiError } from "../../client/fetch-json.ts";
import { useIncident } from "../../client/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { ErrorState, StaleNotice } from "../../ui/ErrorState.tsx";
import { formatAgo, formatClock, formatDate, formatDuration } from "../../ui/format.ts";
import { KeyValueList } from "../../ui/KeyValueList.tsx";
import { Link } from "../../ui/Link.tsx";
import { Fact, PageHeader } from "../../ui/PageHeader.tsx";
import { Panel } from "../../ui/Panel.tsx";
import page from "../../ui/page.module.css";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import { AlertsPanel } from "./AlertsPanel.tsx";
import { ExternalLink } from "./ExternalLink.tsx";
import styles from "./IncidentView.module.css";
import { SeverityTag } from "./SeverityTag.tsx";
import { SubjectPanel } from "./SubjectPanel.tsx";

/** Words that are said at the top; the other annotations are listed. */
const SAID = new Set(["summary", "description", "message", "runbook", "runbook_url"]);
const SERVICES = 4;

export function IncidentView({ id }: { id: string }) {
	const incident = useIncident(id);
	const { data } = incident;
	if (data === undefined) {
		return (
			<div className={page.scroll}>
				<PageHeader title="Incident" />
				{incident.isError ? (
					incident.error instanceof ApiError && incident.error.status === 404 ? (
						<EmptyState title="This incident is not known" icon="incidents">
							<p>{incident.error.hints[0]}</p>
							<p>
								<Link href="/incidents">All incidents</Link>
							</p>
						</EmptyState>
					) : (
						<ErrorState error={incident.error} retry={() => void incident.refetch()} />
					)
				) : (
					<Panel title="Alerts">
						<SkeletonRows rows={6} rowHeight={38} />
					</Panel>
				)}
			</div>
		);
	}
	return (
		<div className={page.scroll} data-testid="incident">
			<Header incident={data} nowMs={incident.dataUpdatedAt} />
			{incident.isError && <StaleNotice error={incident.error} />}
			<Words incident={data} />
			<div className={page.wide}>
				<div className={styles.column}>
					<Subjects incident={data} />
				</div>
				<div className={styles.column}>
					<Facts incident={data} />
				</div>
			</div>
			<AlertsPanel incident={data} nowMs={incident.dataUpdatedAt} />
		</div>
	);
}

function Header({ incident, nowMs }: { incident: IncidentAnswer; nowMs: number }) {
	const { title, severity, status, startsAtMs, endsAtMs } = incident;
	const firing = status === "firing";
	const took = formatDuration(Math.max(0, (endsAtMs ?? nowMs) - startsAtMs) * 1e6);
	return (
		<PageHeader
			title={
				<>
					<SeverityTag severity={severity} firing={firing} />
					{title}
				</>
			}
			actions={
				<Link href="/incidents" className={styles.back}>
					All incidents
				</Link>
			}
		>
			{firing ? (
				<Fact label="Firing for" tone="error">
					{took}
				</Fact>
			) : (
				<Fact label="Resolved after" tone="ok">
					{took}
				</Fact>
			)}
			<Fact label="Began">{moment(startsAtMs)}</Fact>
			{endsAtMs !== null && <Fact label="Ended">{moment(endsAtMs)}</Fact>}
			<Fact label="Last word">{formatAgo(incident.lastHeardMs, nowMs)}</Fact>
		</PageHeader>
	);
}

function moment(ms: number): string {
	return `${formatDate(ms)} ${formatClock(ms)}`;
}

/** What the alerts say, as text. */
function Words({ incident }: { incident: IncidentAnswer }) {
	const { commonAnnotations: said, summary } = incident;
	const rest = said.description ?? said.message;
	if (summary === "" && !rest) return null;
	return (
		<section className={styles.words} aria-label="What the alerts say">
			{summary !== "" && <p className={styles.summary}>{summary}</p>}
			{rest && rest !== summary && <p>{rest}</p>}
		</section>
	);
}

/** One panel a service; alerts that name none are looked at over all services. */
function Subjects({ incident }: { incident: IncidentAnswer }) {
	const firing = incident.status === "firing";
	const named = incident.services.length > 0;
	const shown: (string | null)[] = named ? incident.services.slice(0, SERVICES) : [null];
	return (
		<>
			{shown.map((service) => (
				<SubjectPanel
					key={service}
					subject={{ service, window: incident.window, firing }}
					beganMs={incident.startsAtMs}
					rows={shown.length > 1 ? 3 : 6}
				/>
			))}
			{incident.services.length > SERVICES && (
				<p className={styles.more}>and {incident.services.slice(SERVICES).join(", ")}</p>
			)}
		</>
	);
}

function Facts({ incident }: { incident: IncidentAnswer }) {
	const { commonLabels, commonAnnotations, externalUrl, receiver, alerts } = incident;
	const other = useMemo(
		() => Object.fromEntries(Object.entries(commonAnnotations).filter(([name]) => !SAID.has(name))),
		[commonAnnotations],
	);
	const runbook = alerts.find(({ runbookUrl }) => runbookUrl !== null)?.runbookUrl;
	return (
		<Panel title="Labels" note={alerts.length > 1 ? "that all its alerts have" : undefined} testId="incident-labels">
			<div className={styles.facts}>
				<KeyValueList values={commonLabels} empty="The alerts have no label in common." />
				{Object.keys(other).length > 0 && (
					<>
						<h3>Annotations</h3>
						<KeyValueList values={other} />
					</>
				)}
				<p className={styles.links}>
					{runbook && <ExternalLink href={runbook}>Runbook</ExternalLink>}
					{externalUrl && <ExternalLink href={externalUrl}>Alertmanager</ExternalLink>}
					<span>receiver {receiver || "unnamed"}</span>
				</p>
			</div>
		</Panel>
	);
}
