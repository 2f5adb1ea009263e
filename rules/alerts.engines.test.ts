/** Every alert: when it fires and when it does not, on series made up for it, in Prometheus' own rule engine. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { howToBuild, missingEngines } from "../engines/engines.ts";
import { ROOT } from "../engines/recipes.ts";
import { expectOfRules, firedUntil, firingAt, grows, RULES, type Series, stands } from "./testing-promtool.ts";

const missing = missingEngines(["prometheus"]);
const skipped = missing.length > 0 && process.env.CI !== "true";
if (skipped) console.warn(`Skipped: ${howToBuild(missing)}`);

type Phase = readonly [perSecond: number, seconds: number];

/** Requests of semantic conventions that end within `withinS` (a bound). */
function http(service: string, status: string, phases: readonly Phase[], withinS = 0.1): Series {
	return histogram(
		"http_server_request_duration_seconds",
		`job="${service}",instance="1",service_name="${service}",http_response_status_code="${status}"`,
		phases,
		withinS,
	);
}

function histogram(metric: string, labels: string, phases: readonly Phase[], within: number, unit = 1): Series {
	const all = grows(...phases);
	const none = all.map(() => 0);
	const bounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5].map((bound) => bound * unit);
	return {
		...Object.fromEntries(
			bounds.map((le) => [`${metric}_bucket{${labels},le="${le}"}`, le >= within * unit ? all : none]),
		),
		[`${metric}_bucket{${labels},le="+Inf"}`]: all,
		[`${metric}_count{${labels}}`]: all,
	};
}

const calls = (client: string, server: string, phases: readonly Phase[]): Series => ({
	[`traces_service_graph_request_total{client="${client}",server="${server}"${client === "user" ? ',connection_type="virtual_node"' : ""}}`]:
		grows(...phases),
});

const gauge = (name: string, ...phases: (readonly [number | null, number])[]): Series => ({
	[name]: stands(...phases),
});

const SHOP = 'instance="1",service_name="orders"';
const orders = (status: string, ...phases: Phase[]): Series => ({
	[`shop_orders_total{${SHOP},status="${status}"}`]: grows(...phases),
});
const redis = (withinS: number, perSecond: number): Series =>
	histogram(
		"db_client_operation_duration_seconds",
		'service_name="cart",server_address="redis",db_system_name="redis"',
		[[perSecond, 300]],
		withinS,
	);

/** What fires at which second. */
type Case = readonly [title: string, series: Series, fires: Readonly<Record<number, readonly string[]>>];

