import { isUndecided, placeWhenKept, type SpanLabels } from "./exemplar.ts";
import { type Exemplar, type Family, type HistogramPoint, type OwnMetric, promName } from "./family.ts";
import { SeriesMap } from "./series.ts";

interface State {
	counts: number[];
	sum: number;
	count: number;
	exemplars: (Exemplar | undefined)[];
}

export interface HistogramDefinition {
	/** OpenTelemetry's name, e.g. `http.server.request.duration`. */
	name: string;
	/** UCUM; seconds unless given. */
	unit?: string;
	help: string;
	/** OpenTelemetry's attribute names, in the order `observe` takes their values. */
	labels: readonly string[];
	bounds: readonly number[];
}

/** The boundaries the semantic conventions ask for, in seconds. */
export const HTTP_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
export const DB_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] as const;

/** A histogram with an exemplar a bucket, written in one pass, with a capped number of series. */
export class DurationHistogram implements OwnMetric {
	readonly name: string;
	readonly help: string;
	readonly type = "histogram";
	private readonly definition: HistogramDefinition;
	private readonly series: SeriesMap<State>;

	constructor(definition: HistogramDefinition, limit: number) {
		this.definition = definition;
		this.name = promName(definition.name, definition.unit ?? "s", "histogram");
		this.help = definition.help;
		const size = definition.bounds.length + 1;
		this.series = new SeriesMap({
			name: this.name,
			labels: definition.labels,
			limit,
			create: () => ({
				counts: new Array(size).fill(0),
				sum: 0,
				count: 0,
				exemplars: new Array(size).fill(undefined),
			}),
		});
	}

	/** @param values label values in the definition's order; an empty one leaves the label out. */
	observe(values: readonly string[], value: number, exemplar: SpanLabels | undefined, atMs: number): void {
		const state = this.series.of(values);
		const { bounds } = this.definition;
		let bucket = 0;
		while (bucket < bounds.length && value > bounds[bucket]!) {
			bucket++;
		}
		state.counts[bucket]! += 1;
		state.sum += value;
		state.count += 1;
		if (exemplar !== undefined) {
			const kept: Exemplar = { labels: exemplar, value, atMs };
			if (isUndecided(exemplar)) {
				placeWhenKept(state.exemplars, bucket, kept, exemplar);
			} else {
				state.exemplars[bucket] = kept;
			}
		}
	}

	/** What was observed so far; the counts are copies. */
	family(): Family {
		const { name, unit = "s", bounds } = this.definition;
		return {
			name: this.name,
			help: this.help,
			type: "histogram",
			otlp: { name, unit, labels: this.series.otlpLabels },
			points: this.series.all().map(
				({ labels, state }): HistogramPoint => ({
					labels,
					bounds,
					counts: [...state.counts],
					sum: state.sum,
					count: state.count,
					exemplars: [...state.exemplars],
				}),
			),
		};
	}

	reset(): void {
		this.series.clear();
	}
}
