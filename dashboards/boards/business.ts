/** What the shop is there for: orders that end paid, and how long paying takes. An example of a board about one's own metrics. */
import { type Board, board } from "../board.ts";
import { consoleService, consoleTraces, LABEL, redBoard, toConsole } from "../links.ts";
import { chart, heatmap, type Steps, stat } from "../panels.ts";
import { orZero } from "../promql.ts";
import { buckets, lines, now } from "../queries.ts";
import * as variables from "../variables.ts";

const RATE = "$__rate_interval";
const RANGE = "$__range";
/** The promise of the rules: under 99.5 % somebody is paged. */
const SUCCESS: Steps = [
	[null, "red"],
	[0.99, "yellow"],
	[0.995, "green"],
];

const orders = (window: string, which = "") => `sum(rate(shop_orders_total${which}[${window}]))`;
/** What the customer's card or the stock decides is no failure of ours. */
const success = (window: string) =>
	`1 - clamp_max((${orders(window, '{status="failed"}')} or vector(0)) / (${orders(window)} > 0), 1)`;

const links = [consoleService("orders"), consoleTraces("orders"), redBoard("orders")];
const ofSeries = [consoleService(LABEL("service_name")), redBoard(LABEL("service_name"))];
const event = (title: string, description: string, metric: string, by: string) =>
	chart({
		title,
		description,
		unit: "ops",
		w: 8,
		h: 8,
		queries: [lines(`sum by (service_name, ${by}) (rate(${metric}[${RATE}]))`, { legend: `{{${by}}}` })],
		stacked: true,
		links,
		dataLinks: ofSeries,
	});

export function businessBoardOf(): Board {
	return board({
		uid: "trivet-business",
		title: "Trivet / Orders and payments",
		description:
			"Order success, payment latency with exemplars, and what happens in the shop: a board about an application's own metrics.",
		needs:
			"the demo shop's metrics (`shop_orders_total`, `shop_payment_duration_seconds`, ...), or yours by these names",
		variables: [variables.engine("prometheus"), variables.consoleUrl(), variables.readingsEvery()],
		rows: [
			{
				title: "Orders",
				panels: [
					stat({
						title: "Order success",
						description:
							"Orders that did not fail for a reason of ours, of all in the time range. Declined cards and empty stock are no failures.",
						unit: "percentunit",
						w: 6,
						h: 5,
						queries: [now(success(RANGE))],
						steps: SUCCESS,
						links,
					}),
					stat({
						title: "Paid orders",
						description: "Orders that were paid in the time range.",
						unit: "short",
						w: 6,
						h: 5,
						queries: [now(`sum(increase(shop_orders_total{status="paid"}[${RANGE}]))`)],
						links,
					}),
					stat({
						title: "Revenue",
						description: "Of the paid orders in the time range.",
						unit: "currencyUSD",
						w: 6,
						h: 5,
						queries: [now(`sum(increase(revenue_cents_total[${RANGE}])) / 100`)],
						links,
					}),
					stat({
						title: "Payment, P95",
						description: "One payment in twenty takes longer, over the time range.",
						unit: "s",
						w: 6,
						h: 5,
						queries: [
							now(`histogram_quantile(0.95, sum by (le) (rate(shop_payment_duration_seconds_bucket[${RANGE}])))`),
						],
						links,
					}),
					chart({
						title: "Order success",
						description: "The same over time. Under 99.5 % for five minutes somebody is paged.",
						unit: "percentunit",
						w: 12,
						h: 9,
						queries: [lines(success(RATE), { legend: "success" })],
						max: 1,
						steps: SUCCESS,
						links,
						dataLinks: links,
					}),
					chart({
						title: "Orders by how they ended",
						description:
							"Orders a second: paid, declined by the card, out of stock, failed. A dot is one order's trace.",
						unit: "ops",
						w: 12,
						h: 9,
						queries: [
							lines(`sum by (service_name, status) (rate(shop_orders_total[${RATE}]))`, {
								legend: "{{status}}",
								exemplars: true,
							}),
						],
						stacked: true,
						links,
						dataLinks: ofSeries,
					}),
				],
			},
			{
				title: "Payments",
				panels: [
					heatmap({
						title: "Payment latency",
						description:
							"How many payments took how long, database included. A dot is one payment: hover it to open its trace.",
						unit: "s",
						w: 12,
						h: 10,
						queries: [buckets(`sum by (le) (increase(shop_payment_duration_seconds_bucket[${RATE}]))`)],
						links,
					}),
					chart({
						title: "Payment by outcome, P95",
						description: "One payment in twenty takes longer, by how it ended; dots open their traces.",
						unit: "s",
						w: 12,
						h: 10,
						queries: [
							lines(
								`histogram_quantile(0.95, sum by (service_name, outcome, le) (rate(shop_payment_duration_seconds_bucket[${RATE}])))`,
								{ legend: "{{outcome}}", exemplars: true },
							),
						],
						links,
						dataLinks: ofSeries,
					}),
				],
			},
			{
				title: "Events",
				panels: [
					event("Items into carts", "Items a second, by category.", "cart_items_added_total", "category"),
					event("Identity checks", "Customers checked a second, by result.", "shop_identity_checks_total", "result"),
					event("Parcels", "Parcels handed over a second, by carrier.", "orders_shipped_total", "carrier"),
					event("Mails", "Notifications sent a second, by template.", "notifications_sent_total", "template"),
					chart({
						title: "Orders waiting to be shipped",
						description: "Grows while fulfilment is stuck: checkouts stay fast, and nothing arrives.",
						unit: "short",
						w: 8,
						h: 8,
						queries: [lines(orZero("sum(fulfilment_queue_depth)"), { legend: "waiting" })],
						links: [consoleService("fulfilment"), redBoard("fulfilment")],
						dataLinks: [consoleService("fulfilment")],
					}),
					chart({
						title: "From order to work on it, P95",
						description: "One order in twenty waits longer for fulfilment to begin.",
						unit: "s",
						w: 8,
						h: 8,
						queries: [
							lines(`histogram_quantile(0.95, sum by (le) (rate(fulfilment_lag_seconds_bucket[${RATE}])))`, {
								legend: "P95",
								exemplars: true,
							}),
						],
						links: [
							consoleService("fulfilment"),
							redBoard("fulfilment"),
							toConsole("Topology in Trivet", "/topology?focus=service:fulfilment"),
						],
						dataLinks: [consoleService("fulfilment")],
					}),
				],
			},
		],
	});
}