const CASES: Readonly<Record<string, readonly Case[]>> = {
	ServiceErrors: [
		[
			"a third of the requests fails: within a minute",
			{
				...http("shop", "200", [
					[2, 900],
					[1.4, 300],
				]),
				...http("shop", "500", [
					[0, 900],
					[0.6, 300],
				]),
			},
			{ 900: [], 960: ["ServiceErrors shop"] },
		],
		["one in a hundred", { ...http("shop", "200", [[2, 900]]), ...http("shop", "500", [[0.02, 900]]) }, { 900: [] }],
		["few requests, all of them failing", http("shop", "500", [[0.02, 900]]), { 900: [] }],
		["no request at all: nothing is divided by nothing", http("shop", "500", [[0, 900]]), { 900: [] }],
		["the caller's mistakes", http("shop", "404", [[2, 900]]), { 900: [] }],
	],
	ServiceSlow: [
		[
			"slower than slo.yaml says",
			http("catalog", "200", [[2, 300]], 0.5),
			{ 15: [], 120: ["ServiceSlow catalog", "SloBurnFast catalog", "SloBurnSlow catalog"] },
		],
		["as fast as slo.yaml says", http("catalog", "200", [[2, 300]], 0.25), { 300: [] }],
		[
			"a service without objectives: a second and more",
			http("other", "200", [[2, 300]], 2.5),
			{ 300: ["ServiceSlow other"] },
		],
		["half a second without objectives", http("other", "200", [[2, 300]], 0.5), { 300: [] }],
		["a handful of slow requests", http("catalog", "200", [[0.008, 900]], 0.5), { 900: [] }],
	],
	NoTraffic: [
		[
			"traffic that ends",
			http("shop", "200", [
				[1, 3600],
				[0, 900],
			]),
			{ 3600: [], 3900: ["NoTraffic shop"] },
		],
		["a service that is gone, its series with it", http("shop", "200", [[1, 3600]]), { 3900: ["NoTraffic shop"] }],
		[
			"hardly any traffic that pauses",
			http("shop", "200", [
				[0.02, 3600],
				[0, 900],
			]),
			{ 4500: [] },
		],
		["traffic that goes on", http("shop", "200", [[1, 4500]]), { 4500: [] }],
	],
	HighRedisLatency: [
		["P99 beyond 150 ms", redis(0.5, 1), { 120: ["HighRedisLatency cart"] }],
		["P99 of 100 ms", redis(0.1, 1), { 300: [] }],
		["a few slow commands", redis(0.5, 0.05), { 300: [] }],
		[
			"another database that is slow",
			histogram(
				"db_client_operation_duration_seconds",
				'service_name="cart",db_system_name="postgresql"',
				[[1, 300]],
				0.5,
			),
			{ 300: [] },
		],
	],
	PoolWaiting: [
		[
			"callers wait at every reading",
			gauge(`db_client_connection_pending_requests{${SHOP},db_client_connection_pool_name="db"}`, [0, 300], [3, 120]),
			{ 300: [], 345: ["PoolWaiting orders"] },
		],
		[
			"callers wait now and then",
			gauge(
				`db_client_connection_pending_requests{${SHOP},db_client_connection_pool_name="db"}`,
				[0, 300],
				[3, 30],
				[0, 15],
				[5, 30],
				[0, 15],
			),
			{ 330: [], 345: [], 375: [], 390: [] },
		],
	],
	PoolExhausted: [
		[
			"all of eight connections in use",
			{
				...gauge(
					`db_client_connection_count{${SHOP},db_client_connection_pool_name="db",db_client_connection_state="used"}`,
					[3, 300],
					[8, 180],
				),
				...gauge(`db_client_connection_limit{${SHOP},db_client_connection_pool_name="db"}`, [8, 480]),
			},
			{ 360: [], 435: ["PoolExhausted orders"] },
		],
		[
			"the only connection in use",
			{
				...gauge(
					`db_client_connection_count{${SHOP},db_client_connection_pool_name="db",db_client_connection_state="used"}`,
					[1, 300],
				),
				...gauge(`db_client_connection_limit{${SHOP},db_client_connection_pool_name="db"}`, [1, 300]),
			},
			{ 300: [] },
		],
	],
	ConsumerStuck: [
		[
			"a queue that fills while nothing is worked on",
			{
				[`fulfilment_queue_depth{${SHOP}}`]: [...stands([0, 300]), 2, 5, 7, 9, 12, 15],
				[`messaging_process_duration_seconds_count{${SHOP}}`]: grows([0.2, 285], [0, 90]),
			},
			{ 300: [], 360: ["ConsumerStuck orders"] },
		],
		[
			"Kafka's lag that stands still",
			{
				...gauge(`messaging_consumer_lag{${SHOP},topic="a"}`, [0, 300], [9, 90]),
				[`messaging_process_duration_seconds_count{${SHOP}}`]: grows([0.2, 285], [0, 90]),
			},
			{ 360: ["ConsumerStuck orders"] },
		],
		[
			"a backlog that is being worked on",
			{
				[`fulfilment_queue_depth{${SHOP}}`]: grows([1, 390]),
				[`messaging_process_duration_seconds_count{${SHOP}}`]: grows([0.2, 390]),
			},
			{ 390: [] },
		],
		[
			"nothing to do",
			{
				...gauge(`fulfilment_queue_depth{${SHOP}}`, [0, 390]),
				[`messaging_process_duration_seconds_count{${SHOP}}`]: grows([0, 390]),
			},
			{ 390: [] },
		],
	],
	TargetDown: [
		[
			"a target that stops answering",
			gauge('up{job="shop",instance="a:1",service_name="shop"}', [1, 300], [0, 120]),
			{ 300: [], 360: ["TargetDown shop"] },
		],
		[
			"one scrape that fails",
			gauge('up{job="shop",instance="a:1",service_name="shop"}', [1, 300], [0, 15], [1, 90]),
			{ 315: [], 390: [] },
		],
		["a target that never was", gauge('up{job="shop",instance="a:1",service_name="shop"}', [0, 600]), { 600: [] }],
	],
	EventLoopLag: [
		[
			"blocked for a minute",
			gauge(`nodejs_eventloop_delay_p99_seconds{${SHOP}}`, [0.02, 300], [0.8, 120]),
			{ 300: [], 375: ["EventLoopLag orders"] },
		],
		[
			"prom-client's own metric",
			gauge(`nodejs_eventloop_lag_p99_seconds{${SHOP}}`, [0.02, 300], [0.8, 120]),
			{ 375: ["EventLoopLag orders"] },
		],
		[
			"one pause",
			gauge(`nodejs_eventloop_delay_p99_seconds{${SHOP}}`, [0.02, 300], [0.8, 15], [0.02, 105]),
			{ 315: [], 345: [], 405: [] },
		],
	],
	RestartLoop: [
		[
			"instances that come and go",
			Object.assign(
				{},
				...[0, 1, 2, 3].map((i) =>
					gauge(`process_uptime_seconds{instance="${i}",service_name="inventory"}`, [null, 15 + i * 15], [5, 15]),
				),
			),
			{ 60: [], 120: ["RestartLoop inventory"] },
		],
		[
			"one instance whose time begins again and again",
			{ [`process_uptime_seconds{${SHOP}}`]: [300, 315, 4, 19, 3, 18, 2, 17] },
			{ 45: [], 90: ["RestartLoop orders"] },
		],
		[
			"a new release on three instances",
			Object.assign(
				{},
				...[0, 1, 2].flatMap((i) => [
					{ [`process_uptime_seconds{instance="old${i}",service_name="shop"}`]: grows([1, 300]).map((s) => s + 9_000) },
					{
						[`process_uptime_seconds{instance="new${i}",service_name="shop"}`]: [
							...stands([null, 300]),
							...grows([1, 300]),
						],
					},
				]),
			),
			{ 330: [], 420: [], 600: [] },
		],
	],
	OrderSuccessLow: [
		[
			"one order in fifty fails, for five minutes",
			{ ...orders("paid", [0.98, 1200]), ...orders("failed", [0, 300], [0.02, 900]) },
			{ 300: [], 540: [], 660: ["OrderSuccessLow orders"] },
		],
		[
			"declined cards",
			{ ...orders("paid", [0.9, 900]), ...orders("declined", [0.1, 900]), ...orders("failed", [0, 900]) },
			{ 900: [] },
		],
		[
			"one that fails",
			{ ...orders("paid", [1, 900]), ...orders("failed", [0, 300], [1 / 15, 15], [0, 585]) },
			{ 330: [], 600: [], 900: [] },
		],
		["nobody buys", { ...orders("paid", [0, 900]), ...orders("failed", [0, 900]) }, { 900: [] }],
		[
			"three orders in ten minutes, one of them failing",
			{ ...orders("paid", [0.003, 900]), ...orders("failed", [0.0016, 900]) },
			{ 900: [] },
		],
	],
	TracesBroken: [
		[
			"requests of a service that others call begin traces of their own",
			{
				...calls("storefront", "cart", [
					[1, 3600],
					[0, 120],
				]),
				...calls("user", "cart", [
					[0, 3600],
					[1, 120],
				]),
			},
			{ 3600: [], 3660: ["TracesBroken cart"] },
		],
		["the first service of the shop", calls("user", "storefront", [[1, 3720]]), { 3720: [] }],
	],
	NewDependency: [
		[
			"a call that was not made before",
			{
				...calls("storefront", "orders", [[1, 3720]]),
				...calls("fraud", "orders", [
					[0, 3600],
					[1, 120],
				]),
				...http("orders", "200", [[1, 3720]]),
			},
			{ 3600: [], 3660: ["NewDependency fraud"] },
		],
		[
			"at the start of everything",
			{
				...calls("storefront", "orders", [[1, 900]]),
				...calls("fraud", "orders", [
					[0, 120],
					[1, 780],
				]),
				...http("orders", "200", [[1, 900]]),
			},
			{ 150: [], 300: [], 900: [] },
		],
	],
	StoreDown: [
		[
			"Loki stops answering",
			gauge('up{job="loki",instance="l:1"}', [1, 300], [0, 120]),
			{ 345: [], 375: ["StoreDown"] },
		],
		["an engine that is not run", gauge('up{job="loki",instance="l:1"}', [0, 600]), { 600: [] }],
	],
	TelemetryDropped: [
		[
			"the collector's first loss",
			{
				...gauge('up{job="collector",instance="c:1"}', [1, 420]),
				...gauge(
					'otelcol_exporter_send_failed_spans{job="collector",instance="c:1",exporter="tempo"}',
					[null, 300],
					[120, 120],
				),
			},
			{ 285: [], 300: ["TelemetryDropped"] },
		],
		[
			"Tempo refuses spans",
			{
				...gauge('up{job="tempo",instance="t:1"}', [1, 420]),
				'tempo_discarded_spans_total{job="tempo",instance="t:1"}': grows([0, 300], [2, 120]),
			},
			{ 300: [], 330: ["TelemetryDropped"] },
		],
		[
			"an old loss, and a restart",
			{
				...gauge('up{job="collector",instance="c:1"}', [1, 900]),
				...gauge(
					'otelcol_exporter_enqueue_failed_log_records_total{job="collector",instance="c:1"}',
					[50, 600],
					[0, 300],
				),
			},
			{ 300: [], 630: [], 900: [] },
		],
		[
			"a Prometheus that has just been started beside a collector with old losses",
			{
				...gauge('up{job="collector",instance="c:1"}', [null, 300], [1, 300]),
				...gauge(
					'otelcol_exporter_enqueue_failed_log_records_total{job="collector",instance="c:1"}',
					[null, 300],
					[50, 300],
				),
			},
			{ 300: [], 360: [], 420: [], 435: [] },
		],
	],
	ServiceTelemetryDropped: [
		[
			"a full queue",
			{ [`trivet_exported_total{${SHOP},item="spans",outcome="dropped_queue_full"}`]: grows([0, 300], [5, 90]) },
			{ 300: [], 330: ["ServiceTelemetryDropped orders"] },
		],
		["all is sent", { [`trivet_exported_total{${SHOP},item="spans",outcome="sent"}`]: grows([5, 390]) }, { 390: [] }],
	],
	SloBurnFast: [
		[
			"a fifth of an hour's requests fails",
			{
				...http("cart", "200", [
					[2, 3600],
					[1.6, 1800],
				]),
				...http("cart", "500", [
					[0, 3600],
					[0.4, 1800],
				]),
			},
			{ 3600: [], 3720: ["ServiceErrors cart"], 5400: ["ServiceErrors cart", "SloBurnFast cart", "SloBurnSlow cart"] },
		],
		[
			"over for five minutes: no longer",
			{
				...http("cart", "200", [
					[2, 3600],
					[0, 1800],
					[2, 900],
				]),
				...http("cart", "500", [
					[0, 3600],
					[2, 1800],
					[0, 900],
				]),
			},
			{ 5400: ["ServiceErrors cart", "SloBurnFast cart", "SloBurnSlow cart"], 6000: ["SloBurnSlow cart"] },
		],
		[
			"too slow for nearly all",
			http("inventory", "200", [[1, 3600]], 2.5),
			{ 3600: ["ServiceSlow inventory", "SloBurnFast inventory", "SloBurnSlow inventory"] },
		],
		["nine failures of nine", http("cart", "500", [[0.0025, 3600]]), { 3600: [] }],
		[
			"a service without objectives",
			{ ...http("other", "200", [[1, 3600]]), ...http("other", "500", [[0.04, 3600]]) },
			{ 3600: [] },
		],
	],
	SloBurnSlow: [
		[
			"one request in twenty-five, for hours",
			{ ...http("cart", "200", [[0.96, 7200]]), ...http("cart", "500", [[0.04, 7200]]) },
			{ 7200: ["SloBurnSlow cart"] },
		],
	],
};

