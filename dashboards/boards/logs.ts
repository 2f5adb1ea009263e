/** Log lines by service, level and pattern. */
import { type Board, board } from "../board.ts";
import { CELL, consoleLogs, LABEL, logsBoard, redBoard, toConsole } from "../links.ts";
import { chart, logs, table } from "../panels.ts";
import { lines, logCounts, logLines, logRows } from "../queries.ts";
import { errorRate } from "../red-promql.ts";
import * as variables from "../variables.ts";

const LINES = '{service_name=~"$service"} |~ "(?i)$search" | detected_level=~"$level"';
const SERIOUS = '{service_name=~"$service"} |~ "(?i)$search" | detected_level=~"error|fatal|critical"';
/** What tells lines of one pattern apart: numbers and ids of any length. */
const PATTERN =
	'| label_format template=`{{ regexReplaceAll "[0-9a-fA-F]+[0-9][0-9a-fA-F-]*|[0-9]+" __line__ "<_>" }}`';
const AUTO = "$__auto";
/** Of a short range a point would be a second, and bars thinner than the screen shows. */
const LEAST = "15s";
const RANGE = "$__range";

const page = [toConsole("Log lines in Trivet", "/logs")];
const ofSeries = [logsBoard(LABEL("service_name")), consoleLogs(LABEL("service_name"))];

export function logsBoardOf(): Board {
	return board({
		uid: "trivet-logs",
		title: "Trivet / Logs by service, level and pattern",
		description:
			"How many lines of which level from which service, the patterns they follow, and the lines, each with a link to its trace.",
		needs:
			"Loki 3 with `service_name` as a label and `detected_level` (both are Loki's own defaults); Prometheus for one chart",
		from: "now-10m",
		variables: [
			variables.engine("loki"),
			variables.engine("prometheus"),
			variables.consoleUrl(),
			variables.serviceLabel(),
			variables.readingsEvery(),
			variables.logServices(),
			variables.levels(),
			variables.patternLevels(),
			variables.text("search", "Contains", "A regular expression, upper and lower case alike"),
		],
		rows: [
			{
				title: "How many",
				panels: [
					chart({
						title: "By level",
						description: "Lines of the chosen services and levels; the legend has how many there are of each level.",
						unit: "short",
						w: 12,
						h: 8,
						queries: [logCounts(`sum by (detected_level) (count_over_time(${LINES} [${AUTO}]))`, "{{detected_level}}")],
						least: LEAST,
						counts: true,
						stacked: true,
						links: page,
						dataLinks: [toConsole("These lines in Trivet", `/logs?level=${LABEL("detected_level")}`)],
					}),
					chart({
						title: "By service",
						description: "Lines of the chosen services and levels; the legend has how many there are of each service.",
						unit: "short",
						w: 12,
						h: 8,
						queries: [logCounts(`sum by (service_name) (count_over_time(${LINES} [${AUTO}]))`, "{{service_name}}")],
						least: LEAST,
						counts: true,
						stacked: true,
						links: page,
						dataLinks: ofSeries,
					}),
					chart({
						title: "Errors by service",
						description: "Lines a second of level error, fatal and critical, whatever level is chosen.",
						unit: "cps",
						w: 12,
						h: 8,
						queries: [logCounts(`sum by (service_name) (rate(${SERIOUS} [${AUTO}]))`, "{{service_name}}")],
						least: LEAST,
						links: page,
						dataLinks: ofSeries,
					}),
					chart({
						title: "Failed requests of the same services",
						description: "To lay beside the lines: requests a second that failed, from metrics.",
						unit: "reqps",
						w: 12,
						h: 8,
						queries: [lines(errorRate({ of: "several" }), { legend: "{{service}}" })],
						links: page,
						dataLinks: [redBoard(LABEL("service")), consoleLogs(LABEL("service"))],
					}),
				],
			},
			{
				title: "Patterns",
				panels: [
					table({
						title: "Patterns",
						description:
							"Lines of the levels chosen for patterns, their numbers and ids left out (<_>): the 50 most frequent in the time range. All levels over a long time take Loki seconds.",
						unit: "short",
						w: 24,
						h: 12,
						queries: [
							logRows(
								`topk(50, sum by (service_name, detected_level, template) (count_over_time({service_name=~"$service"} |~ "(?i)$search" | detected_level=~"$patterns" ${PATTERN} [${RANGE}])))`,
							),
						],
						columns: [
							{ field: "template", title: "Pattern" },
							{
								field: "service_name",
								title: "Service",
								width: 160,
								links: [logsBoard(CELL("Service")), consoleLogs(CELL("Service"))],
							},
							{ field: "detected_level", title: "Level", width: 100 },
							{ field: "Value #A", title: "Lines", unit: "short", width: 100 },
						],
						sort: "Lines",
						links: page,
					}),
				],
			},
			{
				title: "Lines",
				panels: [
					logs({
						title: "Lines",
						description:
							"The newest of the chosen lines. Open one: its trace_id leads to the trace where the Loki data source has derived fields.",
						unit: "short",
						w: 24,
						h: 16,
						queries: [logLines(LINES)],
						links: page,
					}),
				],
			},
		],
	});
}
