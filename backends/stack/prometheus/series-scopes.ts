/** Selectors' parts that hold the series of some services, however their names got into Prometheus. */
import type { TimeWindow } from "../../../core/model.ts";
import type { Call } from "../../../core/ports.ts";
import { type MetricOwners, targetLabels } from "./metric-owners.ts";
import type { PrometheusApi } from "./prometheus-api.ts";
import { by, duration, firstOf, type Labels, type Matcher, oneOf } from "./promql.ts";

/** Lists of matchers, which together hold the series in question and no series twice. */
export type Scopes = readonly (readonly Matcher[])[];

/** A target whose exporter sends rarely had its last reading so long before the window. */
const BEFORE_MS = 300_000;

/** Labels of every `target_info` of the window. */
export async function readTargets(
	api: PrometheusApi,
	window: TimeWindow,
	utf8: boolean,
	call: Call,
): Promise<Labels[]> {
	const range = duration(Number((window.toUnixNano - window.fromUnixNano) / 1_000_000n) + BEFORE_MS);
	const text = `group ${by(targetLabels(utf8))} (last_over_time(target_info[${range}]))`;
	return (await api.query(text, window.toUnixNano, call)).rows.map((row) => row.metric);
}

/**
 * Of which nothing but the names is known: wherever a name may stand. `labels`: that may name a service, beside `job`. `unnamedJobs`: jobs
 * of all series that no label names the service of, which saves looking for them; null when not known.
 */
export function scopesOfServices(
	services: readonly string[],
	owners: MetricOwners,
	labels: readonly string[],
	unnamedJobs: readonly string[] | null = null,
): Scopes {
	const asked = new Set(services);
	const named = firstOf(labels, "=~", oneOf(asked));
	const jobs = owners.jobsOf(asked);
	if (unnamedJobs !== null) {
		const theirs = unnamedJobs.filter(
			(job) => jobs.includes(job) || asked.has(job) || asked.has(job.slice(job.indexOf("/") + 1)),
		);
		if (theirs.length === 0) return named;
		return [...named, unnamed(labels, { label: "job", op: "=~", value: oneOf(theirs) })];
	}
	const job = [`([^/]*/)?(${oneOf(asked)})`, ...(jobs.length > 0 ? [oneOf(jobs)] : [])].join("|");
	return [...named, unnamed(labels, { label: "job", op: "=~", value: job })];
}

/** The same, of series whose labels are known. */
export function scopesOfSeries(found: readonly Labels[], names: readonly string[]): Scopes {
	const values = new Map<string, Set<string>>();
	for (const labels of found) {
		const label = names.find((name) => labels[name]) ?? "job";
		const of = values.get(label) ?? new Set();
		values.set(label, of.add(labels[label] ?? ""));
	}
	return [...values].map(([label, of]) => {
		const before = label === "job" ? names : names.slice(0, names.indexOf(label));
		return unnamed(before, { label, op: "=~", value: oneOf(of) });
	});
}

/** Those in both. */
export function cross(a: Scopes, b: Scopes): Scopes {
	return a.flatMap((one) => b.map((other) => [...one, ...other]));
}

function unnamed(labels: readonly string[], matcher: Matcher): Matcher[] {
	return [...labels.map((label): Matcher => ({ label, op: "=", value: "" })), matcher];
}