/** The same service, measured by each profile: a tenth fails, all are slow. */
const PROFILES: readonly (readonly [title: string, (status: "ok" | "failed", phases: readonly Phase[]) => Series])[] = [
	["semantic conventions", (status, phases) => http("shop", status === "ok" ? "200" : "503", phases, 2.5)],
	[
		"semantic conventions, named by the job alone",
		(status, phases) =>
			histogram(
				"http_server_request_duration_seconds",
				`job="team/shop",instance="1",http_response_status_code="${status === "ok" ? 200 : 503}"`,
				phases,
				2.5,
			),
	],
	[
		"prom-client's usual names",
		(status, phases) =>
			histogram(
				"http_request_duration_seconds",
				`job="shop",instance="1",status_code="${status === "ok" ? 200 : 503}"`,
				phases,
				2.5,
			),
	],
	[
		"prom-client with other labels",
		(status, phases) =>
			histogram(
				"http_request_duration_seconds",
				`job="x",service="shop",code="${status === "ok" ? 200 : 503}"`,
				phases,
				2.5,
			),
	],
	[
		"Tempo's span metrics",
		(status, phases) =>
			histogram(
				"traces_spanmetrics_latency",
				`service="shop",span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_${status === "ok" ? "UNSET" : "ERROR"}"`,
				phases,
				2.5,
			),
	],
	[
		"the collector's span metrics, in milliseconds",
		(status, phases) =>
			histogram(
				"traces_span_metrics_duration_milliseconds",
				`job="shop",service_name="shop",span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_${status === "ok" ? "UNSET" : "ERROR"}"`,
				phases,
				2.5,
				1000,
			),
	],
];

