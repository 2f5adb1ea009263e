/** The Node processes themselves: utilisation, saturation, errors. */
import { type Board, board } from "../board.ts";
import { consoleService, LABEL, redBoard, toConsole } from "../links.ts";
import { type ChartSpec, chart, type Panel } from "../panels.ts";
import { firstOf } from "../promql.ts";
import { lines } from "../queries.ts";
import * as variables from "../variables.ts";

const OF = '$by=~"$service"';
const RATE = "$__rate_interval";
const overview = [toConsole("Services in Trivet", "/")];
const ofSeries = [consoleService(LABEL("service")), redBoard(LABEL("service"))];

interface Shown extends Pick<ChartSpec, "title" | "description" | "unit" | "max" | "stacked"> {
	/** Grouped by the service's label. */
	exprs: readonly string[];
	/** Also grouped by this. */
	and?: string;
}

function shown({ exprs, and, ...spec }: Shown): Panel {
	// The service's label is the reader's choice; links and legends need one name.
	const named = exprs.map((expr) => `label_replace(${expr}, "service", "$1", "$by", "(.+)")`);
	const by = and ? `service, ${and}` : "service";
	const legend = and ? `{{service}} {{${and}}}` : "{{service}}";
	return chart({
		...spec,
		w: 8,
		h: 8,
		queries: [lines(firstOf(by, ...named), { legend })],
		links: overview,
		dataLinks: ofSeries,
	});
}

const most = (series: string, by = "$by") => `max by (${by}) (${series})`;
const sum = (series: string, by = "$by") => `sum by (${by}) (${series})`;
const rate = (metric: string, more = "") => `rate(${metric}{${OF}${more}}[${RATE}])`;
const POOL = "db_client_connection_pool_name";

