/** What was promised, whether it is kept, and how fast the budget goes. */
import { type Board, board } from "../board.ts";
import { CELL, consoleService, LABEL, redBoard, toConsole } from "../links.ts";
import { chart, type Steps, stat, table } from "../panels.ts";
import { orZero } from "../promql.ts";
import { lines, now, rows } from "../queries.ts";
import * as variables from "../variables.ts";

const OF = '{service_name=~"$service",slo=~"$slo"}';
const OBJECTIVE = `slo:objective:ratio${OF}`;
const BUDGET = `slo:error_budget:remaining_ratio${OF}`;
const failed = (window: string) => `slo:sli_error:ratio_rate${window}${OF}`;
const burn = (window: string) => `${failed(window)} / on (service_name, slo) (1 - ${OBJECTIVE})`;

const incidents = [toConsole("Incidents in Trivet", "/incidents")];
const ofSeries = [consoleService(LABEL("service_name")), redBoard(LABEL("service_name"))];
const legend = "{{service_name}} {{slo}}";
const LEFT: Steps = [
	[null, "red"],
	[0, "yellow"],
	[0.25, "green"],
];
/** Where the alerts fire: 14.4 over an hour, 6 over six. */
const BURNING: Steps = [
	[null, "green"],
	[6, "yellow"],
	[14.4, "red"],
];

export function sloBoardOf(): Board {
	return board({
		uid: "trivet-slo",
		title: "Trivet / Objectives and error budgets",
		description:
			"Availability and latency objectives of every service: kept or not, how fast their budget burns, what is left of it.",
		needs: "the recording rules made from `slo.yaml` (`collector-config/prometheus-rules/slo.yml`, with `red.yml`)",
		from: "now-6h",
		variables: [
			variables.engine("prometheus"),
			variables.consoleUrl(),
			variables.readingsEvery(),
			variables.several(
				"service",
				"Services",
				"group by (service_name) (last_over_time(slo:objective:ratio[$__range]))",
				"service_name",
				"Whose objectives are shown",
			),
			variables.several(
				"slo",
				"Objectives",
				"group by (slo) (last_over_time(slo:objective:ratio[$__range]))",
				"slo",
				"Availability, latency or both",
			),
		],
		rows: [
			{
				title: "Now",
				panels: [
					stat({
						title: "Least budget left",
						description: "Of the objective that is worst off: below 0 it is broken for these 30 days.",
						unit: "percentunit",
						w: 6,
						h: 4,
						queries: [now(`min(${BUDGET})`)],
						steps: LEFT,
						links: incidents,
					}),
					stat({
						title: "Fastest burn",
						description: "Over the last hour, as a multiple of what uses the budget up in exactly 30 days.",
						unit: "none",
						w: 6,
						h: 4,
						queries: [now(`max(${burn("1h")})`)],
						steps: BURNING,
						links: incidents,
					}),
					stat({
						title: "Broken objectives",
						description: "Objectives without any budget left.",
						unit: "short",
						w: 6,
						h: 4,
						queries: [now(orZero(`count(${BUDGET} < 0)`))],
						steps: [
							[null, "green"],
							[1, "red"],
						],
						links: incidents,
					}),
					stat({
						title: "Burn-rate alerts",
						description: "Alerts about budgets that are firing.",
						unit: "short",
						w: 6,
						h: 4,
						queries: [now(orZero('count(ALERTS{alertname=~"SloBurn.*",alertstate="firing"})'))],
						steps: [
							[null, "green"],
							[1, "red"],
						],
						links: incidents,
					}),
					table({
						title: "Objectives",
						description: "Kept is the share of good requests over 30 days, or as long as there is data.",
						unit: "short",
						w: 24,
						h: 11,
						queries: [rows(OBJECTIVE), rows(`1 - ${failed("30d")}`), rows(BUDGET), rows(burn("1h")), rows(burn("6h"))],
						columns: [
							{
								field: "service_name",
								title: "Service",
								links: [consoleService(CELL("Service")), redBoard(CELL("Service"))],
							},
							{ field: "slo", title: "Objective" },
							{ field: "Value #A", title: "Promised", unit: "percentunit" },
							{ field: "Value #B", title: "Kept", unit: "percentunit" },
							{ field: "Value #C", title: "Budget left", unit: "percentunit", steps: LEFT },
							{ field: "Value #D", title: "Burn 1 h", unit: "none", steps: BURNING },
							{ field: "Value #E", title: "Burn 6 h", unit: "none", steps: BURNING },
						],
						hidden: ["Time", "__name__"],
						links: incidents,
					}),
				],
			},
			{
				title: "Over time",
				panels: [
					chart({
						title: "Burn rate, 1 h",
						description:
							"1 uses the budget up in exactly 30 days. Above 14.4, when the last 5 minutes agree, somebody is paged.",
						unit: "none",
						w: 12,
						h: 9,
						queries: [lines(burn("1h"), { legend })],
						max: 2,
						steps: BURNING,
						links: incidents,
						dataLinks: ofSeries,
					}),
					chart({
						title: "Burn rate, 6 h",
						description: "The slow burn: above 6, when the last 30 minutes agree, there is a warning.",
						unit: "none",
						w: 12,
						h: 9,
						queries: [lines(burn("6h"), { legend })],
						max: 2,
						steps: BURNING,
						links: incidents,
						dataLinks: ofSeries,
					}),
					chart({
						title: "Good requests",
						description:
							"Share of the last 5 minutes' requests that met the objective: succeeded, or were fast enough.",
						unit: "percentunit",
						w: 12,
						h: 9,
						queries: [lines(`1 - ${failed("5m")}`, { legend })],
						max: 1,
						links: incidents,
						dataLinks: ofSeries,
					}),
					chart({
						title: "Budget left",
						description: "What may still fail in these 30 days: 100 % is all of it, below 0 the objective is broken.",
						unit: "percentunit",
						w: 12,
						h: 9,
						queries: [lines(BUDGET, { legend })],
						max: 1,
						links: incidents,
						dataLinks: ofSeries,
					}),
				],
			},
		],
	});
}
