/** The observers observed: collector, Tempo, Loki, Prometheus, Alertmanager, Trivet's console. */
import { type Board, board } from "../board.ts";
import { toConsole } from "../links.ts";
import { type ChartSpec, chart, type Panel, type Steps, stat, type Unit } from "../panels.ts";
import { orZero } from "../promql.ts";
import { lines, now } from "../queries.ts";
import * as variables from "../variables.ts";

const RATE = "$__rate_interval";
const links = [toConsole("Status in Trivet", "/status")];
const SOME_IS_BAD: Steps = [
	[null, "green"],
	[1, "red"],
];

type Line = readonly [expr: string, legend: string];

function of(
	title: string,
	description: string,
	unit: Unit,
	exprs: readonly Line[],
	more: Partial<ChartSpec> = {},
): Panel {
	const queries = exprs.map(([expr, legend]) => lines(expr, { legend }));
	return chart({ title, description, unit, w: 8, h: 8, queries, links, dataLinks: links, ...more });
}

function figure(title: string, description: string, expr: string, steps: Steps = SOME_IS_BAD): Panel {
	return stat({ title, description, unit: "short", w: 6, h: 4, queries: [now(expr)], links, steps });
}

const SIGNALS = ["spans", "log_records", "metric_points"];

/** Of several counters, whose names may end with `_total` or not, together: each alone, because rate() drops the names. */
function sumOf(how: "rate" | "increase", window: string, ...names: readonly string[]): string {
	return names.map((name) => `(sum(${how}({__name__=~"${name}(_total)?"}[${window}])) or vector(0))`).join(" + ");
}

const ofSignals = (...names: readonly string[]) =>
	names.flatMap((name) => SIGNALS.map((signal) => `otelcol_${name}_${signal}`));
const bySignal = (name: string) =>
	SIGNALS.map((signal): Line => [sumOf("rate", RATE, `otelcol_${name}_${signal}`), signal.replace("_", " ")]);
const together = (name: string) => sumOf("rate", RATE, ...ofSignals(name));
const DROPPED = [
	...ofSignals("receiver_refused", "exporter_send_failed", "exporter_enqueue_failed"),
	"tempo_discarded_spans",
	"loki_discarded_samples",
];
const p95 = (metric: string, by: string, more = "") =>
	`histogram_quantile(0.95, sum by (${by}, le) (rate(${metric}_bucket${more}[${RATE}])))`;
const CONSOLE = '{job="trivet-console"}';

