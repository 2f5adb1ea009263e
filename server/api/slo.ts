/** `GET /api/slo`: the objectives of slo.yaml and what is left of their budgets, as Prometheus' rules recorded them. */
import type { TimeWindow } from "../../core/model.ts";
import type { Answer, SeriesItem } from "../../core/ports.ts";
import type { Endpoint, NoParams } from "./endpoint.ts";
import { type SloAnswer, sloQuery, sloSchema } from "./schema.ts";
import { emptySection, section, windowAnswer } from "./section.ts";

/** How far back a recorded value is looked for: the budget is written every minute. */
const BACK_NS = 300_000_000_000n;
const SERIES = {
	objective: "slo:objective:ratio",
	remaining: "slo:error_budget:remaining_ratio",
	errors: "slo:sli_error:ratio_rate30d",
	recent: "slo:sli_error:ratio_rate1h",
} as const;

export const slo: Endpoint<typeof sloQuery, NoParams, typeof sloSchema> = {
	path: "/api/slo",
	summary: "Objectives of services and what is left of their error budgets, at the window's end",
	query: sloQuery,
	answer: sloSchema,
	async run({ query, window, call, services }) {
		const { toUnixNano } = window(query);
		const end: TimeWindow = { fromUnixNano: toUnixNano - BACK_NS, toUnixNano };
		const ask = (metric: string) =>
			services.backend.metrics.series(
				{ metric, ...(query.service === undefined ? {} : { service: query.service }), window: end, stepNs: BACK_NS },
				call({ limit: 1_000 }),
			);
		const [objective, remaining, errors, recent] = await Promise.all([
			ask(SERIES.objective),
			ask(SERIES.remaining),
			ask(SERIES.errors),
			ask(SERIES.recent),
		]);
		const left = newest(remaining);
		const failed = newest(errors);
		const lately = newest(recent);
		const items = [...newest(objective)].map(([key, ratio]): SloAnswer => {
			const [service = "", name = ""] = JSON.parse(key) as string[];
			const now = lately.get(key);
			return {
				service,
				slo: name,
				objective: ratio,
				errorRatio: failed.get(key) ?? null,
				budgetRemaining: left.get(key) ?? null,
				burnRate: now === undefined || ratio >= 1 ? null : now / (1 - ratio),
			};
		});
		if (items.length === 0) {
			// Asked here alone: over engines the status is three more questions.
			if ((await services.backend.status()).kind === "embedded") {
				return {
					...emptySection(
						"Objectives and their budgets are recorded by Prometheus' rules: they come with npm run stack or docker compose up.",
					),
					status: "not configured" as const,
					items,
				};
			}
			const who = query.service === undefined ? "any service" : query.service;
			return {
				...emptySection(
					`Prometheus has recorded no objective of ${who}: slo.yaml names them, \`npm run rules\` writes the rules.`,
				),
				source: "prometheus",
				window: windowAnswer(end),
				query: remaining.query,
				items,
			};
		}
		return { ...section({ ...remaining, status: "ok", reasons: [] }), items };
	},
};

/** The last value by service and objective. */
function newest({ data }: Answer<SeriesItem[]>): Map<string, number> {
	return new Map(
		data
			.filter(({ points, labels }) => points.length > 0 && labels.slo !== undefined)
			.map(({ service, labels, points }) => [JSON.stringify([service, labels.slo]), points.at(-1)?.value ?? 0]),
	);
}
