/** What is around one trace: its spans, its log lines, the RED of its services at that time. */
import { type Board, board } from "../board.ts";
import {
	CELL,
	CHOICE,
	consoleService,
	consoleTrace,
	LABEL,
	redBoard,
	toConsole,
	traceBoard,
	type Way,
} from "../links.ts";
import { chart, logs, nodeGraph, plainTable, traceView } from "../panels.ts";
import { lines, logLines, spans, wholeTrace } from "../queries.ts";
import { callRate, errorRatio, latency } from "../red-promql.ts";
import * as variables from "../variables.ts";

const ofTrace = [consoleTrace(CHOICE("trace"))];
const ofSeries = [redBoard(LABEL("service")), consoleService(LABEL("service"))];

export function traceBoardOf(): Board {
	const several = { of: "several" } as const;
	return board({
		uid: "trivet-trace",
		title: "Trivet / One trace and what is around it",
		description: "A trace by its ID: spans, services, log lines, and the RED of its services at that time.",
		needs: "Tempo; Loki with `trace_id` as structured metadata or in the line; for RED the metrics of that board",
		from: "now-15m",
		variables: [
			variables.engine("prometheus"),
			variables.engine("loki"),
			variables.engine("tempo"),
			variables.consoleUrl(),
			variables.text("trace", "Trace ID", "32 hexadecimal digits; the tables at the bottom have some to choose from"),
			variables.serviceLabel(),
			variables.readingsEvery(),
			variables.services(),
		],
		rows: [
			{
				title: "The trace",
				panels: [
					traceView({
						title: "Spans of $trace",
						description: "The whole trace, looked up by its ID, whatever the time range says.",
						unit: "ns",
						w: 16,
						h: 16,
						queries: [wholeTrace("$trace")],
						links: ofTrace,
					}),
					nodeGraph({
						title: "Spans as a graph",
						description:
							"Who called whom in this trace. Shown when the Tempo data source has its node graph switched on.",
						unit: "ms",
						w: 8,
						h: 16,
						queries: [wholeTrace("$trace")],
						links: ofTrace,
					}),
				],
			},
			{
				title: "Its log lines",
				panels: [
					logs({
						title: "Log lines of the trace",
						description:
							"Lines whose structured metadata names the trace, and lines without one that have the ID in their text. The time range must hold the trace.",
						unit: "short",
						w: 24,
						h: 12,
						queries: [
							logLines('{service_name=~".+"} | trace_id="$trace" | trace_id!=""'),
							logLines('{service_name=~".+"} |= "$trace" |~ "[0-9a-fA-F]{16}" | trace_id=""'),
						],
						links: ofTrace,
						dataLinks: [consoleTrace(CHOICE("trace"))],
					}),
				],
			},
			{
				title: "Services around it",
				panels: [
					chart({
						title: "Rate",
						description: "Requests a second. Choose the trace's services at the top to see them alone.",
						unit: "reqps",
						w: 8,
						h: 8,
						queries: [lines(callRate(several), { legend: "{{service}}" })],
						links: ofTrace,
						dataLinks: ofSeries,
					}),
					chart({
						title: "Failed",
						description: "Share of the requests that failed.",
						unit: "percentunit",
						w: 8,
						h: 8,
						queries: [lines(errorRatio(several), { legend: "{{service}}" })],
						max: 0.05,
						links: ofTrace,
						dataLinks: ofSeries,
					}),
					chart({
						title: "P95",
						description:
							"One request in twenty takes longer than this; dots are single requests that open their trace.",
						unit: "s",
						w: 8,
						h: 8,
						queries: [lines(latency(0.95, several), { legend: "{{service}}", exemplars: true })],
						links: ofTrace,
						dataLinks: ofSeries,
					}),
				],
			},
			{
				title: "Traces to choose from",
				panels: [
					tracesTable({
						title: "Failed spans",
						description: "Spans that ended with an error in the time range. A click on a row's trace shows it above.",
						query: "{status=error} | select(resource.service.name)",
						link: toConsole("Failed traces in Trivet", "/traces?status=error"),
					}),
					tracesTable({
						title: "Slow requests",
						description: "Incoming requests that took 250 ms and more. A click on a row's trace shows it above.",
						query: "{kind=server && duration>250ms} | select(resource.service.name)",
						link: toConsole("Slowest traces in Trivet", "/traces?order=slowest"),
					}),
				],
			},
		],
	});
}

/** Spans to pick a trace from. */
function tracesTable({
	title,
	description,
	query,
	link,
}: {
	title: string;
	description: string;
	query: string;
	link: Way;
}) {
	return plainTable({
		title,
		description,
		unit: "ns",
		w: 12,
		h: 9,
		queries: [spans(query, 50)],
		links: [link],
		dataLinks: [traceBoard(CELL("traceIdHidden")), consoleTrace(CELL("traceIdHidden"))],
	});
}
