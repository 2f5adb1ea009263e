import { whenRunning } from "../instance.ts";
import type { OwnMetric } from "../metrics/family.ts";
import type { LabelRules } from "./labels.ts";

/** UCUM's base units, so that nobody has to convert: seconds, bytes, a ratio, or things counted, `{order}`. */
export type Unit = "s" | "By" | "1" | `{${string}}`;

export interface Definition<Rules extends LabelRules, U extends Unit> {
	/** With dots, without unit or `total`: `shop.orders` is `shop_orders_total` in Prometheus. */
	name: string;
	unit: U;
	/** What it means, for whoever reads it on a dashboard. */
	help: string;
	/** Its labels, each with its values or with a cap. */
	labels?: Rules;
}

/** More than any dashboard reads; the rules of the labels are the real bound. */
export const SERIES_LIMIT = 2_000;

const defined = new Map<string, { what: string; metric: unknown }>();

/**
 * One metric a name: defined again in the same way (a module loaded twice, a hot reload) it is the same one.
 *
 * @throws TypeError for a name that is none, or that is taken by another definition
 */
export function define<M>(
	kind: string,
	definition: Definition<LabelRules, Unit>,
	create: () => M & { metric: OwnMetric },
): M {
	const { name, unit } = definition;
	if (!/^[a-zA-Z][\w.]{0,119}$/.test(name)) {
		throw new TypeError(`${JSON.stringify(name)} is no name for a metric: letters, digits, dots and underscores`);
	}
	if (!/^(s|By|1|\{[\w .-]{1,60}\})$/.test(unit)) {
		throw new TypeError(`${name}: the unit is s, By, 1 or {things}, not ${JSON.stringify(unit)}`);
	}
	const what = JSON.stringify({ kind, ...definition });
	const known = defined.get(name);
	if (known !== undefined) {
		if (known.what !== what) {
			throw new TypeError(`${name} is already defined in another way`);
		}
		return known.metric as M;
	}
	const created = create();
	defined.set(name, { what, metric: created });
	whenRunning(({ metrics }) => metrics.add(created.metric));
	return created;
}
