/**
 * What Prometheus would hold of the demo shop: its own seeded shoppers (demo/shoppers.ts) walk through a model of its services, which counts every
 * call, its duration and how it ended, under the names and labels that the real shop's metrics have. A fault does to the model what
 * demo/faults.ts says it does to the shop.
 */
import type { FaultId } from "../demo/faults.ts";
import { seededRandom } from "../demo/random.ts";
import { planVisit, STEPS_PER_VISIT, type Step, tide } from "../demo/shoppers.ts";
import { type Series, STEP_S } from "./testing-promtool.ts";

export interface ShopRun {
	seed: number;
	seconds: number;
	/** Switched on at that second, until the end. */
	fault?: { id: FaultId; fromS: number };
	/** Requests a second. */
	rate?: number;
}

const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const ENV = 'deployment_environment_name="trivet-demo"';
/** A failure now and then, as any real service has. */
const MISHAP = 0.0003;

/** Series of the whole run, a value every 15 seconds. */
export function shopSeries({ seed, seconds, fault, rate = 6 }: ShopRun): Series {
	const random = seededRandom(seed);
	const steps = seconds / STEP_S + 1;
	const series: Record<string, (number | null)[]> = {};
	const counters = new Map<string, number>();
	let nowS = 0;
	const on = (id: FaultId): boolean => fault?.id === id && nowS >= fault.fromS;
	const add = (name: string, amount = 1): void => void counters.set(name, (counters.get(name) ?? 0) + amount);
	const edge = (client: string, server: string): void => {
		const type = client === "user" ? ',connection_type="virtual_node"' : "";
		add(`traces_service_graph_request_total{client="${client}",server="${server}"${type}}`);
	};
	const observe = (metric: string, labels: string, durationS: number): void => {
		add(`${metric}_count{${labels}}`);
		for (const bound of BOUNDS_S) add(`${metric}_bucket{${labels},le="${bound}"}`, durationS <= bound ? 1 : 0);
		add(`${metric}_bucket{${labels},le="+Inf"}`);
	};
	/** A request over HTTP to a service; its duration, and whether it failed. */
	const served = (service: string, route: string, status: number, durationS: number): Ended => {
		const labels = `job="${service}",instance="${service}-1",service_name="${service}",${ENV},http_route="${route}",http_response_status_code="${status}"`;
		const mishap = status < 500 && random.chance(MISHAP);
		observe(
			"http_server_request_duration_seconds",
			mishap ? labels.replace(`"${status}"`, '"500"') : labels,
			durationS,
		);
		return { durationS, failed: mishap || status >= 500 };
	};
	const takes = (medianMs: number): number => random.logNormal(medianMs, 0.45) / 1000;

	const inventory = (caller: string): Ended => {
		if (caller !== "") edge(caller, "inventory");
		// Away for a second, there for five, and so on.
		if (on("crash-loop") && random.chance(0.3)) return { durationS: 0.02, failed: true };
		const durationS = takes(3);
		const labels = `service="inventory",span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_UNSET",${ENV}`;
		observe("traces_spanmetrics_latency", labels, durationS);
		const far = on("slow-edge") && caller === "orders" ? 0.6 : 0;
		return { durationS: durationS + far, failed: false };
	};
	const product = (caller: string, known: boolean): Ended => {
		edge(caller, "catalog");
		const stock = inventory("catalog");
		const wait = on("slow-query") ? takes(150) : 0;
		return served("catalog", "/products/:id", known ? 200 : 404, takes(8) + stock.durationS + wait);
	};
	const cart = (route: string, status: number, work: () => number = () => 0): Ended => {
		edge(on("lost-link") ? "user" : "storefront", "cart");
		if (on("error-burst") && random.chance(0.35)) return served("cart", route, 500, takes(4));
		return served("cart", route, status, takes(5) + work());
	};
	const fraud = (): number => {
		edge("payment", "fraud");
		let durationS = takes(3);
		if (on("dependency-cycle")) {
			for (const [client, server, route] of [
				["fraud", "orders", "/customers/:id/history"],
				["orders", "payment", "/customers/:id/standing"],
				["payment", "fraud", "/customers/:id/signals"],
			] as const) {
				edge(client, server);
				durationS += served(server, route, 200, takes(8)).durationS;
			}
		}
		return served("fraud", "/score", 200, durationS).durationS;
	};
	const payment = (declined: boolean): Ended => {
		edge("orders", "payment");
		const asked = fraud();
		if (!on("payment-failing")) return served("payment", "/charges", declined ? 402 : 201, asked + takes(60));
		return served("payment", "/charges", 502, asked + (random.chance(0.5) ? 3 : 0.1));
	};
	let waiting = 0;
	const order = (declined: boolean): Ended => {
		edge("storefront", "orders");
		const count = (status: string) =>
			add(`shop_orders_total{instance="orders-1",service_name="orders",${ENV},status="${status}"}`);
		const reserved = inventory("orders");
		if (reserved.failed) {
			count("failed");
			return served("orders", "/orders", 503, reserved.durationS);
		}
		const paid = payment(declined);
		count(paid.failed ? "failed" : declined ? "declined" : "paid");
		const durationS = reserved.durationS + paid.durationS + takes(20);
		if (paid.failed || declined) return served("orders", "/orders", paid.failed ? 502 : 402, durationS);
		waiting++;
		return served("orders", "/orders", 201, durationS);
	};

	const walk = (step: Step, card: string): void => {
		edge("user", "storefront");
		const answer = (route: string, status: number, ...parts: Ended[]): void => {
			const failed = parts.some((part) => part.failed);
			const durationS = parts.reduce((sum, part) => sum + part.durationS, takes(4));
			served("storefront", route, failed ? 502 : status, durationS);
		};
		if (step.do === "search") {
			edge("storefront", "catalog");
			answer("/search", 200, served("catalog", "/search", 200, on("slow-query") ? takes(450) : takes(12)));
		} else if (step.do === "product") {
			const known = step.id <= 480;
			edge("storefront", "catalog");
			const related = served("catalog", "/products/:id/related", 200, takes(9));
			answer("/products/:id", known ? 200 : 404, { ...product("storefront", known), durationS: related.durationS });
		} else if (step.do === "add") {
			answer(
				"/cart/items",
				201,
				cart("/carts/:session/items", 201, () => product("cart", true).durationS),
			);
		} else if (step.do === "cart") {
			answer("/cart", 200, cart("/carts/:session", 200));
		} else if (step.do === "checkout") {
			const filled = cart("/carts/:session", 200);
			const declined = card === "tok_declined";
			if (filled.failed) answer("/checkout", 502, filled);
			else answer("/checkout", declined ? 402 : 201, filled, order(declined));
		} else {
			edge("storefront", "orders");
			edge("storefront", "fulfilment");
			const shipment = served("fulfilment", "/shipments/:orderId", 200, takes(2));
			answer("/orders/:id", 200, served("orders", "/orders/:id", 200, takes(6)), shipment);
		}
	};

	const gauges = (): Record<string, number> => {
		const found: Record<string, number> = {};
		for (const service of [
			"storefront",
			"catalog",
			"cart",
			"orders",
			"payment",
			"fraud",
			"fulfilment",
			"notifications",
		]) {
			const who = `instance="${service}-1",service_name="${service}",${ENV}`;
			found[`nodejs_eventloop_delay_p99_seconds{${who}}`] = takes(20);
			found[`process_uptime_seconds{${who}}`] = nowS + 5;
		}
		for (const service of ["catalog", "orders", "inventory"]) {
			const pool = `service_name="${service}",instance="${service}-1",${ENV},db_client_connection_pool_name="${service}-db"`;
			const stuck = service === "catalog" && on("slow-query");
			found[`db_client_connection_pending_requests{${pool}}`] = stuck
				? random.between(0, 3)
				: random.chance(0.03)
					? 1
					: 0;
			found[`db_client_connection_count{${pool},db_client_connection_state="used"}`] = random.chance(0.2) ? 1 : 0;
			found[`db_client_connection_limit{${pool}}`] = 1;
		}
		found[`fulfilment_queue_depth{instance="fulfilment-1",service_name="fulfilment",${ENV}}`] = waiting;
		for (const job of ["collector", "tempo", "loki", "prometheus", "alertmanager", "trivet-console"]) {
			found[`up{job="${job}",instance="${job}:1"}`] = 1;
		}
		return found;
	};

	const whole = (values: Record<string, number>, at: number): void => {
		for (const [name, value] of Object.entries(values)) {
			series[name] ??= Array.from({ length: steps }, () => null);
			(series[name] as (number | null)[])[at] = value;
		}
	};
	for (const item of ["spans", "log_records"]) {
		add(`trivet_exported_total{service_name="orders",item="${item}",outcome="dropped_queue_full"}`, 0);
	}
	const visits: { atS: number; step: Step; card: string }[] = [];
	let nextVisitS = 0;
	for (let at = 0; at < steps; at++) {
		nowS = at * STEP_S;
		while (nextVisitS < nowS) {
			let atS = nextVisitS;
			const plan = planVisit(random);
			for (const step of plan.steps) {
				atS += step.thinkMs / 1000;
				visits.push({ atS, step, card: step.do === "checkout" ? step.card : "" });
			}
			nextVisitS += random.exponential(STEPS_PER_VISIT / (rate * tide(nextVisitS * 1000)));
		}
		const due = visits.filter(({ atS }) => atS < nowS);
		visits.splice(0, visits.length, ...visits.filter(({ atS }) => atS >= nowS));
		for (const { step, card } of due) walk(step, card);
		if (!on("stuck-consumer")) {
			add(
				`messaging_process_duration_seconds_count{instance="fulfilment-1",service_name="fulfilment",${ENV},messaging_destination_name="order-placed"}`,
				waiting,
			);
			waiting = 0;
		}
		whole({ ...Object.fromEntries(counters), ...gauges() }, at);
		whole(inventoryProcess(nowS, on("crash-loop") ? nowS - (fault?.fromS ?? 0) : null), at);
	}
	return series;
}

interface Ended {
	durationS: number;
	failed: boolean;
}

/** A new instance every 15 seconds while it crashes: each was there for one reading. */
function inventoryProcess(nowS: number, crashingForS: number | null): Record<string, number> {
	const life = crashingForS === null ? 0 : 1 + crashingForS / STEP_S;
	const who = `instance="inventory-${life}",service_name="inventory",${ENV}`;
	return { [`process_uptime_seconds{${who}}`]: life === 0 ? nowS + 5 : 5 };
}
