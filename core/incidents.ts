/**
 * Incidents out of alerts. An incident is one episode of an alert group (Alertmanager's groupKey): it begins with the group's first alert and
 * lasts while one of them fires. An alert is its fingerprint and when it started; what is heard of it may come twice, late and in any order:
 *
 *     heard               known before            then
 *     firing (f, t)       nothing                 fires
 *     resolved (f, t)     firing or nothing       resolved; stays so whatever is heard of (f, t) later
 *     firing (f, t2>t)    (f, t) fires            both known; (f, t) ended at t2 at the latest: its end is assumed
 *     firing (f, t0<t)    (f, t)                  an old message: (f, t0) ended at t at the latest
 */

export interface Alert {
	fingerprint: string;
	startsAtMs: number;
	/** null: fires. */
	endsAtMs: number | null;
	/** Nobody said that it ended: the same alert fired anew later. */
	endAssumed: boolean;
	labels: Record<string, string>;
	annotations: Record<string, string>;
	/** What the alert's source says about itself; may be anything. */
	generatorUrl: string;
}

export interface Incident {
	groupKey: string;
	groupLabels: Record<string, string>;
	receiver: string;
	/** Of the Alertmanager. */
	externalUrl: string;
	/** Firing ones first, each part newest first. */
	alerts: Alert[];
	/** Alerts of the last message that are not among `alerts`: cut by Alertmanager or here. */
	unlisted: number;
	firstHeardMs: number;
	lastHeardMs: number;
}

/** One message about one group. */
export interface AlertMessage extends Omit<Incident, "alerts" | "firstHeardMs" | "lastHeardMs"> {
	alerts: Omit<Alert, "endAssumed">[];
	heardMs: number;
}

/** More alerts than this of one incident are counted, not kept. */
export const MOST_ALERTS = 200;
/** JSON characters of all its alerts together. */
const MOST_CHARACTERS = 1_000_000;

export function isFiring(incident: Pick<Incident, "alerts">): boolean {
	return incident.alerts.some((alert) => alert.endsAtMs === null);
}

/** When it began: its first alert. */
export function startOf(incident: Pick<Incident, "alerts">): number {
	return Math.min(...incident.alerts.map((alert) => alert.startsAtMs));
}

/** When its last alert ended; null while one fires. */
export function endOf(incident: Pick<Incident, "alerts">): number | null {
	return isFiring(incident) ? null : Math.max(...incident.alerts.map((alert) => alert.endsAtMs ?? 0));
}

/**
 * What becomes of a group's incidents (newest first) with a message: the changed ones by their index in `known`, and perhaps a new one
 * (`index` null). Every incident the message speaks of is changed, if only in when it was last heard of.
 */
export function hear(
	known: readonly Incident[],
	message: AlertMessage,
): { index: number | null; incident: Incident }[] {
	const parts = new Map<number | null, AlertMessage["alerts"]>();
	// Later ones first: an earlier time that nobody ended belongs to the incident of the next.
	for (const alert of eachOnce(message.alerts).sort((a, b) => b.startsAtMs - a.startsAtMs)) {
		const index = incidentFor(alert, known, parts);
		const part = parts.get(index) ?? [];
		parts.set(index, part);
		part.push(alert);
	}
	return [...parts].map(([index, alerts]) => ({
		index,
		incident: told(index === null ? null : (known[index] as Incident), message, alerts),
	}));
}

type HeardAlert = AlertMessage["alerts"][number];

/** Said twice in one message: the end counts. */
function eachOnce(alerts: readonly HeardAlert[]): HeardAlert[] {
	const found = new Map<string, HeardAlert>();
	for (const alert of alerts) {
		const other = found.get(keyOf(alert));
		if (!other || (alert.endsAtMs ?? -1) > (other.endsAtMs ?? -1)) found.set(keyOf(alert), alert);
	}
	return [...found.values()];
}

/** Index into `known`; null: a new incident. */
function incidentFor(
	alert: HeardAlert,
	known: readonly Incident[],
	parts: ReadonlyMap<number | null, readonly HeardAlert[]>,
): number | null {
	const holds = (matches: (one: HeardAlert) => boolean) =>
		known.findIndex(({ alerts }) => alerts.some((one) => one.fingerprint === alert.fingerprint && matches(one)));
	const same = holds((one) => one.startsAtMs === alert.startsAtMs);
	if (same !== -1) return same;
	if (alert.endsAtMs === null) {
		// An old message: to the next time it fired, which shows that this time is over.
		const newer = holds((one) => one.startsAtMs > alert.startsAtMs);
		if (newer !== -1) return newer;
		for (const [index, part] of parts) if (part.some((one) => one.fingerprint === alert.fingerprint)) return index;
	}
	const open = known.findIndex(
		(incident) => isFiring(incident) && (alert.endsAtMs === null || alert.endsAtMs >= startOf(incident)),
	);
	return open === -1 ? null : open;
}

