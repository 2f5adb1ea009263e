/** The PromQL behind RED from metrics: which series carry it, and what their counters grew by between two moments. */
import { ERROR_STATUS } from "../../../core/red.ts";
import type { RedVariant } from "./metric-names.ts";
import { by, duration, firstOf, type Matcher, oneOf, selector } from "./promql.ts";
import type { Scopes } from "./series-scopes.ts";

/** How far back a counter's previous value is looked for: as Prometheus' own lookback, and as long as deltas are kept being added up. */
export const BEFORE_MS = 300_000;
/** So many times the time between two readings there are at least two of them, even late ones. */
export const RATE_INTERVALS = 2.2;
/** Marks what a number counts, in answers that hold several kinds. */
export const KIND_LABEL = "trivet_kind";

/** A slot of time that ends when the query is evaluated. */
export interface Slot {
	lengthMs: number;
	/** Between two readings of a counter. */
	intervalMs: number;
}

/** Is it stored as OTLP names it? Then its labels may be, too; those of a translated metric are translated. */
export const isDotted = ({ name }: RedVariant): boolean => name.includes(".");

/** Those of the labels that the metric can have. */
export function labelsOf(variant: RedVariant, labels: readonly string[]): string[] {
	return labels.filter((label) => isDotted(variant) || !label.includes("."));
}

/** Only what the profile counts: `only` of core/red.ts, in both spellings. */
export function profileMatchers(variant: RedVariant, everyBucket: boolean): Matcher[] {
	const matchers: Matcher[] = [];
	const { profile, native } = variant;
	if (profile.only !== null) {
		const { label, values } = profile.only;
		for (const spelling of labelsOf(variant, [label, label.replace("_", ".")])) {
			matchers.push({ label: spelling, op: "=~", value: oneOf(["", ...values]) });
		}
	}
	if (!native && !everyBucket) matchers.push({ label: "le", op: "=", value: "+Inf" });
	return matchers;
}

/** `aggregate by (labels) (inner)` of every scope, side by side. */
export function overScopes(
	scopes: Scopes,
	labels: readonly string[],
	inner: (scope: readonly Matcher[]) => string,
): string {
	return scopes.map((scope) => `sum ${by(labels)} (${inner(scope)})`).join(" or ");
}

/**
 * How many readings the most often read series of each owner has in the time before; and, when it is asked for, of kind `unsteady`, whose
 * counters restarted or appeared in that time.
 */
export function readingsQuery(
	variant: RedVariant,
	scopes: Scopes,
	labels: readonly string[],
	overMs: number,
	withUnsteady: boolean,
): string {
	const profile = profileMatchers(variant, false);
	const over = duration(overMs);
	const terms = scopes.flatMap((scope) => {
		const series = selector(variant.name, [...scope, ...profile]);
		const readings = `max ${by(labels)} (count_over_time(${series}[${over}]))`;
		if (variant.native || !withUnsteady) return [readings];
		const restarted = `resets(${series}[${duration(overMs + BEFORE_MS)}]) > 0`;
		const appeared = `(last_over_time(${series}[${over}]) unless last_over_time(${series}[${duration(BEFORE_MS)}] offset ${over}))`;
		return [readings, ofKind("unsteady", `count ${by(labels)} (${restarted} or ${appeared})`)];
	});
	return terms.join(" or ");
}

/**
 * What the distribution grew by in each second of the slot (by how many would cost the engine half as much again). The range reaches one interval beyond the slot, so that every growth from one reading to
 * the next is in exactly one slot's; `rate` takes care of restarts.
 */
export function distributionQuery(variant: RedVariant, scopes: Scopes, labels: readonly string[], slot: Slot): string {
	const profile = profileMatchers(variant, true);
	const grouped = variant.native ? labels : [...labels, "le"];
	return overScopes(scopes, grouped, (scope) => rate(selector(variant.name, [...scope, ...profile]), slot));
}

/**
 * Where the buckets of all counters together stand at a moment (without a kind), and the errors among them. What they grew by between two
 * moments is the difference: a counter that appears beside others of its instance began at zero. Moments for which that is wrong have
 * owners of kind `unsteady`: since `lengthMs` before, a counter restarted, vanished, or appeared with its instance.
 */
