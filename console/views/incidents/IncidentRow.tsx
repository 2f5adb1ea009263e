import type { IncidentSummary } from "../../client/api.ts";
import { formatAgo, formatClock, formatDate, formatDuration, plural } from "../../ui/format.ts";
import { Link } from "../../ui/Link.tsx";
import { ServiceBadge } from "../../ui/ServiceBadge.tsx";
import styles from "./IncidentRow.module.css";
import { SeverityTag } from "./SeverityTag.tsx";
import { severityTone } from "./severity.ts";

const SERVICES = 2;

/** One incident in one line; the line is a link to it. */
export function IncidentRow({
	incident,
	nowMs,
	marked,
}: {
	incident: IncidentSummary;
	nowMs: number;
	marked?: boolean;
}) {
	const { id, title, summary, severity, services, startsAtMs, endsAtMs, firingAlerts, resolvedAlerts } = incident;
	const firing = incident.status === "firing";
	return (
		<Link
			id={`incident-${id}`}
			href={`/incidents/${id}`}
			className={styles.row}
			data-testid="incident-row"
			data-tone={severityTone(severity, firing)}
			data-marked={marked || undefined}
		>
			<span className={styles.severity}>
				<SeverityTag severity={severity} firing={firing} />
			</span>
			<span className={styles.what}>
				<b>{title}</b>
				{summary !== "" && <span title={summary}>{summary}</span>}
			</span>
			<span className={styles.services}>
				{services.slice(0, SERVICES).map((service) => (
					<ServiceBadge key={service} service={service} />
				))}
				{services.length > SERVICES && <span className={styles.quiet}>+{services.length - SERVICES}</span>}
			</span>
			<span className={`${styles.alerts} num`}>
				{firing && firingAlerts + resolvedAlerts > firingAlerts
					? `${firingAlerts} of ${plural(firingAlerts + resolvedAlerts, "alert")}`
					: plural(firingAlerts + resolvedAlerts + incident.unlistedAlerts, "alert")}
			</span>
			<span className={`${styles.since} num`} title={`${formatDate(startsAtMs)} ${formatClock(startsAtMs)}`}>
				{formatAgo(startsAtMs, nowMs)}
			</span>
			<span className={`${styles.took} num`}>
				{formatDuration(Math.max(0, (endsAtMs ?? nowMs) - startsAtMs) * 1e6)}
			</span>
		</Link>
	);
}

export function IncidentRowsHeader() {
	return (
		<div className={`${styles.row} ${styles.head}`} aria-hidden="true">
			<span>Severity</span>
			<span>What</span>
			<span>Service</span>
			<span className={styles.alerts}>Alerts</span>
			<span className={styles.since}>Began</span>
			<span className={styles.took}>Lasts</span>
		</div>
	);
}