function told(incident: Incident | null, message: AlertMessage, heard: readonly HeardAlert[]): Incident {
	const alerts = new Map((incident?.alerts ?? []).map((alert) => [keyOf(alert), alert]));
	for (const alert of heard) {
		const before = alerts.get(keyOf(alert));
		const over = before !== undefined && before.endsAtMs !== null && !before.endAssumed;
		if (alert.endsAtMs === null && over) continue;
		const endsAtMs =
			alert.endsAtMs === null ? null : Math.max(alert.endsAtMs, over ? (before.endsAtMs as number) : alert.startsAtMs);
		alerts.set(keyOf(alert), { ...alert, endsAtMs, endAssumed: false });
	}
	const kept = mostTelling(withAssumedEnds([...alerts.values()]));
	return {
		groupKey: message.groupKey,
		groupLabels: message.groupLabels,
		receiver: message.receiver,
		externalUrl: message.externalUrl,
		alerts: kept,
		unlisted: message.unlisted + alerts.size - kept.length,
		firstHeardMs: incident?.firstHeardMs ?? message.heardMs,
		lastHeardMs: Math.max(incident?.lastHeardMs ?? 0, message.heardMs),
	};
}

function keyOf({ fingerprint, startsAtMs }: Pick<Alert, "fingerprint" | "startsAtMs">): string {
	return `${startsAtMs} ${fingerprint}`;
}

/** An alert fires once at a time: the one before ended when it fired anew, if not earlier. */
function withAssumedEnds(alerts: Alert[]): Alert[] {
	const next = new Map<string, number>();
	return alerts
		.sort((a, b) => b.startsAtMs - a.startsAtMs)
		.map((alert) => {
			const newer = next.get(alert.fingerprint);
			next.set(alert.fingerprint, alert.startsAtMs);
			if (newer === undefined || (alert.endsAtMs !== null && !alert.endAssumed)) return alert;
			return { ...alert, endsAtMs: newer, endAssumed: true };
		});
}

/** Firing ones before resolved ones; of too many firing the first, of too many resolved the last. */
function mostTelling(alerts: Alert[]): Alert[] {
	const firing = alerts.filter((alert) => alert.endsAtMs === null).reverse();
	const kept: Alert[] = [];
	let characters = 0;
	for (const alert of [...firing, ...alerts.filter((one) => one.endsAtMs !== null)]) {
		characters += JSON.stringify(alert).length;
		if (kept.length === MOST_ALERTS || (characters > MOST_CHARACTERS && kept.length > 0)) break;
		kept.push(alert);
	}
	return kept.sort((a, b) => Number(a.endsAtMs !== null) - Number(b.endsAtMs !== null) || b.startsAtMs - a.startsAtMs);
}

/** What all of them have alike. */
export function commonOf(records: readonly Record<string, string>[]): Record<string, string> {
	const [first = {}, ...rest] = records;
	return Object.fromEntries(Object.entries(first).filter(([name, value]) => rest.every((one) => one[name] === value)));
}

const SERVICE_LABELS = ["service_name", "service", "job", "app"] as const;

/** Which service an alert speaks of. A job may be `namespace/name`, as OpenTelemetry's resources become in Prometheus. */
export function serviceOf(labels: Record<string, string>): string | null {
	for (const name of SERVICE_LABELS) {
		const value = labels[name];
		if (value) return name === "job" ? value.slice(value.lastIndexOf("/") + 1) || value : value;
	}
	return null;
}

/** Worst first; what is none of these is as bad as a warning. */
const SEVERITIES = [
	/^(critical|crit|fatal|emergency|page|p0|p1|sev[-_]?[01])$/i,
	/^(error|major|high|p2|sev[-_]?2)$/i,
	/^(warning|warn|minor|medium|p3|sev[-_]?3|ticket)$/i,
	/^(info|notice|low|none|p4|p5|debug|sev[-_]?[45])$/i,
];

/** 0 critical, 1 error, 2 warning, 3 information. */
export function severityRank(severity: string | null): number {
	if (severity === null) return 2;
	const rank = SEVERITIES.findIndex((pattern) => pattern.test(severity));
	return rank === -1 ? 2 : rank;
}

/** The worst of the alerts that fire, or of all when none does, in the alerts' own word; null when none names one. */
export function severityOf(incident: Pick<Incident, "alerts">): string | null {
	const firing = incident.alerts.filter((alert) => alert.endsAtMs === null);
	const named = (firing.length > 0 ? firing : incident.alerts).flatMap(({ labels }) => labels.severity || []);
	return named.sort((a, b) => severityRank(a) - severityRank(b))[0] ?? null;
}

/** The alerts' names: the group's own when it has one. */
export function titleOf(incident: Pick<Incident, "alerts" | "groupLabels">): string {
	if (incident.groupLabels.alertname) return incident.groupLabels.alertname;
	const names = [...new Set(incident.alerts.flatMap(({ labels }) => labels.alertname || []))];
	if (names.length === 0) return "Alert";
	return names.length <= 3 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}

/** What telemetry to look at: from a quarter of an hour before it began to its end, or to now. */
export function windowOf(
	times: { startsAtMs: number; endsAtMs: number | null },
	nowMs: number,
): { fromMs: number; toMs: number } {
	const fromMs = times.startsAtMs - LEAD_MS;
	return { fromMs, toMs: Math.max(times.endsAtMs ?? nowMs, times.startsAtMs + 1) };
}

const LEAD_MS = 15 * 60_000;