export function runtimeBoardOf(): Board {
	return board({
		uid: "trivet-runtime",
		title: "Trivet / Node runtime and saturation",
		description:
			"Utilisation, saturation and errors of Node processes: event loop, garbage collection, heap, CPU, connection pools, queues.",
		needs:
			"`@trivet/instrumentation`, OpenTelemetry's runtime metrics or prom-client's default metrics; pools and causes are the instrumentation's",
		variables: [
			variables.engine("prometheus"),
			variables.consoleUrl(),
			variables.serviceLabel(),
			variables.readingsEvery(),
			variables.services(),
		],
		rows: [
			{
				title: "Utilisation",
				panels: [
					shown({
						title: "Event loop",
						description: "Share of the time in which JavaScript ran. Near 100 % requests queue, whatever the CPU says.",
						unit: "percentunit",
						exprs: [most(`nodejs_eventloop_utilization_ratio{${OF}}`), most(`nodejs_eventloop_utilization{${OF}}`)],
						max: 1,
					}),
					shown({
						title: "CPU",
						description: "Cores in use: 1 is one core all the time.",
						unit: "none",
						exprs: [sum(rate("process_cpu_time_seconds_total")), sum(rate("process_cpu_seconds_total"))],
						max: 1,
					}),
					shown({
						title: "Heap of its limit",
						description:
							"How much of the heap that V8 may use is used. At 100 % the process ends with an out-of-memory error.",
						unit: "percentunit",
						exprs: [
							`max by ($by) (sum by ($by, instance) (v8js_memory_heap_used_bytes{${OF}}) / on ($by, instance) max by ($by, instance) (v8js_memory_heap_size_limit_bytes{${OF}}))`,
							`max by ($by) (sum by ($by, instance) (v8js_memory_heap_used_bytes{${OF}}) / on ($by, instance) sum by ($by, instance) (v8js_memory_heap_limit_bytes{${OF}}))`,
							`max by ($by) (nodejs_heap_size_used_bytes{${OF}} / nodejs_heap_size_total_bytes{${OF}})`,
						],
						max: 1,
					}),
					shown({
						title: "Memory",
						description: "Resident memory of the whole process, of all instances together.",
						unit: "bytes",
						exprs: [sum(`process_memory_usage_bytes{${OF}}`), sum(`process_resident_memory_bytes{${OF}}`)],
					}),
					shown({
						title: "Heap",
						description: "JavaScript's own memory in use, of all instances together.",
						unit: "bytes",
						exprs: [sum(`v8js_memory_heap_used_bytes{${OF}}`), sum(`nodejs_heap_size_used_bytes{${OF}}`)],
					}),
					shown({
						title: "Connection pools",
						description: "Connections that are in use, of those a pool may open. At 100 % the next query waits.",
						unit: "percentunit",
						exprs: [
							`sum by ($by, ${POOL}) (db_client_connection_count{${OF},db_client_connection_state="used"}) / on ($by, ${POOL}) sum by ($by, ${POOL}) (db_client_connection_limit{${OF}})`,
						],
						and: POOL,
						max: 1,
					}),
				],
			},
			{
				title: "Saturation",
				panels: [
					shown({
						title: "Event loop delay, P99",
						description: "How late timers fire, one in a hundred: what every request in the process waits at times.",
						unit: "s",
						exprs: [most(`nodejs_eventloop_delay_p99_seconds{${OF}}`), most(`nodejs_eventloop_lag_p99_seconds{${OF}}`)],
						max: 0.05,
					}),
					shown({
						title: "Garbage collection",
						description: "Share of the time in which nothing else ran because memory was tidied up.",
						unit: "percentunit",
						exprs: [
							`max by ($by) (sum by ($by, instance) (${rate("v8js_gc_duration_seconds_sum")}))`,
							`max by ($by) (sum by ($by, instance) (${rate("nodejs_gc_duration_seconds_sum")}))`,
						],
						max: 0.05,
					}),
					shown({
						title: "Pauses of garbage collection, P99",
						description: "The longest of a hundred pauses, from the histogram's bounds.",
						unit: "s",
						exprs: [
							`histogram_quantile(0.99, ${sum(rate("v8js_gc_duration_seconds_bucket"), "$by, le")})`,
							`histogram_quantile(0.99, ${sum(rate("nodejs_gc_duration_seconds_bucket"), "$by, le")})`,
						],
					}),
					shown({
						title: "Waiting for a connection",
						description: "Queries that wait for the pool to have a connection: 0 when all is well.",
						unit: "short",
						exprs: [sum(`db_client_connection_pending_requests{${OF}}`, `$by, ${POOL}`)],
						and: POOL,
						max: 5,
					}),
					shown({
						title: "Consumers behind",
						description: "Messages that wait to be worked on, by topic. Grows when a consumer is stuck.",
						unit: "short",
						exprs: [sum(`messaging_consumer_lag{${OF}}`, "$by, messaging_destination_name")],
						and: "messaging_destination_name",
					}),
					shown({
						title: "Calls to databases, P95",
						description: "One call in twenty takes longer, by database system, as the process sees it.",
						unit: "s",
						exprs: [
							`histogram_quantile(0.95, ${sum(rate("db_client_operation_duration_seconds_bucket"), "$by, db_system_name, le")})`,
						],
						and: "db_system_name",
					}),
				],
			},
			{
				title: "Errors",
				panels: [
					shown({
						title: "Failed requests by cause",
						description: "What the request failed for: a timeout, the database, another service, what the caller sent.",
						unit: "reqps",
						exprs: [sum(rate("http_request_errors_total"), "$by, cause")],
						and: "cause",
						stacked: true,
					}),
					shown({
						title: "Telemetry dropped",
						description: "Spans, lines and metric points a second that were never sent: 0 when all is well.",
						unit: "cps",
						exprs: [sum(rate("trivet_exported_total", ',outcome=~"dropped.*"'))],
					}),
					shown({
						title: "Youngest process",
						description: "Time since the newest instance started: a saw is a restart loop.",
						unit: "s",
						exprs: [
							`min by ($by) (process_uptime_seconds{${OF}})`,
							`min by ($by) (time() - process_start_time_seconds{${OF}})`,
						],
					}),
				],
			},
		],
	});
}
