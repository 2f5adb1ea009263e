import { type OpenAPIHono, z } from "@hono/zod-openapi";
import {
	type Alert,
	commonOf,
	endOf,
	type Incident,
	isFiring,
	serviceOf,
	severityOf,
	startOf,
	titleOf,
	windowOf,
} from "../../core/incidents.ts";
import { InvalidInput } from "../../core/ports.ts";
import { get, type Services } from "./endpoint.ts";
import type { KeptIncident } from "./incident-book.ts";
import { ProblemError } from "./problem.ts";
import {
	type IncidentAlertAnswer,
	type IncidentSummary,
	incidentSchema,
	incidentsQuery,
	incidentsSchema,
} from "./schema.ts";

const DEFAULT_LIMIT = 100;

/** What Alertmanager told of, newest first. */
export function incidentRoutes(app: OpenAPIHono, services: Services): void {
	get(app, services, {
		path: "/api/incidents",
		summary: "Incidents, the newest first, and how many fire at all",
		query: incidentsQuery,
		answer: incidentsSchema,
		async run({ query, services }) {
			const nowMs = Date.now();
			const all = await services.incidents.all();
			const { cursor, limit = DEFAULT_LIMIT } = query;
			// Ids sort by time, so a page goes on after the last one's even if that is gone by now.
			if (cursor !== undefined && !/^[0-9a-f-]{36}$/.test(cursor)) {
				throw new InvalidInput(`"${cursor.slice(0, 60)}" is no cursor: use nextCursor of the answer before`);
			}
			const asked = all.filter(({ id, incident }) => {
				if (cursor !== undefined && id >= cursor) return false;
				if (query.status !== undefined && isFiring(incident) !== (query.status === "firing")) return false;
				return query.service === undefined || servicesOf(incident).includes(query.service);
			});
			const page = asked.slice(0, limit);
			return {
				incidents: page.map((kept) => summary(kept, nowMs)),
				firing: all.filter(({ incident }) => isFiring(incident)).length,
				...(asked.length > limit ? { nextCursor: page.at(-1)!.id } : {}),
			};
		},
	});
	get(app, services, {
		path: "/api/incidents/{id}",
		summary: "One incident with its alerts",
		query: z.object({}),
		params: z.object({ id: z.string().max(100) }),
		answer: incidentSchema,
		async run({ params, services }) {
			const kept = await services.incidents.get(params.id);
			if (kept === null) {
				throw new ProblemError(404, "Unknown incident", `There is no incident ${params.id.slice(0, 60)}.`, [
					"The oldest resolved incidents are dropped when more than 1,000 are kept.",
				]);
			}
			const nowMs = Date.now();
			const { groupKey, groupLabels, receiver, externalUrl, alerts } = kept.incident;
			return {
				...summary(kept, nowMs),
				groupKey,
				groupLabels,
				receiver,
				externalUrl: linkOf(externalUrl),
				commonLabels: commonOf(alerts.map(({ labels }) => labels)),
				commonAnnotations: commonOf(alerts.map(({ annotations }) => annotations)),
				alerts: alerts.map((alert) => alertAnswer(alert, nowMs)),
			};
		},
	});
}

function servicesOf(incident: Incident): string[] {
	return [...new Set(incident.alerts.flatMap(({ labels }) => serviceOf(labels) ?? []))];
}

function summary({ id, incident }: KeptIncident, nowMs: number): IncidentSummary {
	const startsAtMs = startOf(incident);
	const endsAtMs = endOf(incident);
	const common = commonOf(incident.alerts.map(({ annotations }) => annotations));
	const [first] = incident.alerts;
	return {
		id,
		status: endsAtMs === null ? "firing" : "resolved",
		title: titleOf(incident),
		severity: severityOf(incident),
		summary: common.summary ?? common.description ?? first?.annotations.summary ?? "",
		services: servicesOf(incident),
		startsAtMs,
		endsAtMs,
		window: windowOf({ startsAtMs, endsAtMs }, nowMs),
		firingAlerts: incident.alerts.filter((alert) => alert.endsAtMs === null).length,
		resolvedAlerts: incident.alerts.filter((alert) => alert.endsAtMs !== null).length,
		unlistedAlerts: incident.unlisted,
		lastHeardMs: incident.lastHeardMs,
	};
}

function alertAnswer(alert: Alert, nowMs: number): IncidentAlertAnswer {
	const { fingerprint, startsAtMs, endsAtMs, endAssumed, labels, annotations, generatorUrl } = alert;
	return {
		fingerprint,
		status: endsAtMs === null ? "firing" : "resolved",
		name: labels.alertname ?? "Alert",
		severity: labels.severity ?? null,
		service: serviceOf(labels),
		startsAtMs,
		endsAtMs,
		endAssumed,
		window: windowOf(alert, nowMs),
		labels,
		annotations,
		generatorUrl: linkOf(generatorUrl),
		runbookUrl: linkOf(annotations.runbook_url ?? annotations.runbook ?? ""),
	};
}

/** Only what a browser may be sent to: http and https. Anything else (javascript:, data:) is null. */
function linkOf(url: string): string | null {
	if (!URL.canParse(url)) return null;
	const { protocol, href } = new URL(url);
	return protocol === "http:" || protocol === "https:" ? href : null;
}
