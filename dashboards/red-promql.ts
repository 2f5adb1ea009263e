/**
 * Rate, errors and duration in PromQL, for every RED profile of core/red.ts at once: of each service the first profile that it has, never
 * two of them summed. What comes out is labelled alike (`service`, `route`) and in seconds, whatever went in.
 */
import { ERROR_STATUS, RED_PROFILES, type RedProfile } from "../core/red.ts";

export interface Of {
	/** Only the service that the board's variable names, or those. */
	of?: "one" | "several";
	byRoute?: boolean;
	window?: string;
}

/** `by` of the boards: the label that names the service in the applications' own metrics. */
const CHOSEN = "$by";
const WINDOW = "$__rate_interval";

/** Requests a second. */
export function callRate(of: Of = {}): string {
	return firstProfile((profile) => calls(profile, of, ""));
}

/** Failed requests a second; 0 where there are none, so that a chart has a line and a ratio a value. */
export function errorRate(of: Of = {}): string {
	return firstProfile((profile) => errors(profile, of));
}

/** 0 to 1; nothing where nobody called. */
export function errorRatio(of: Of = {}): string {
	// Two counters of different age are extrapolated differently: never more failures than calls.
	return firstProfile((profile) => `clamp_max((${errors(profile, of)}) / (${calls(profile, of, "")} > 0), 1)`);
}

/** Seconds. */
export function latency(quantile: number, of: Of = {}): string {
	return firstProfile((profile) => {
		const buckets = renamed(profile, of, "le", (labels) => {
			const series = `${profile.metric}_bucket{${matchers(profile, of)}}`;
			return `sum by (${labels}) (rate(${series}[${of.window ?? WINDOW}]))`;
		});
		const seconds = profile.unitMs === 1 ? " / 1000" : "";
		return `histogram_quantile(${quantile}, ${buckets})${seconds}`;
	});
}

/** How many requests fell into each bucket, whose bounds are in seconds: what a heatmap draws. */
export function heatmap(): string {
	const terms = RED_PROFILES.map((profile) => {
		const series = `${profile.metric}_bucket{${matchers(profile, { of: "one" })}}`;
		const counts = `sum by (le) (increase(${series}[${WINDOW}]))`;
		return profile.unitMs === 1 ? boundsInSeconds(counts) : counts;
	});
	return terms.join("\nor on ()\n");
}

/** Labels `service`: every service that has a RED profile in the window, one series each. */
export function services(): string {
	return RED_PROFILES.map((profile) => {
		const series = `${profile.metric}_count{${matchers(profile, {})}}`;
		return renamed(profile, {}, "", (labels) => `group by (${labels}) (last_over_time(${series}[$__range]))`);
	}).join(" or ");
}

/**
 * Labels `by`: the first of service_name, service and job that the applications' RED metrics have; service_name where there are none. The
 * labels of span metrics are known.
 */
export function serviceLabel(): string {
	const chosen = RED_PROFILES.filter(isChosen);
	const names = chosen.map(({ metric }) => `${metric}_count`).join("|");
	const candidates = chosen[0]?.serviceLabels ?? [];
	const found = candidates.map(
		(label) =>
			`label_replace(group(last_over_time({__name__=~"${names}",recorded_from="",${label}!=""}[$__range])), "by", "${label}", "", "")`,
	);
	return [...found, `label_replace(vector(1), "by", "${candidates[0]}", "", "")`].join(" or on () ");
}

function firstProfile(query: (profile: RedProfile) => string): string {
	return RED_PROFILES.map(query).join("\nor on (service)\n");
}

/** Is its service label for the board's reader to choose? Span metrics have one of their own. */
function isChosen(profile: RedProfile): boolean {
	return profile.serviceLabels.includes("job");
}

function serviceLabelOf(profile: RedProfile): string {
	return isChosen(profile) ? CHOSEN : (profile.serviceLabels[0] ?? "");
}

function matchers(profile: RedProfile, { of }: Of): string {
	const label = serviceLabelOf(profile);
	return [
		of === "one" ? `${label}="$service"` : of === "several" ? `${label}=~"$service"` : `${label}!=""`,
		// The copies of our own recording rules are the originals again.
		...(profile.metric === "http_request_duration_seconds" ? ['recorded_from=""'] : []),
		...(profile.only ? [`${profile.only.label}=~"${profile.only.values.join("|")}"`] : []),
	].join(",");
}

function calls(profile: RedProfile, of: Of, status: string): string {
	const series = `${profile.metric}_count{${matchers(profile, of)}${status}}`;
	return renamed(profile, of, "", (labels) => `sum by (${labels}) (rate(${series}[${of.window ?? WINDOW}]))`);
}

/** The profile's status label may have one of several names; a series has one of them. */
function errors(profile: RedProfile, of: Of): string {
	const failed = profile.statusLabels
		.filter((label) => !label.includes("."))
		.map((label) => calls(profile, of, `,${label}=~"${ERROR_STATUS}"`));
	return [...failed, `0 * ${calls(profile, of, "")}`].join(" or ");
}

/** Sums by the profile's own labels and calls them `service` and `route`; `keep` is another label, or "". */
function renamed(profile: RedProfile, of: Of, keep: string, sum: (labels: string) => string): string {
	const service = serviceLabelOf(profile);
	const routes = of.byRoute ? profile.routeLabels.filter((label) => !label.includes(".")) : [];
	const inner = sum([service, ...routes, keep].filter(Boolean).join(", "));
	// The last one wins, so the preferred one is last.
	const named = [...routes]
		.reverse()
		.reduce(
			(text, route) => `label_replace(${text}, "route", "$1", "${route}", "(.+)")`,
			`label_replace(${inner}, "service", "$1", "${service}", "(.+)")`,
		);
	return `sum by (${["service", of.byRoute ? "route" : "", keep].filter(Boolean).join(", ")}) (${named})`;
}

/** `le` of buckets in milliseconds, as text: PromQL has no arithmetic on labels. Every rule reads the whole bound and none reads another's result. */
function boundsInSeconds(buckets: string): string {
	const rules = [
		["([0-9])[.]([0-9]+)", "0.00$1$2"],
		["([0-9]{2})(?:[.]([0-9]+))?", "0.0$1$2"],
		["([0-9]{3})(?:[.]([0-9]+))?", "0.$1$2"],
		["([0-9]+)([0-9]{3})(?:[.][0-9]+)?", "$1.$2"],
		["([0-9])", "0.00$1"],
	];
	return rules.reduce((text, [from, to]) => `label_replace(${text}, "le", "${to}", "le", "${from}")`, buckets);
}
