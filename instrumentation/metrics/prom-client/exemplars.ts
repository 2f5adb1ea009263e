import type { PromClient, PromCounter, PromHistogram, PromMetric, PromSnapshot } from "./module.ts";
import { fastIncrease, fastObserve, internalsOf, wrappedIncrease, wrappedObserve } from "./observe.ts";

const PATCHED = Symbol.for("trivet.instrumentation.prom-client");

/** How the app's copy was patched: `fast` rewrote observe, `wrapped` runs after it, `none` left it alone. */
export type PatchKind = "fast" | "wrapped" | "none";

/**
 * Give every histogram and counter of the app exemplars without a change to it. Never through prom-client's own
 * `enableExemplars`, which changes the arguments of `observe` and `inc`; the exemplars are written beside the values.
 *
 * @param folder where this copy of prom-client lives.
 */
export function patchExemplars(client: PromClient, version: string | undefined, folder: string | undefined): PatchKind {
	const histogram = client.Histogram?.prototype as (PromHistogram & { [PATCHED]?: PatchKind }) | undefined;
	const counter = client.Counter?.prototype as PromCounter | undefined;
	if (histogram?.[PATCHED] !== undefined) {
		return histogram[PATCHED];
	}
	// 15's constructors copy the method of the longer name to the shorter; 14 has the shorter only.
	const observeName = histogram?.observeWithoutExemplar === undefined ? "observe" : "observeWithoutExemplar";
	const incName = counter?.incWithoutExemplar === undefined ? "inc" : "incWithoutExemplar";
	const observe = histogram?.[observeName];
	const inc = counter?.[incName];
	if (histogram === undefined || counter === undefined || observe === undefined || inc === undefined) {
		return "none";
	}
	const internals = folder === undefined ? undefined : internalsOf(folder, version);
	const kind: PatchKind = internals === undefined ? "wrapped" : "fast";
	histogram[PATCHED] = kind;
	const observing = internals === undefined ? wrappedObserve(observe) : fastObserve(internals);
	const increasing = internals === undefined ? wrappedIncrease(inc) : fastIncrease(internals);
	histogram[observeName] = observing;
	counter[incName] = increasing;

	const { labels } = histogram;
	// Its children go round observe.
	histogram.labels = function (this: PromHistogram, ...args) {
		const child = labels.apply(this, args);
		const first = args[0];
		// What they make of null is theirs.
		if (this.enableExemplars || first === null) {
			return child;
		}
		const given =
			typeof first === "object" ? first : Object.fromEntries(this.labelNames.map((name, index) => [name, args[index]]));
		child.observe = (value: number) => this.observe(given, value);
		return child;
	};
	if (observeName === "observe") {
		const { get } = histogram;
		histogram.get = async function (this: PromHistogram) {
			return withExemplars(await get.call(this), this);
		};
	}

	// Metrics that were made before us hold the old ones.
	for (const metric of client.register.getMetricsAsArray() as (PromMetric & Partial<PromHistogram & PromCounter>)[]) {
		if (metric.observe === observe) {
			metric.observe = observing;
		}
		if (metric.inc === inc) {
			metric.inc = increasing;
		}
	}
	return kind;
}

/** 14 tells a histogram's buckets without the exemplars that lie beside them. */
function withExemplars(snapshot: PromSnapshot, { hashMap, labelNames }: PromHistogram): PromSnapshot {
	const keyOf = (labels: Record<string, unknown>): string =>
		JSON.stringify(labelNames.map((name) => labels[name] ?? null));
	const entries = new Map(Object.values(hashMap).map((entry) => [keyOf(entry.labels), entry]));
	for (const value of snapshot.values) {
		const { le } = value.labels;
		const exemplar =
			le === undefined ? undefined : entries.get(keyOf(value.labels))?.bucketExemplars?.[le === "+Inf" ? -1 : le];
		if (exemplar !== undefined) {
			value.exemplar = exemplar;
		}
	}
	return snapshot;
}
