/** The rules of collector-config/ in the real rule engine, on series made up here: `promtool test rules`, a step every 15 seconds. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { binaryOf } from "../engines/build.ts";
import { ROOT } from "../engines/recipes.ts";

export const STEP_S = 15;
export const PROMTOOL = join(dirname(binaryOf("prometheus")), "promtool");
export const RULES = join(ROOT, "collector-config/prometheus-rules");

/** Values at 0 s, 15 s, ... by series; null where there is none. */
export type Series = Record<string, readonly (number | null)[]>;

export interface Expectation {
	atS: number;
	expr: string;
	/** Series of the answer with their values. */
	samples: Record<string, number>;
}

/** Rejects with what promtool found instead. */
export async function expectOfRules(series: Series, expectations: readonly Expectation[]): Promise<void> {
	const dir = mkdtempSync(join(tmpdir(), "trivet-rules-"));
	try {
		const test = join(dir, "test.json");
		writeFileSync(
			test,
			JSON.stringify({
				rule_files: readdirSync(RULES).map((name) => join(RULES, name)),
				evaluation_interval: `${STEP_S}s`,
				group_eval_order: ["red", "slo", "slo-budget", "requests", "dependencies", "processes", "topology", "business"],
				tests: [
					{
						interval: `${STEP_S}s`,
						input_series: Object.entries(series).map(([name, values]) => ({
							series: name,
							values: values.map((value) => (value === null ? "_" : String(value))).join(" "),
						})),
						promql_expr_test: expectations.map(({ atS, expr, samples }) => ({
							eval_time: `${atS}s`,
							expr,
							exp_samples: Object.entries(samples).map(([labels, value]) => ({ labels, value })),
						})),
					},
				],
			}),
		);
		await promisify(execFile)(PROMTOOL, ["test", "rules", test], { timeout: 120_000, maxBuffer: 1 << 24 }).catch(
			(error: { stderr?: string; stdout?: string; message: string }) => {
				throw new Error([error.stdout, error.stderr].filter(Boolean).join("\n").slice(-6_000) || error.message);
			},
		);
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}

/** Which alerts fire at a moment, and nothing else: `Name service`, or `Name` where it is about no service. */
export function firingAt(atS: number, alerts: readonly string[]): Expectation {
	return {
		atS,
		expr: 'count by (alertname, service_name) (ALERTS{alertstate="firing"}) > bool 0',
		samples: alertLabels(alerts),
	};
}

/** Which alerts fired at any moment from the start until then. */
export function firedUntil(atS: number, alerts: readonly string[], ignored = "^$"): Expectation {
	return {
		atS,
		expr: `count by (alertname, service_name) (count_over_time(ALERTS{alertstate="firing",alertname!~"${ignored}"}[${atS + STEP_S}s])) > bool 0`,
		samples: alertLabels(alerts),
	};
}

function alertLabels(alerts: readonly string[]): Record<string, number> {
	return Object.fromEntries(
		alerts.map((alert) => {
			const [name, service] = alert.split(" ");
			return [`{alertname="${name}"${service === undefined ? "" : `,service_name="${service}"`}}`, 1];
		}),
	);
}

/** A counter that grows by so much a second for so many seconds, then by so much for so many: `grows([2, 600], [0, 120])`. */
export function grows(...phases: readonly (readonly [perSecond: number, seconds: number])[]): number[] {
	const values = [0];
	for (const [perSecond, seconds] of phases) {
		for (let s = 0; s < seconds; s += STEP_S) values.push((values.at(-1) as number) + perSecond * STEP_S);
	}
	return values;
}

/** A gauge that stands so for so many seconds, then so: `stands([0, 600], [4, 120])`. */
export function stands(...phases: readonly (readonly [value: number | null, seconds: number])[]): (number | null)[] {
	return phases.flatMap(([value, seconds]) => Array.from({ length: seconds / STEP_S }, () => value));
}
