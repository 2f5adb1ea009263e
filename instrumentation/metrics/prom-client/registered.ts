import { say } from "../../say.ts";
import type { Exemplar, Family, OwnMetric } from "../family.ts";
import type { PromClient, PromExemplar, PromMetric, PromRegistry, PromSnapshot, PromValue } from "./module.ts";

/** A metric of ours in prom-client's clothes, so that the app's own metrics page shows it too. */
export class Registered implements PromMetric {
	/** Not readonly: prom-client writes a shorter one when it prints OpenMetrics. */
	name: string;
	readonly help: string;
	readonly type: string;
	readonly aggregator: string;
	private readonly metric: OwnMetric;

	constructor(metric: OwnMetric) {
		this.metric = metric;
		this.name = metric.name;
		this.help = metric.help;
		this.type = metric.type === "info" || metric.type === "unknown" ? "gauge" : metric.type;
		this.aggregator = metric.aggregate ?? "sum";
	}

	async get(): Promise<PromSnapshot> {
		await this.metric.refresh?.();
		const { name, help, type, aggregator } = this;
		return { name, help, type, aggregator, values: promValues(this.metric.family()) };
	}

	reset(): void {
		this.metric.reset();
	}
}

function promValues(family: Family): PromValue[] {
	switch (family.type) {
		case "histogram":
			return family.points.flatMap(({ labels, bounds, counts, sum, count, exemplars }) => {
				let cumulated = 0;
				return [
					...counts.map((inBucket, index): PromValue => {
						cumulated += inBucket;
						return {
							metricName: `${family.name}_bucket`,
							labels: { le: bounds[index] ?? "+Inf", ...labels },
							value: cumulated,
							exemplar: promExemplar(exemplars[index]),
						};
					}),
					{ metricName: `${family.name}_sum`, labels: { ...labels }, value: sum },
					{ metricName: `${family.name}_count`, labels: { ...labels }, value: count },
				];
			});
		case "summary":
			return family.points.flatMap(({ labels, quantiles, sum, count }) => [
				...quantiles.map(({ quantile, value }) => ({ labels: { quantile, ...labels }, value })),
				{ metricName: `${family.name}_sum`, labels: { ...labels }, value: sum },
				{ metricName: `${family.name}_count`, labels: { ...labels }, value: count },
			]);
		default:
			return family.points.map(({ labels, value, exemplar }) => ({
				labels: { ...labels },
				value,
				exemplar: promExemplar(exemplar),
			}));
	}
}

function promExemplar(exemplar: Exemplar | undefined): PromExemplar | null {
	return exemplar === undefined
		? null
		: { labelSet: exemplar.labels, value: exemplar.value, timestamp: exemplar.atMs / 1000 };
}

const WATCHED = Symbol.for("trivet.instrumentation.prom-client.registries");

/**
 * See every registry that gets a metric of the app, and let the app's own metrics win: one by the name of ours takes its place.
 *
 * @param onMetric with the name as it was given: prom-client shortens it when it prints OpenMetrics.
 */
export function watchRegistries(
	client: PromClient,
	onMetric: (registry: PromRegistry, metric: PromMetric, name: string) => void,
): void {
	const prototype = client.Registry?.prototype as (PromRegistry & { [WATCHED]?: true }) | undefined;
	if (prototype === undefined || prototype[WATCHED] === true) {
		return;
	}
	prototype[WATCHED] = true;
	for (const metric of client.register.getMetricsAsArray()) {
		onMetric(client.register, metric, metric.name);
	}
	const kinds = [client.Counter, client.Histogram, client.Gauge, client.Summary].filter(
		(kind): kind is new () => PromMetric => typeof kind === "function",
	);
	const { registerMetric } = prototype;
	prototype.registerMetric = function (this: PromRegistry, metric) {
		if (!(metric instanceof Registered) && this.getSingleMetric(metric.name) instanceof Registered) {
			say(`the app has its own ${metric.name}; ours is left out of its registry`);
			this.removeSingleMetric(metric.name);
		}
		registerMetric.call(this, metric);
		// What a cluster's sums are made of is not measured here.
		if (kinds.some((kind) => metric instanceof kind)) {
			onMetric(this, metric, metric.name);
		}
	};
}

/** Put a metric of ours into the app's default registry, unless the app has one by that name. */
export function register(client: PromClient, metric: OwnMetric): void {
	if (client.register.getSingleMetric(metric.name) === undefined) {
		client.register.registerMetric(new Registered(metric));
	}
}
