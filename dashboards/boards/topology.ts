/** Who calls whom, how often, how fast, and how much of it fails. */
import { type Board, board } from "../board.ts";
import { CELL, consoleTopology, LABEL, redBoard, toConsole } from "../links.ts";
import { chart, nodeGraph, stat, TROUBLE, table } from "../panels.ts";
import { lines, now, rows, serviceMap } from "../queries.ts";
import * as variables from "../variables.ts";

const GRAPH = "traces_service_graph_request";
const RATE = "$__rate_interval";
const RANGE = "$__range";
const map = [toConsole("Topology in Trivet", "/topology")];
const ofEdge = [consoleTopology(LABEL("server")), consoleTopology(LABEL("client")), redBoard(LABEL("server"))];

/** What an edge's counter does in the window, when one of its ends is chosen. */
function edges(how: "rate" | "increase", name: string, window: string, by = "client, server"): string {
	const series = (end: string) => `${how}(${GRAPH}_${name}{${end}=~"$service"}[${window}])`;
	return `sum by (${by}) (${series("client")} or ${series("server")})`;
}

function p95(window: string): string {
	return `histogram_quantile(0.95, ${edges("rate", "client_seconds_bucket", window, "client, server, le")})`;
}

/** Tempo counts failures from the first one on. */
function failedShare(window: string): string {
	const all = edges("rate", "total", window);
	return `clamp_max((${edges("rate", "failed_total", window)} or 0 * ${all}) / (${all} > 0), 1)`;
}

const ends = ["client", "server"].map(
	(end) =>
		`label_replace(group by (${end}) (last_over_time(${GRAPH}_total[${RANGE}])), "service", "$1", "${end}", "(.+)")`,
);

export function topologyBoardOf(): Board {
	return board({
		uid: "trivet-topology",
		title: "Trivet / Topology and dependencies",
		description: "Who calls whom: calls a day, failures and P95 of every pair, databases and queues included.",
		needs:
			"service graph metrics (`traces_service_graph_*`) of Tempo's generator or of the collector's connector; for the graph a Tempo data source that names their Prometheus as its service graph",
		variables: [
			variables.engine("prometheus"),
			variables.engine("tempo"),
			variables.consoleUrl(),
			variables.readingsEvery(),
			variables.several(
				"service",
				"Services",
				`group by (service) (${ends.join(" or ")})`,
				"service",
				"Pairs are shown when one of their ends is chosen",
			),
		],
		rows: [
			{
				title: "Now",
				panels: [
					stat({
						title: "Pairs",
						description: "How many pairs of caller and callee there were in the time range.",
						unit: "short",
						w: 6,
						h: 4,
						queries: [now(`count(${edges("increase", "total", RANGE)} > 0)`)],
						links: map,
					}),
					stat({
						title: "Calls",
						description: "Calls a second between all of them, over the time range.",
						unit: "reqps",
						w: 6,
						h: 4,
						queries: [now(`sum(${edges("rate", "total", RANGE)})`)],
						links: map,
					}),
					stat({
						title: "Failed",
						description: "Share of all calls that failed at their callee, over the time range.",
						unit: "percentunit",
						w: 6,
						h: 4,
						queries: [
							now(
								`clamp_max((sum(${edges("rate", "failed_total", RANGE)}) or vector(0)) / sum(${edges("rate", "total", RANGE)}), 1)`,
							),
						],
						steps: TROUBLE,
						links: map,
					}),
					stat({
						title: "P95",
						description: "One call in twenty, of all, takes longer as its caller sees it.",
						unit: "s",
						w: 6,
						h: 4,
						queries: [now(`histogram_quantile(0.95, ${edges("rate", "client_seconds_bucket", RANGE, "le")})`)],
						links: map,
					}),
					nodeGraph({
						title: "Service graph",
						description: "Every service with its rate and latency; green is what succeeded, red what failed.",
						unit: "ms",
						w: 24,
						h: 16,
						queries: [serviceMap()],
						links: map,
					}),
				],
			},
			{
				title: "Dependencies",
				panels: [
					table({
						title: "Caller and callee",
						description:
							"Over the whole time range; calls are scaled to a day. `user` stands for whoever called without sending a span.",
						unit: "short",
						w: 24,
						h: 12,
						queries: [
							rows(`${edges("increase", "total", RANGE)} * 86400 / $__range_s`),
							rows(failedShare(RANGE)),
							rows(p95(RANGE)),
						],
						columns: [
							{ field: "client", title: "Caller", links: [consoleTopology(CELL("Caller")), redBoard(CELL("Caller"))] },
							{ field: "server", title: "Callee", links: [consoleTopology(CELL("Callee")), redBoard(CELL("Callee"))] },
							{ field: "Value #A", title: "Calls a day", unit: "short" },
							{ field: "Value #B", title: "Failed", unit: "percentunit", steps: TROUBLE },
							{ field: "Value #C", title: "P95", unit: "s" },
						],
						sort: "Calls a day",
						links: map,
					}),
					chart({
						title: "Calls by pair",
						description: "Calls a second of the ten busiest pairs.",
						unit: "reqps",
						w: 8,
						h: 9,
						queries: [lines(`topk(10, ${edges("rate", "total", RATE)})`, { legend: "{{client}} → {{server}}" })],
						links: map,
						dataLinks: ofEdge,
					}),
					chart({
						title: "Failed by pair",
						description: "Share of a pair's calls that failed at the callee, of the ten worst.",
						unit: "percentunit",
						w: 8,
						h: 9,
						queries: [lines(`topk(10, ${failedShare(RATE)})`, { legend: "{{client}} → {{server}}" })],
						max: 0.05,
						links: map,
						dataLinks: ofEdge,
					}),
					chart({
						title: "P95 by pair",
						description: "As the caller sees it, network and waiting included, of the ten slowest.",
						unit: "s",
						w: 8,
						h: 9,
						queries: [lines(`topk(10, ${p95(RATE)})`, { legend: "{{client}} → {{server}}" })],
						links: map,
						dataLinks: ofEdge,
					}),
				],
			},
		],
	});
}
