import type { CheckState } from "./check.ts";

/** Where a default weight comes from. */
export type Kind = "database" | "redis" | "third_party";

export type Status = "pass" | "warn" | "fail";

/** One dependency in a report. */
export interface Measured {
	name: string;
	kind: Kind;
	weight: number;
	critical: boolean;
	state: Readonly<CheckState>;
}

const KIND_WEIGHT: Record<Kind, number> = { database: 0.5, redis: 0.3, third_party: 0.2 };
const COMPONENT: Record<Kind, string> = { database: "datastore", redis: "datastore", third_party: "component" };

/** The weight of each check: its own when it has one, else its kind's (database 0.5, redis 0.3, third party 0.2) shared by those of the kind. */
export function weightsOf(checks: readonly { kind: Kind; weight: number | undefined }[]): number[] {
	const sharing = (kind: Kind): number =>
		checks.filter((other) => other.kind === kind && other.weight === undefined).length;
	return checks.map(({ kind, weight }) => weight ?? KIND_WEIGHT[kind] / sharing(kind));
}

/** The healthy checks' part of all weights, 0 to 1; 1 when nothing has weight. */
export function scoreOf(checks: readonly Measured[]): number {
	let all = 0;
	let healthy = 0;
	for (const { weight, state } of checks) {
		all += weight;
		healthy += state.healthy ? weight : 0;
	}
	// Sums of decimal fractions: 0.6 must not come out below itself.
	return all === 0 ? 1 : Math.round((healthy / all) * 1e6) / 1e6;
}

/** `fail` below `minScore` or when a critical check is failing, `warn` when anything is wrong, else `pass`. */
export function statusOf(checks: readonly Measured[], minScore: number): Status {
	if (scoreOf(checks) < minScore || checks.some(({ critical, state }) => critical && !state.healthy)) {
		return "fail";
	}
	return checks.every(({ state }) => state.healthy && state.ok) ? "pass" : "warn";
}

/** One check as draft-inadarei-api-health-check has it; `weight` and `critical` are ours. */
export function describeCheck({ kind, weight, critical, state }: Measured): object {
	const { healthy, ok, output, durationMs, at } = state;
	return {
		componentType: COMPONENT[kind],
		status: !healthy ? "fail" : ok ? "pass" : "warn",
		...(durationMs === undefined ? {} : { observedValue: Math.round(durationMs * 10) / 10, observedUnit: "ms" }),
		...(at === undefined ? {} : { time: at.toISOString() }),
		...(output === undefined ? (healthy ? {} : { output: "recovering" }) : { output }),
		weight: Math.round(weight * 1e6) / 1e6,
		critical,
	};
}
