import type { IncidentAlertAnswer, IncidentAnswer } from "../../client/api.ts";
import { formatClock, formatDate, formatDuration, plural } from "../../ui/format.ts";
import { Link } from "../../ui/Link.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { ServiceBadge } from "../../ui/ServiceBadge.tsx";
import styles from "./AlertsPanel.module.css";
import { ExternalLink } from "./ExternalLink.tsx";
import { windowQuery } from "./incident-links.ts";
import { SeverityTag } from "./SeverityTag.tsx";

/** The alerts themselves: what tells each from the others, when it fired, where it came from. */
export function AlertsPanel({ incident, nowMs }: { incident: IncidentAnswer; nowMs: number }) {
	const { alerts, unlistedAlerts, commonLabels, commonAnnotations } = incident;
	return (
		<Panel
			title={plural(alerts.length + unlistedAlerts, "alert")}
			note={
				unlistedAlerts > 0 ? `${plural(unlistedAlerts, "more")} that Alertmanager or this console left out` : undefined
			}
			testId="incident-alerts"
		>
			{alerts.map((alert) => (
				<Alert
					key={`${alert.fingerprint} ${alert.startsAtMs}`}
					alert={alert}
					nowMs={nowMs}
					common={alerts.length > 1 ? commonLabels : {}}
					said={alerts.length > 1 ? commonAnnotations : {}}
				/>
			))}
		</Panel>
	);
}

interface AlertProps {
	alert: IncidentAlertAnswer;
	nowMs: number;
	/** Labels and annotations that are said once for all of them. */
	common: Record<string, string>;
	said: Record<string, string>;
}

function Alert({ alert, nowMs, common, said }: AlertProps) {
	const { name, severity, service, status, startsAtMs, endsAtMs, endAssumed, annotations, labels } = alert;
	const firing = status === "firing";
	const own = Object.entries(labels).filter(([label]) => common[label] === undefined && label !== "alertname");
	const words = ["summary", "description"].filter((one) => annotations[one] && said[one] === undefined);
	return (
		<article className={styles.alert} data-testid="incident-alert" data-firing={firing || undefined}>
			<p className={styles.line}>
				<SeverityTag severity={severity} firing={firing} />
				<b>{name}</b>
				{service !== null && common.service_name === undefined && <ServiceBadge service={service} link />}
				<span className={`${styles.time} num`}>
					{formatDate(startsAtMs)} {formatClock(startsAtMs)}
					{firing
						? `, firing for ${formatDuration(Math.max(0, nowMs - startsAtMs) * 1e6)}`
						: `, ${endAssumed ? "ended within" : "for"} ${formatDuration(((endsAtMs ?? startsAtMs) - startsAtMs) * 1e6)}`}
				</span>
			</p>
			{words.map((one) => (
				<p key={one} className={styles.words}>
					{annotations[one]}
				</p>
			))}
			{own.length > 0 && (
				<ul className={styles.labels} aria-label="Labels of its own">
					{own.map(([label, value]) => (
						<li key={label}>
							<span>{label}</span> {value}
						</li>
					))}
				</ul>
			)}
			<p className={styles.links}>
				{service !== null && (
					<Link href={`/services/${encodeURIComponent(service)}?${windowQuery({ window: alert.window, firing })}`}>
						{service} in its window
					</Link>
				)}
				{alert.generatorUrl && <ExternalLink href={alert.generatorUrl}>Source</ExternalLink>}
				{alert.runbookUrl && <ExternalLink href={alert.runbookUrl}>Runbook</ExternalLink>}
				{endAssumed && <span>nobody said when it ended: it fired anew</span>}
			</p>
		</article>
	);
}
