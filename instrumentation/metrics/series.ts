import { say } from "../say.ts";
import { type Labels, promLabel } from "./family.ts";

export const OVERFLOW = "otel_metric_overflow";

export interface SeriesOptions<S> {
	/** The metric's Prometheus name, for the warning. */
	name: string;
	/** OpenTelemetry's attribute names, in the order `of` takes their values. */
	labels: readonly string[];
	limit: number;
	create(): S;
}

/**
 * The series of one metric by their label values: one key, one lookup. Their number is capped; what comes after the cap
 * shares one series labelled `otel_metric_overflow="true"`, and that is said once.
 */
export class SeriesMap<S> {
	/** OpenTelemetry's names of the Prometheus labels. */
	readonly otlpLabels: Readonly<Record<string, string>>;
	private readonly options: SeriesOptions<S>;
	private readonly promLabels: readonly string[];
	private readonly series = new Map<string, { labels: Labels; state: S }>();
	private overflow: { labels: Labels; state: S } | undefined;

	constructor(options: SeriesOptions<S>) {
		this.options = options;
		this.promLabels = options.labels.map(promLabel);
		this.otlpLabels = {
			[OVERFLOW]: "otel.metric.overflow",
			...Object.fromEntries(options.labels.map((label, index) => [this.promLabels[index], label])),
		};
	}

	/** @param values label values in the definition's order; an empty one leaves the label out. */
	of(values: readonly string[]): S {
		const key = values.join("\u0000");
		return (this.series.get(key) ?? this.add(key, values)).state;
	}

	private add(key: string, values: readonly string[]): { labels: Labels; state: S } {
		const { name, limit, create } = this.options;
		if (this.series.size >= limit) {
			if (this.overflow === undefined) {
				say(
					`${name} reached ${limit} series; further label values are counted in one series with ${OVERFLOW}="true" (TRIVET_SERIES_LIMIT)`,
				);
				this.overflow = { labels: { [OVERFLOW]: "true" }, state: create() };
			}
			return this.overflow;
		}
		const labels: Labels = {};
		this.promLabels.forEach((label, index) => {
			if (values[index] !== undefined && values[index] !== "") {
				labels[label] = values[index];
			}
		});
		const fresh = { labels, state: create() };
		this.series.set(key, fresh);
		return fresh;
	}

	all(): { labels: Labels; state: S }[] {
		return this.overflow === undefined ? [...this.series.values()] : [...this.series.values(), this.overflow];
	}

	clear(): void {
		this.series.clear();
		this.overflow = undefined;
	}
}
