import { nowMs } from "../clock.ts";
import { ExemplarCounter } from "../metrics/counter.ts";
import { activeExemplarLabels } from "../metrics/exemplar.ts";
import { say } from "../say.ts";
import { type Definition, define, SERIES_LIMIT, type Unit } from "./definition.ts";
import { BoundedLabels, type LabelRules, type WithLabels } from "./labels.ts";

/** Of how many combinations a series is there before the first count: `rate()` then sees that one, too. */
const SHOWN_AT_ZERO = 64;

/** Counts what happens, each count with an exemplar that leads to its trace. */
export class Counter<Rules extends LabelRules> {
	/** For the registry; count with `add`. */
	readonly metric: ExemplarCounter;
	private readonly labels: BoundedLabels;

	constructor({ name, unit, help, labels = {} as Rules }: Definition<Rules, Unit>) {
		this.labels = new BoundedLabels(name, labels);
		this.metric = new ExemplarCounter({ name, unit, help, labels: this.labels.names }, SERIES_LIMIT);
		for (const values of this.labels.combinations(SHOWN_AT_ZERO)) {
			this.metric.add(values, 0, undefined, 0);
		}
	}

	/** Count `amount` (1 unless given), which is not negative. Never throws. */
	add(...given: WithLabels<Rules, [amount?: number]>): void {
		const [labels, amount = 1] = (this.labels.names.length === 0 ? [{}, ...given] : given) as [
			labels: Record<string, unknown> | undefined,
			amount?: number,
		];
		if (typeof amount !== "number" || !(amount >= 0) || amount === Number.POSITIVE_INFINITY) {
			say(`${this.metric.name} was given an amount that is negative or no number; left out`);
			return;
		}
		this.metric.add(this.labels.valuesOf(labels ?? {}), amount, activeExemplarLabels(), nowMs());
	}
}

/**
 * A counter with typed, bounded labels. Its Prometheus name ends in `_total`.
 *
 * @throws TypeError for a definition that is none, or whose name is taken by another
 */
export function counter<const Rules extends LabelRules = Record<never, LabelRules[string]>>(
	definition: Definition<Rules, Unit>,
): Counter<Rules> {
	return define("counter", definition, () => new Counter(definition));
}
