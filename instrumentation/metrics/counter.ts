import { isUndecided, placeWhenKept, type SpanLabels } from "./exemplar.ts";
import { type Exemplar, type Family, type OwnMetric, promName } from "./family.ts";
import { SeriesMap } from "./series.ts";

export interface CounterDefinition {
	/** OpenTelemetry's name, without `total`. */
	name: string;
	/** UCUM, e.g. `{error}`, `By`, `s`. */
	unit: string;
	help: string;
	/** OpenTelemetry's attribute names, in the order `add` takes their values. */
	labels: readonly string[];
}

/** A counter whose series each keep the exemplar of their last count, with a capped number of series. */
export class ExemplarCounter implements OwnMetric {
	readonly name: string;
	readonly help: string;
	readonly type = "counter";
	private readonly definition: CounterDefinition;
	private readonly series: SeriesMap<{ value: number; exemplar: Exemplar | undefined }>;

	constructor(definition: CounterDefinition, limit: number) {
		this.definition = definition;
		this.name = promName(definition.name, definition.unit, "counter");
		this.help = definition.help;
		this.series = new SeriesMap({
			name: this.name,
			labels: definition.labels,
			limit,
			create: () => ({ value: 0, exemplar: undefined }),
		});
	}

	/** @param values label values in the definition's order; an empty one leaves the label out. @param amount not negative. */
	add(values: readonly string[], amount: number, exemplar: SpanLabels | undefined, atMs: number): void {
		const state = this.series.of(values);
		state.value += amount;
		if (exemplar !== undefined) {
			const kept: Exemplar = { labels: exemplar, value: amount, atMs };
			if (isUndecided(exemplar)) {
				placeWhenKept(state, "exemplar", kept, exemplar);
			} else {
				state.exemplar = kept;
			}
		}
	}

	family(): Family {
		const { name, unit } = this.definition;
		return {
			name: this.name,
			help: this.help,
			type: "counter",
			otlp: { name, unit, labels: this.series.otlpLabels },
			points: this.series
				.all()
				.map(({ labels, state: { value, exemplar } }) =>
					exemplar === undefined ? { labels, value } : { labels, value, exemplar },
				),
		};
	}

	reset(): void {
		this.series.clear();
	}
}
