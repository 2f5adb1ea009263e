/**
 * Recording rules and burn-rate alerts of `slo.yaml`: multi-window, multi-burn-rate, as in Google's SRE Workbook, chapter 5. Labels of everything:
 * `service_name` and `slo` (availability, latency).
 *
 *     slo:objective:ratio               0.995
 *     slo:sli_total:rate5m              requests a second
 *     slo:sli_failed:rate5m             of these, failed or too slow
 *     slo:sli_error:ratio_rate<window>  failed of total; absent without traffic. Long windows weigh by traffic
 *     slo:error_budget:remaining_ratio  1 untouched, 0 spent, below 0 overspent; over 30 days or what is kept of them
 *     slo:latency_target:seconds        (service_name only) what ServiceSlow compares with
 */
import { FAST_BURN, type Objectives, SLOW_BURN } from "./objectives.ts";
import { CONSOLE, type Rule, type RuleGroup, ruleFile } from "./rule-file.ts";

const INTERVAL_S = 15;
const ON = "on (service_name, slo)";
/** Fewer failures in the long window than this wake nobody, whatever their share. */
const LEAST_FAILED = 10;

export function sloFile(objectives: Objectives): string {
	const groups: RuleGroup[] = [
		{
			name: "slo",
			interval: `${INTERVAL_S}s`,
			rules: [
				...Object.entries(objectives).flatMap(([service, { availability, latency }]) => [
					...(availability === undefined ? [] : [objective(service, "availability", availability)]),
					...(latency === undefined
						? []
						: [objective(service, "latency", latency.percent), latencyTarget(service, latency.within_ms)]),
				]),
				...availabilityEvents(objectives),
				...latencyEvents(objectives),
				{ record: "slo:sli_error:ratio_rate5m", expr: "slo:sli_failed:rate5m / (slo:sli_total:rate5m > 0)" },
				...["30m", "1h", "6h"].map(longRatio),
				burnAlert({ name: "SloBurnFast", burn: FAST_BURN, long: "1h", short: "5m", severity: "critical" }),
				burnAlert({ name: "SloBurnSlow", burn: SLOW_BURN, long: "6h", short: "30m", severity: "warning" }),
			],
		},
		{
			// It reads a month each time.
			name: "slo-budget",
			interval: "1m",
			rules: [
				longRatio("30d"),
				{
					record: "slo:error_budget:remaining_ratio",
					expr: `1 - slo:sli_error:ratio_rate30d / ${ON} (1 - slo:objective:ratio)`,
				},
			],
		},
	];
	return ruleFile(
		"Written by `npm run rules` from slo.yaml (rules/slo-rules.ts says what each series is): do not edit.",
		groups,
	);
}

function objective(service: string, slo: string, percent: number): Rule {
	return { record: "slo:objective:ratio", expr: `vector(${ratio(percent)})`, labels: { service_name: service, slo } };
}

function latencyTarget(service: string, ms: number): Rule {
	return { record: "slo:latency_target:seconds", expr: `vector(${ms / 1000})`, labels: { service_name: service } };
}

function availabilityEvents(objectives: Objectives): Rule[] {
	const services = namesOf(objectives, ({ availability }) => availability !== undefined);
	if (services.length === 0) return [];
	const labels = { slo: "availability" };
	const sum = (metric: string) => `sum by (service_name) (${metric}{service_name=~"${anyOf(services)}"})`;
	return [
		{ record: "slo:sli_total:rate5m", expr: sum("trivet:requests:rate5m"), labels },
		{ record: "slo:sli_failed:rate5m", expr: sum("trivet:request_errors:rate5m"), labels },
	];
}

/** Buckets count what was fast enough; the rest failed. Only of services whose histogram has the bucket. */
function latencyEvents(objectives: Objectives): Rule[] {
	const times = [...new Set(Object.values(objectives).flatMap(({ latency }) => latency?.within_ms ?? []))];
	if (times.length === 0) return [];
	const bucket = (ms: number) => {
		const services = namesOf(objectives, ({ latency }) => latency?.within_ms === ms);
		return `sum by (service_name) (trivet:request_duration_seconds_bucket:rate5m{service_name=~"${anyOf(services)}",le=~"${spellings(ms / 1000)}"})`;
	};
	const fast = times
		.sort((a, b) => a - b)
		.map(bucket)
		.join("\nor ");
	const all = "sum by (service_name) (trivet:requests:rate5m)";
	const labels = { slo: "latency" };
	return [
		{ record: "slo:sli_total:rate5m", expr: `${all} and (\n${fast})`, labels },
		{ record: "slo:sli_failed:rate5m", expr: `clamp_min(${all} - (\n${fast}), 0)`, labels },
	];
}

function longRatio(window: string): Rule {
	const sum = (metric: string) => `sum_over_time(${metric}[${window}])`;
	return {
		record: `slo:sli_error:ratio_rate${window}`,
		expr: `${sum("slo:sli_failed:rate5m")} / (${sum("slo:sli_total:rate5m")} > 0)`,
	};
}

interface Burn {
	name: string;
	burn: number;
	long: string;
	short: string;
	severity: string;
}

/** The long window says that it matters, the short one that it still goes on. */
function burnAlert({ name, burn, long, short, severity }: Burn): Rule {
	const fasterThan = (window: string) =>
		`slo:sli_error:ratio_rate${window} > ${ON} ${burn} * (1 - slo:objective:ratio)`;
	return {
		alert: name,
		expr: [
			fasterThan(long),
			`and ${ON} (${fasterThan(short)})`,
			`and ${ON} sum_over_time(slo:sli_failed:rate5m[${long}]) * ${INTERVAL_S} >= ${LEAST_FAILED}`,
		].join("\n"),
		labels: { severity },
		annotations: {
			summary: `{{ $labels.service_name }} breaks its {{ $labels.slo }} objective: {{ $value | humanizePercentage }} of its requests in ${long}, ${burn} times what it may or more`,
			runbook_url: `${CONSOLE}/runbooks/${name}`,
			console_url: `${CONSOLE}/services/{{ $labels.service_name | urlquery }}?from=now-${long}&to=now`,
		},
	};
}

function namesOf(objectives: Objectives, has: (one: Objectives[string]) => boolean): string[] {
	return Object.entries(objectives)
		.filter(([, one]) => has(one))
		.map(([service]) => service);
}

/** RE2 inside a PromQL string. */
function anyOf(names: readonly string[]): string {
	return names.map((name) => name.replace(/[.*+?^${}()[\]]/g, "[$&]").replace("[^]", "\\\\^")).join("|");
}

/** 1 is also 1.0, 0.25 also 0.250. */
function spellings(seconds: number): string {
	const text = String(seconds).replace(".", "[.]");
	return text.includes("[.]") ? `${text}0*` : `${text}([.]0+)?`;
}

/** Without the noise of binary fractions: 99.9 is 0.999. */
function ratio(percent: number): number {
	return Number((percent / 100).toFixed(8));
}
