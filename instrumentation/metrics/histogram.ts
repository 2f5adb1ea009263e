import { say } from "../say.ts";
import type { SpanLabels } from "./exemplar.ts";
import type { Exemplar, Family, HistogramPoint, Labels } from "./family.ts";

interface Series {
	labels: Labels;
	counts: number[];
	sum: number;
	count: number;
	exemplars: (Exemplar | undefined)[];
}

export interface HistogramDefinition {
	/** OpenTelemetry's name, e.g. `http.server.request.duration`; the unit is always seconds. */
	name: string;
	help: string;
	/** OpenTelemetry's attribute names, in the order `observe` takes their values. */
	labels: readonly string[];
	bounds: readonly number[];
}

/** The boundaries the semantic conventions ask for, in seconds. */
export const HTTP_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
export const DB_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] as const;

const OVERFLOW = "otel_metric_overflow";

/**
 * A duration histogram with exemplars in one pass: one key, one lookup. The number of series is capped; what comes after
 * the cap is counted in one series labelled `otel_metric_overflow="true"`, and said once.
 */
export class DurationHistogram {
	readonly promName: string;
	private readonly definition: HistogramDefinition;
	private readonly promLabels: readonly string[];
	private readonly limit: number;
	private readonly series = new Map<string, Series>();
	private overflow: Series | undefined;

	constructor(definition: HistogramDefinition, limit: number) {
		this.definition = definition;
		this.limit = limit;
		this.promName = `${definition.name.replaceAll(".", "_")}_seconds`;
		this.promLabels = definition.labels.map((label) => label.replaceAll(".", "_"));
	}

	/** @param values label values in the definition's order; an empty one leaves the label out. @param seconds the duration. */
	observe(values: readonly string[], seconds: number, exemplar: SpanLabels | undefined, atMs: number): void {
		const key = values.join("\u0000");
		const series = this.series.get(key) ?? this.add(key, values);
		const { bounds } = this.definition;
		let bucket = 0;
		while (bucket < bounds.length && seconds > bounds[bucket]!) {
			bucket++;
		}
		series.counts[bucket]! += 1;
		series.sum += seconds;
		series.count += 1;
		if (exemplar !== undefined) {
			series.exemplars[bucket] = { labels: exemplar, value: seconds, atMs };
		}
	}

	private add(key: string, values: readonly string[]): Series {
		if (this.series.size >= this.limit) {
			if (this.overflow === undefined) {
				say(
					`${this.promName} reached ${this.limit} series; further label values are counted in one series with ${OVERFLOW}="true" (TRIVET_SERIES_LIMIT)`,
				);
				this.overflow = this.empty({ [OVERFLOW]: "true" });
			}
			return this.overflow;
		}
		const labels: Labels = {};
		this.promLabels.forEach((label, index) => {
			if (values[index] !== undefined && values[index] !== "") {
				labels[label] = values[index];
			}
		});
		const fresh = this.empty(labels);
		this.series.set(key, fresh);
		return fresh;
	}

	private empty(labels: Labels): Series {
		const size = this.definition.bounds.length + 1;
		return { labels, counts: new Array(size).fill(0), sum: 0, count: 0, exemplars: new Array(size).fill(undefined) };
	}

	get isEmpty(): boolean {
		return this.series.size === 0;
	}

	/** What was observed so far; the counts are copies. */
	family(): Family {
		const all = this.overflow === undefined ? [...this.series.values()] : [...this.series.values(), this.overflow];
		const labels: Record<string, string> = { [OVERFLOW]: "otel.metric.overflow" };
		this.promLabels.forEach((label, index) => {
			labels[label] = this.definition.labels[index]!;
		});
		return {
			name: this.promName,
			help: this.definition.help,
			type: "histogram",
			otlp: { name: this.definition.name, unit: "s", labels },
			points: all.map(
				(series): HistogramPoint => ({
					labels: series.labels,
					bounds: this.definition.bounds,
					counts: [...series.counts],
					sum: series.sum,
					count: series.count,
					exemplars: [...series.exemplars],
				}),
			),
		};
	}

	reset(): void {
		this.series.clear();
		this.overflow = undefined;
	}
}