export function stackBoardOf(): Board {
	return board({
		uid: "trivet-stack",
		title: "Trivet / The stack's own health",
		description:
			"Does telemetry arrive, is any of it dropped, and are the stores quick: collector, Tempo, Loki, Prometheus, Alertmanager, Trivet.",
		needs:
			"the stack's parts as scrape targets (`collector-config/compose/prometheus-targets/scrape-stack.yml` is an example)",
		variables: [variables.engine("prometheus"), variables.consoleUrl(), variables.readingsEvery()],
		rows: [
			{
				title: "At a glance",
				panels: [
					figure("Targets down", "Scrape targets that do not answer.", orZero("count(up == 0)")),
					figure(
						"Firing alerts",
						"Alerts that are firing now, whatever they are about.",
						orZero('count(ALERTS{alertstate="firing"})'),
					),
					figure(
						"Telemetry dropped",
						"Spans, lines and points that were refused, discarded or not sent on in the time range.",
						sumOf("increase", "$__range", ...DROPPED),
					),
					figure(
						"Rules that fail",
						"Evaluations of recording and alerting rules that failed in the time range.",
						orZero("sum(increase(prometheus_rule_evaluation_failures_total[$__range]))"),
					),
					of("Targets", "1 is up, 0 is down: the worst of each job.", "none", [["min by (job) (up)", "{{job}}"]], {
						w: 12,
						max: 1,
					}),
					of(
						"Memory",
						"Resident memory of each part.",
						"bytes",
						[
							["max by (job) (process_resident_memory_bytes)", "{{job}}"],
							['max by (job) ({__name__=~"otelcol_process_memory_rss(_bytes)?"})', "{{job}}"],
						],
						{ w: 12 },
					),
				],
			},
			{
				title: "Collector",
				panels: [
					of(
						"Taken in",
						"Spans, lines and metric points a second that the collector accepted.",
						"cps",
						bySignal("receiver_accepted"),
					),
					of(
						"Sent on",
						"The same a second, given to the stores. Less than what is taken in: queues grow, or filters work.",
						"cps",
						bySignal("exporter_sent"),
					),
					of(
						"Lost on the way",
						"Refused at the door or given up after all tries, a second: 0 when all is well.",
						"cps",
						[
							[together("receiver_refused"), "refused"],
							[together("exporter_send_failed"), "not sent"],
							[together("exporter_enqueue_failed"), "queue full"],
						],
					),
					of(
						"Queues",
						"How full the exporters' queues are. Full means that data is about to be refused.",
						"percentunit",
						[["max by (exporter) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)", "{{exporter}}"]],
						{ w: 12, max: 1 },
					),
					of(
						"CPU",
						"Cores in use by each part: 1 is one core all the time.",
						"none",
						[
							[`max by (job) (rate(process_cpu_seconds_total[${RATE}]))`, "{{job}}"],
							[`max by (job) (rate({__name__=~"otelcol_process_cpu_seconds(_total)?"}[${RATE}]))`, "{{job}}"],
						],
						{ w: 12 },
					),
				],
			},
			{
				title: "Tempo",
				panels: [
					of("Spans in", "Spans a second that Tempo received, and those it threw away.", "cps", [
						[`sum(rate(tempo_distributor_spans_received_total[${RATE}]))`, "received"],
						[orZero(`sum(rate(tempo_discarded_spans_total[${RATE}]))`), "discarded"],
					]),
					of("Requests, P95", "One request in twenty takes longer, by route.", "s", [
						[
							p95("tempo_request_duration_seconds", "route", '{route!~".*(ready|metrics|health|Health).*"}'),
							"{{route}}",
						],
					]),
					of(
						"Span metrics",
						"Series that the generator keeps, and edges of the service graph it could not pair, a second.",
						"short",
						[
							["sum(tempo_metrics_generator_registry_active_series)", "series"],
							[
								orZero(`sum(rate(tempo_metrics_generator_processor_service_graphs_expired_edges[${RATE}]))`),
								"unpaired edges a second",
							],
						],
					),
				],
			},
			{
				title: "Loki",
				panels: [
					of("Lines in", "Lines a second that Loki received, and those it threw away.", "cps", [
						[`sum(rate(loki_distributor_lines_received_total[${RATE}]))`, "received"],
						[orZero(`sum(rate(loki_discarded_samples_total[${RATE}]))`), "discarded"],
					]),
					of("Requests, P95", "One request in twenty takes longer, by route.", "s", [
						[
							p95("loki_request_duration_seconds", "route", '{route!~".*(ready|metrics|health|Health).*"}'),
							"{{route}}",
						],
					]),
					of(
						"Streams",
						"Streams that are written to: each is a set of labels. Thousands slow everything down.",
						"short",
						[["sum(loki_ingester_memory_streams)", "streams"]],
					),
				],
			},
			{
				title: "Prometheus and Alertmanager",
				panels: [
					of("Samples in", "Samples a second that Prometheus stored.", "cps", [
						[`sum(rate(prometheus_tsdb_head_samples_appended_total[${RATE}]))`, "samples"],
					]),
					of("Series", "Series in memory, and exemplars that are kept.", "short", [
						["sum(prometheus_tsdb_head_series)", "series"],
						[orZero("sum(prometheus_tsdb_exemplar_exemplars_in_storage)"), "exemplars"],
					]),
					of("Queries, P99", "One query in a hundred takes longer, by its phase.", "s", [
						['max by (slice) (prometheus_engine_query_duration_seconds{quantile="0.99"})', "{{slice}}"],
					]),
					of("Rules", "Evaluations a second, those that failed, and rounds that were left out.", "ops", [
						[`sum(rate(prometheus_rule_evaluations_total[${RATE}]))`, "evaluated"],
						[orZero(`sum(rate(prometheus_rule_evaluation_failures_total[${RATE}]))`), "failed"],
						[orZero(`sum(rate(prometheus_rule_group_iterations_missed_total[${RATE}]))`), "missed"],
					]),
					of(
						"Alerts on their way",
						"Sent to Alertmanager a second, lost before it, and notifications that failed after it.",
						"ops",
						[
							[orZero(`sum(rate(prometheus_notifications_sent_total[${RATE}]))`), "sent"],
							[orZero(`sum(rate(prometheus_notifications_dropped_total[${RATE}]))`), "dropped"],
							[orZero(`sum(rate(alertmanager_notifications_failed_total[${RATE}]))`), "failed notifications"],
						],
					),
					of("Alerts held", "Alerts that Alertmanager knows, by state.", "short", [
						["sum by (state) (alertmanager_alerts)", "{{state}}"],
					]),
				],
			},
			{
				title: "Trivet's console",
				panels: [
					of("Requests", "Requests a second to the console's API, by status.", "reqps", [
						[
							`sum by (http_response_status_code) (rate(http_server_request_duration_seconds_count${CONSOLE}[${RATE}]))`,
							"{{http_response_status_code}}",
						],
					]),
					of("Requests, P95", "One request in twenty takes longer, by route.", "s", [
						[p95("http_server_request_duration_seconds", "http_route", CONSOLE), "{{http_route}}"],
					]),
					of("Event loop lag, P99", "What every request to the console waits at times.", "s", [
						[`max(nodejs_eventloop_lag_p99_seconds${CONSOLE})`, "P99"],
					]),
				],
			},
		],
	});
}
