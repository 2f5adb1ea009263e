/** Rate, errors and duration, of all services side by side and of one by route. */
import { type Board, board } from "../board.ts";
import {
	CELL,
	CHOICE,
	consoleLogs,
	consoleService,
	consoleTopology,
	consoleTraces,
	LABEL,
	logsBoard,
	redBoard,
	runtimeBoard,
} from "../links.ts";
import { chart, heatmap, stat, TROUBLE, table } from "../panels.ts";
import { buckets, lines, now, rows } from "../queries.ts";
import { callRate, errorRate, errorRatio, heatmap as heatmapOf, latency } from "../red-promql.ts";
import * as variables from "../variables.ts";

const RANGE = "$__range";
const chosen = CHOICE("service");
const ofSeries = [redBoard(LABEL("service")), consoleService(LABEL("service")), consoleTraces(LABEL("service"))];
const ofChosen = [
	consoleService(chosen),
	consoleTopology(chosen),
	consoleLogs(chosen),
	logsBoard(chosen),
	runtimeBoard(chosen),
];

export function redBoardOf(): Board {
	return board({
		uid: "trivet-red",
		title: "Trivet / RED by service and route",
		description:
			"Rate, errors and duration of every service, then of one service by route, with the latency heatmap and exemplars.",
		needs:
			"any of: `http_server_request_duration_seconds`, `http_request_duration_seconds`, span metrics of Tempo's generator or of the collector's connector. Exemplars need exemplar storage",
		variables: [
			variables.engine("prometheus"),
			variables.consoleUrl(),
			variables.serviceLabel(),
			variables.readingsEvery(),
			variables.service(),
		],
		rows: [
			{
				title: "All services",
				panels: [
					table({
						title: "Services",
						description:
							"Over the whole time range. Each service is read from the first that it has: its HTTP server metrics, then span metrics. A click leads on.",
						unit: "short",
						w: 24,
						h: 9,
						queries: [
							rows(callRate({ window: RANGE })),
							rows(errorRatio({ window: RANGE })),
							rows(latency(0.5, { window: RANGE })),
							rows(latency(0.95, { window: RANGE })),
							rows(latency(0.99, { window: RANGE })),
						],
						columns: [
							{
								field: "service",
								title: "Service",
								links: [redBoard(CELL("Service")), consoleService(CELL("Service")), consoleTopology(CELL("Service"))],
							},
							{ field: "Value #A", title: "Rate", unit: "reqps" },
							{ field: "Value #B", title: "Failed", unit: "percentunit", steps: TROUBLE },
							{ field: "Value #C", title: "P50", unit: "s" },
							{ field: "Value #D", title: "P95", unit: "s" },
							{ field: "Value #E", title: "P99", unit: "s" },
						],
						sort: "Rate",
						links: [consoleTopology(chosen)],
					}),
					chart({
						title: "Rate by service",
						description: "Requests a second that came in.",
						unit: "reqps",
						w: 8,
						h: 8,
						queries: [lines(callRate(), { legend: "{{service}}" })],
						links: [consoleTopology(chosen)],
						dataLinks: ofSeries,
					}),
					chart({
						title: "Failed by service",
						description: "Share of the requests that ended with a 5xx or in a span with an error.",
						unit: "percentunit",
						w: 8,
						h: 8,
						queries: [lines(errorRatio(), { legend: "{{service}}" })],
						max: 0.05,
						links: [consoleTopology(chosen)],
						dataLinks: ofSeries,
					}),
					chart({
						title: "P95 by service",
						description: "One request in twenty takes longer than this.",
						unit: "s",
						w: 8,
						h: 8,
						queries: [lines(latency(0.95), { legend: "{{service}}" })],
						links: [consoleTopology(chosen)],
						dataLinks: ofSeries,
					}),
				],
			},
			{
				title: "$service",
				panels: [
					...[
						{
							title: "Rate",
							description: "Requests a second over the time range.",
							unit: "reqps" as const,
							expr: callRate({ of: "one", window: RANGE }),
						},
						{
							title: "Failed",
							description: "Share of failed requests over the time range.",
							unit: "percentunit" as const,
							expr: errorRatio({ of: "one", window: RANGE }),
							steps: TROUBLE,
						},
						{
							title: "P50",
							description: "Half of the requests take longer.",
							unit: "s" as const,
							expr: latency(0.5, { of: "one", window: RANGE }),
						},
						{
							title: "P95",
							description: "One request in twenty takes longer.",
							unit: "s" as const,
							expr: latency(0.95, { of: "one", window: RANGE }),
						},
						{
							title: "P99",
							description: "One request in a hundred takes longer.",
							unit: "s" as const,
							expr: latency(0.99, { of: "one", window: RANGE }),
						},
						{
							title: "Failed requests",
							description: "Failed requests a second over the time range.",
							unit: "reqps" as const,
							expr: errorRate({ of: "one", window: RANGE }),
						},
					].map(({ expr, ...spec }) => stat({ ...spec, w: 4, h: 4, queries: [now(expr)], links: ofChosen })),
					heatmap({
						title: "Latency of $service",
						description:
							"How many requests took how long: the darker, the more. A dot is one request: hover it to open its trace.",
						unit: "s",
						w: 12,
						h: 10,
						queries: [buckets(heatmapOf())],
						links: ofChosen,
					}),
					chart({
						title: "Duration of $service",
						description: "Quantiles of the request duration; dots are single requests that open their trace.",
						unit: "s",
						w: 12,
						h: 10,
						queries: [
							lines(latency(0.99, { of: "one" }), { legend: "P99", exemplars: true }),
							lines(latency(0.95, { of: "one" }), { legend: "P95" }),
							lines(latency(0.5, { of: "one" }), { legend: "P50" }),
						],
						links: ofChosen,
						dataLinks: [consoleService(chosen), consoleTraces(chosen)],
					}),
					chart({
						title: "Rate of $service by route",
						description:
							"Requests a second. A route is a template such as /orders/:id, or a span's name where it is from span metrics.",
						unit: "reqps",
						w: 8,
						h: 9,
						queries: [lines(callRate({ of: "one", byRoute: true }), { legend: "{{route}}" })],
						stacked: true,
						links: ofChosen,
						dataLinks: [consoleService(chosen), consoleTraces(chosen)],
					}),
					chart({
						title: "Failed of $service by route",
						description: "Share of each route's requests that failed.",
						unit: "percentunit",
						w: 8,
						h: 9,
						queries: [lines(errorRatio({ of: "one", byRoute: true }), { legend: "{{route}}" })],
						max: 0.05,
						links: ofChosen,
						dataLinks: [consoleService(chosen), consoleTraces(chosen)],
					}),
					chart({
						title: "P95 of $service by route",
						description: "One request in twenty takes longer than this on its route.",
						unit: "s",
						w: 8,
						h: 9,
						queries: [lines(latency(0.95, { of: "one", byRoute: true }), { legend: "{{route}}" })],
						links: ofChosen,
						dataLinks: [consoleService(chosen), consoleTraces(chosen)],
					}),
					table({
						title: "Routes of $service",
						description: "Over the whole time range, the busiest first.",
						unit: "short",
						w: 24,
						h: 8,
						queries: [
							rows(callRate({ of: "one", byRoute: true, window: RANGE })),
							rows(errorRatio({ of: "one", byRoute: true, window: RANGE })),
							rows(latency(0.5, { of: "one", byRoute: true, window: RANGE })),
							rows(latency(0.95, { of: "one", byRoute: true, window: RANGE })),
							rows(latency(0.99, { of: "one", byRoute: true, window: RANGE })),
						],
						columns: [
							{ field: "route", title: "Route", links: [consoleService(chosen), consoleTraces(chosen)] },
							{ field: "Value #A", title: "Rate", unit: "reqps" },
							{ field: "Value #B", title: "Failed", unit: "percentunit", steps: TROUBLE },
							{ field: "Value #C", title: "P50", unit: "s" },
							{ field: "Value #D", title: "P95", unit: "s" },
							{ field: "Value #E", title: "P99", unit: "s" },
						],
						hidden: ["Time", "service"],
						sort: "Rate",
						links: ofChosen,
					}),
				],
			},
		],
	});
}
