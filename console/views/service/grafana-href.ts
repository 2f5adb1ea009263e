/** A service's board in Grafana, over the same time, which links back to this console. */

export interface GrafanaPlace {
	/** Of Grafana, without a slash at its end. */
	base: string;
	service: string;
	/** As the API reads them: epoch milliseconds, ISO 8601, `now-15m`. */
	from: string;
	to: string;
	/** Of this console. */
	origin: string;
}

export function grafanaHref({ base, service, from, to, origin }: GrafanaPlace): string {
	const query = new URLSearchParams({
		"var-service": service,
		"var-console": origin,
		from: asGrafana(from),
		to: asGrafana(to),
	});
	return `${base}/d/trivet-red?${query}`;
}

/** Grafana reads `now-15m` and epoch milliseconds. */
function asGrafana(time: string): string {
	if (time.startsWith("now") || /^\d+$/.test(time)) return time;
	const ms = Date.parse(time);
	return Number.isNaN(ms) ? time : String(ms);
}