describe.skipIf(skipped)("alerts", () => {
	for (const [alert, cases] of Object.entries(CASES)) {
		test.each(cases)(`${alert}: %s`, async (_, series, fires) => {
			await expectOfRules(
				series,
				Object.entries(fires).map(([atS, alerts]) => firingAt(Number(atS), alerts)),
			);
		});
	}

	test.each(PROFILES)("rate, errors and duration by %s", async (_, series) => {
		const all = { ...series("ok", [[0.9, 600]]), ...series("failed", [[0.1, 600]]) };
		const shop = '{service_name="shop"}';
		await expectOfRules(all, [
			firingAt(600, ["ServiceErrors shop", "ServiceSlow shop"]),
			{ atS: 600, expr: "round(trivet:requests:rate2m, 0.001)", samples: { [shop]: 1 } },
			{ atS: 600, expr: "round(trivet:request_errors:rate2m, 0.001)", samples: { [shop]: 0.1 } },
			{
				atS: 600,
				expr: "round(histogram_quantile(0.5, trivet:request_duration_seconds_bucket:rate5m), 0.001)",
				samples: { [shop]: 1.75 },
			},
		]);
	});

	test("a service with two profiles is read from the first alone; internal spans are no requests", async () => {
		const spans = (kind: string) => `service="shop",span_kind="SPAN_KIND_${kind}",status_code="STATUS_CODE_ERROR"`;
		await expectOfRules(
			{
				...http("shop", "200", [[1, 600]]),
				...histogram("traces_spanmetrics_latency", spans("SERVER"), [[5, 600]], 2.5),
				...histogram("traces_spanmetrics_latency", spans("INTERNAL").replace("shop", "other"), [[5, 600]], 2.5),
			},
			[
				firedUntil(600, []),
				{ atS: 600, expr: "round(trivet:requests:rate2m, 0.001)", samples: { '{service_name="shop"}': 1 } },
			],
		);
	});

	test("the budget: a tenth of the requests failed where one in two hundred may", async () => {
		const cart = '{service_name="cart",slo="availability"}';
		await expectOfRules({ ...http("cart", "200", [[0.9, 3600]]), ...http("cart", "500", [[0.1, 3600]]) }, [
			{ atS: 3600, expr: 'round(slo:sli_error:ratio_rate30d{slo="availability"}, 0.001)', samples: { [cart]: 0.1 } },
			{ atS: 3600, expr: 'round(slo:error_budget:remaining_ratio{slo="availability"}, 0.1)', samples: { [cart]: -19 } },
			{
				atS: 3600,
				expr: 'round(slo:error_budget:remaining_ratio{slo="latency"}, 0.1)',
				samples: { '{service_name="cart",slo="latency"}': 1 },
			},
		]);
	});

	const alerts = readdirSync(RULES).flatMap((name) => {
		const { groups } = parse(readFileSync(join(RULES, name), "utf8")) as {
			groups: { rules: { alert?: string; labels?: Record<string, string>; annotations?: Record<string, string> }[] }[];
		};
		return groups.flatMap(({ rules }) => rules.filter(({ alert }) => alert !== undefined));
	});

	test("each has cases here, a severity, a summary, a runbook and a place in the console", () => {
		expect(alerts.map(({ alert }) => alert).sort()).toEqual(Object.keys(CASES).sort());
		const runbooks = readFileSync(join(ROOT, "docs/runbooks.md"), "utf8");
		for (const { alert, labels, annotations } of alerts) {
			expect(labels?.severity).toMatch(/^(critical|warning|info)$/);
			expect(annotations).toEqual({
				summary: expect.stringMatching(/^.{20,200}$/),
				runbook_url: `http://localhost:3000/runbooks/${alert}`,
				console_url: expect.stringMatching(/^http:\/\/localhost:3000\/(services|topology|status)/),
			});
			expect(runbooks).toContain(`\n## ${alert}\n`);
		}
	});
});
