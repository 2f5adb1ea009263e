/**
 * Rate, errors and duration under one name, whichever metric a service has: the first of core's RED profiles, never a sum of two. What alerts
 * and objectives are computed from. Labels: `service_name`, `deployment_environment_name`.
 */
import { ERROR_STATUS, RED_PROFILES, type RedProfile } from "../core/red.ts";
import { type Rule, type RuleGroup, ruleFile } from "./rule-file.ts";

/** 2 minutes: soon enough for alerts. 5 minutes: what objectives are counted in. */
const WINDOWS = ["2m", "5m"] as const;
const LABELS = "service_name, deployment_environment_name";

export function redFile(): string {
	return ruleFile(
		[
			"Written by `npm run rules` (rules/red-rules.ts): do not edit.",
			"",
			"Rate, errors and duration under one name, whichever metric a service has. The first of these that it has, never a sum:",
			...RED_PROFILES.map(({ metric }) => `  ${metric}`),
			"Buckets are in seconds. rate() over 2 minutes needs a reading every 30 seconds or more often.",
		].join("\n"),
		[{ name: "red", interval: "15s", rules: WINDOWS.flatMap(rulesOver) } satisfies RuleGroup],
	);
}

function rulesOver(window: string): Rule[] {
	const bucket = `trivet:request_duration_seconds_bucket:rate${window}`;
	return [
		{ record: bucket, expr: firstProfile((profile) => buckets(profile, window)) },
		{ record: `trivet:requests:rate${window}`, expr: `sum by (${LABELS}) (${bucket}{le="+Inf"})` },
		{ record: `trivet:request_errors:rate${window}`, expr: firstProfile((profile) => errors(profile, window)) },
	];
}

/** A service of an earlier profile is not read from a later one, whatever environment that one gives it. */
function firstProfile(expr: (profile: RedProfile) => string): string {
	return RED_PROFILES.map(expr).join("\nor on (service_name)\n");
}

function buckets(profile: RedProfile, window: string): string {
	const rate = `sum by (${rawLabels(profile)}, le) (rate(${profile.metric}_bucket${selector(profile)}[${window}]))`;
	return named(inSeconds(rate, profile), `${LABELS}, le`);
}

/** Zero of those that never failed: no series would mean that it is not known. */
function errors(profile: RedProfile, window: string): string {
	const rate = (more: readonly string[]) => `rate(${profile.metric}_count${selector(profile, more)}[${window}])`;
	const labels = profile.statusLabels.filter((label) => !label.includes("."));
	// A label counts where those before it are absent.
	const failed = labels.map((label, i) =>
		rate([...labels.slice(0, i).map((other) => `${other}=""`), `${label}=~"${ERROR_STATUS}"`]),
	);
	return named(`sum by (${rawLabels(profile)}) (${[...failed, `0 * ${rate([])}`].join(" or ")})`, LABELS);
}

function selector(profile: RedProfile, more: readonly string[] = []): string {
	const matchers = [
		// The copies that aliases.yml makes.
		...(profile.metric === "http_request_duration_seconds" ? ['recorded_from=""'] : []),
		...(profile.only === null ? [] : [`${profile.only.label}=~"|${profile.only.values.join("|")}"`]),
		...more,
	];
	return matchers.length === 0 ? "" : `{${matchers.join(",")}}`;
}

function rawLabels({ serviceLabels }: RedProfile): string {
	return [...serviceLabels, "deployment_environment_name"].join(", ");
}

/** Whatever names the service, in `service_name`: the first of service_name, service and job (`namespace/name` for OTLP) that there is. */
function named(expr: string, labels: string): string {
	const joined = `label_join(${expr}, "service_name", ";", "service_name", "service", "job")`;
	return `sum by (${labels}) (label_replace(${joined}, "service_name", "$1$2", "service_name", ";;(?:.+/)?(.+)|;?([^;]+);.*"))`;
}

/** Bounds in seconds, spelled one way: 0.5 and 1, not 1.0. */
function inSeconds(expr: string, { unitMs }: RedProfile): string {
	const replace = (inner: string, to: string, regex: string) =>
		`label_replace(${inner}, "le", "${to}", "le", "${regex}")`;
	const whole = replace(expr, "$1", "([0-9]+)[.]0");
	if (unitMs === 1000) return whole;
	// Milliseconds, digit by digit; what has become seconds has a point and matches no more.
	return [
		["0.00$1", "([0-9])"],
		["0.0$1", "([0-9]{2})"],
		["0.$1", "([0-9]{3})"],
		["$1.$2", "([0-9]+)([0-9]{3})"],
	].reduce((inner, [to, regex]) => replace(inner, to as string, regex as string), whole);
}
