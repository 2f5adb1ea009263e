import { nowMs } from "../clock.ts";
import { activeExemplarLabels } from "../metrics/exemplar.ts";
import { DurationHistogram, HTTP_BOUNDS } from "../metrics/histogram.ts";
import { say } from "../say.ts";
import { type Definition, define, SERIES_LIMIT, type Unit } from "./definition.ts";
import { BoundedLabels, type LabelRules, type WithLabels } from "./labels.ts";

export interface HistogramDefinition<Rules extends LabelRules, U extends Unit> extends Definition<Rules, U> {
	/** Upper bounds of the buckets, ascending; those of the unit unless given. */
	bounds?: readonly number[];
}

const BYTES = [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];
const RATIO = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];
const COUNTED = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
const MOST_BOUNDS = 100;

/** How values are distributed; each bucket has an exemplar that leads to a trace of that size. */
export class Histogram<Rules extends LabelRules, U extends Unit> {
	readonly unit: U;
	/** For the registry; observe with `record`. */
	readonly metric: DurationHistogram;
	private readonly labels: BoundedLabels;

	constructor({ name, unit, help, labels = {} as Rules, bounds = boundsOf(unit) }: HistogramDefinition<Rules, U>) {
		if (
			bounds.length > MOST_BOUNDS ||
			!bounds.every((bound, index) => Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1]!))
		) {
			throw new TypeError(`${name}: bounds are up to ${MOST_BOUNDS} ascending numbers, not ${JSON.stringify(bounds)}`);
		}
		this.unit = unit;
		this.labels = new BoundedLabels(name, labels);
		this.metric = new DurationHistogram({ name, unit, help, labels: this.labels.names, bounds }, SERIES_LIMIT);
	}

	/** Observe `value`, in the unit. Never throws. */
	record(...given: WithLabels<Rules, [value: number]>): void {
		const [labels, value] = (this.labels.names.length === 0 ? [{}, ...given] : given) as [
			labels: Record<string, unknown> | undefined,
			value: number,
		];
		if (typeof value !== "number" || !Number.isFinite(value)) {
			say(`${this.metric.name} was given a value that is no number; left out`);
			return;
		}
		this.metric.observe(this.labels.valuesOf(labels ?? {}), value, activeExemplarLabels(), nowMs());
	}

	/** Start measuring; call the result when it is over, with the labels that are known by then. Only for seconds. */
	start(this: Histogram<Rules, "s">): (...labels: WithLabels<Rules, []>) => void {
		const startMs = performance.now();
		return (...labels) => {
			const seconds = (performance.now() - startMs) / 1_000;
			this.record(...([...labels, seconds] as unknown as WithLabels<Rules, [value: number]>));
		};
	}
}

function boundsOf(unit: Unit): readonly number[] {
	return unit === "s" ? HTTP_BOUNDS : unit === "By" ? BYTES : unit === "1" ? RATIO : COUNTED;
}

/**
 * A histogram with typed, bounded labels.
 *
 * @throws TypeError for a definition that is none, or whose name is taken by another
 */
export function histogram<const Rules extends LabelRules = Record<never, LabelRules[string]>, U extends Unit = Unit>(
	definition: HistogramDefinition<Rules, U>,
): Histogram<Rules, U> {
	return define("histogram", definition, () => new Histogram(definition));
}