export function levelsQuery(variant: RedVariant, scopes: Scopes, labels: Grouping, lengthMs: number): string {
	const everyBucket = profileMatchers(variant, true);
	const profile = profileMatchers(variant, false);
	const lookback = duration(BEFORE_MS);
	const last = (series: string) => `last_over_time(${series}[${lookback}])`;
	const buckets = overScopes(scopes, [...labels.all, "le"], (scope) =>
		last(selector(variant.name, [...scope, ...everyBucket])),
	);
	const statusLabels = labelsOf(variant, variant.profile.statusLabels);
	const errors = firstOf(statusLabels, "=~", ERROR_STATUS).map((status) =>
		ofKind(
			"errors",
			overScopes(scopes, [...labels.all, ...statusLabels], (scope) =>
				last(selector(variant.name, [...scope, ...profile, ...status])),
			),
		),
	);
	const unsteady = scopes.map((scope) => {
		const series = selector(variant.name, [...scope, ...profile]);
		const [now, before] = [last(series), `last_over_time(${series}[${lookback}] offset ${duration(lengthMs)})`];
		const restarted = `resets(${series}[${duration(lengthMs + BEFORE_MS)}]) > 0`;
		const appeared = `((${now} unless ${before}) unless on (job, instance) ${before})`;
		return `count ${by(labels.owner)} (${restarted} or (${before} unless ${now}) or ${appeared})`;
	});
	return [buckets, ...errors, ofKind("unsteady", unsteady.join(" or "))].join(" or ");
}

/** Labels to group by: those that tell owners apart, and with them all that are asked for. */
export interface Grouping {
	owner: readonly string[];
	all: readonly string[];
}

/** Calls and errors of the slot, told apart by `KIND_LABEL`. `isSteady`: no counter restarted or appeared. */
export function countsQuery(
	variant: RedVariant,
	scopes: Scopes,
	labels: readonly string[],
	slot: Slot,
	isSteady: boolean,
): string {
	const profile = profileMatchers(variant, false);
	const statusLabels = labelsOf(variant, variant.profile.statusLabels);
	const growth = (scope: readonly Matcher[], status: readonly Matcher[]) => {
		const all = selector(variant.name, [...scope, ...profile]);
		const some = selector(variant.name, [...scope, ...profile, ...status]);
		return variant.native
			? `histogram_count(${rate(some, slot)}) * ${slot.lengthMs / 1000}`
			: counterGrowth(some, all, slot, isSteady);
	};
	const errors = firstOf(statusLabels, "=~", ERROR_STATUS).map((status) =>
		ofKind(
			"errors",
			overScopes(scopes, [...labels, ...statusLabels], (scope) => growth(scope, status)),
		),
	);
	return [
		ofKind(
			"calls",
			overScopes(scopes, labels, (scope) => growth(scope, [])),
		),
		...errors,
	].join(" or ");
}

/**
 * Growth from the last reading before the slot to the last one in it, without extrapolation: calls stay whole numbers and add up. Where that
 * cannot be had, in this order: a series that appears while others of its instance were there already began at zero (the first error of a
 * route); one that appeared with its instance counts from its first reading, which is zero where Prometheus takes start times in; one that
 * restarted has what `rate` sees of it. All that is three times the work of the first alone, which does for steady counters. A slot that is
 * shorter than the time between two readings has its share of their growth.
 */
function counterGrowth(series: string, siblings: string, slot: Slot, isSteady: boolean): string {
	const length = duration(slot.lengthMs);
	const lookback = duration(BEFORE_MS);
	const last = `last_over_time(${series}[${length}])`;
	const before = `last_over_time(${series}[${lookback}] offset ${length})`;
	const others = `last_over_time(${siblings}[${lookback}] offset ${length})`;
	const share = `${rate(series, slot)} * ${slot.lengthMs / 1000}`;
	const appeared = `((${last} unless ${before}) and on (job, instance) ${others})`;
	const steadily = `unless resets(${series}[${length}]) > 0`;
	const sinceFirst = `((${last} unless ${before}) - min_over_time(${series}[${length}]) ${steadily})`;
	if (slot.lengthMs < slot.intervalMs) return isSteady ? share : `${appeared} or ${sinceFirst} or ${share}`;
	if (isSteady) return `${last} - ${before}`;
	return `((${last} - ${before}) >= 0 ${steadily}) or ${appeared} or ${sinceFirst} or ${share}`;
}

function ofKind(kind: "calls" | "errors" | "unsteady", text: string): string {
	return `label_replace(${text}, "${KIND_LABEL}", "${kind}", "", "")`;
}

function rate(series: string, { lengthMs, intervalMs }: Slot): string {
	// A tenth more for readings that are late.
	const range = Math.max(lengthMs + 1.1 * intervalMs, RATE_INTERVALS * intervalMs);
	return `rate(${series}[${duration(range)}])`;
}
