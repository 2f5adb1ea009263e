import { createRequire } from "node:module";
import { join } from "node:path";
import { format } from "node:util";
import { say } from "../say.ts";
import { activeExemplarLabels, type SpanLabels } from "./exemplar.ts";
import type { DurationHistogram } from "./histogram.ts";

/** What of prom-client's module is used. */
export interface PromClient {
	register: PromRegistry;
	Registry: { new (): PromRegistry; prototype: PromRegistry };
	Counter: { prototype: PromCounter };
	Histogram: { prototype: PromHistogram };
}

export interface PromMetric {
	name: string;
	help: string;
	type: string;
	aggregator?: string;
	get(): Promise<PromSnapshot>;
	reset(): void;
}

export interface PromSnapshot {
	name: string;
	help: string;
	type: string;
	aggregator?: string;
	values: PromValue[];
}

export interface PromValue {
	labels: Record<string, string | number>;
	value: number;
	metricName?: string;
	exemplar?: PromExemplar | null;
}

/** `timestamp` is in seconds. */
export interface PromExemplar {
	labelSet: Record<string, string>;
	value: number;
	timestamp: number;
}

export interface PromRegistry {
	getMetricsAsArray(): PromMetric[];
	getSingleMetric(name: string): PromMetric | undefined;
	registerMetric(metric: PromMetric): void;
	removeSingleMetric(name: string): void;
	_defaultLabels?: Record<string, string>;
}

interface Entry {
	labels: Record<string, unknown>;
	bucketValues: Record<string, number>;
	bucketExemplars?: Record<string, PromExemplar>;
	sum: number;
	count: number;
}

interface PromHistogram {
	enableExemplars: boolean;
	labelNames: string[];
	sortedLabelNames: string[];
	upperBounds: number[];
	bucketValues: Record<string, number>;
	hashMap: Record<string, Entry>;
	observe(labels: unknown, value?: number): void;
	observeWithoutExemplar(this: PromHistogram, labels: unknown, value?: number): void;
	labels(this: PromHistogram, ...args: unknown[]): { observe(value: number): void; startTimer: unknown };
}

interface PromCounter {
	enableExemplars: boolean;
	hashMap: Record<string, { value: number; exemplar?: PromExemplar }>;
	inc(labels?: unknown, value?: number): unknown;
	incWithoutExemplar(this: PromCounter, labels?: unknown, value?: number): { labelHash: string };
}

interface Internals {
	hashObject(labels: object, names: string[]): string;
	validateLabel(names: string[], labels: object): void;
}

const PATCHED = Symbol.for("trivet.instrumentation.prom-client");

/** How the app's copy was patched: `fast` rewrote observe, `wrapped` runs after it, `none` left it alone. */
export type PatchKind = "fast" | "wrapped" | "none";

/**
 * Give every histogram and counter of the app exemplars without a change to it. Never through prom-client's own
 * `enableExemplars`, which changes the arguments of `observe` and `inc`; the exemplars are written beside the values.
 *
 * @param folder where this copy of prom-client lives.
 */
export function patchPromClient(
	client: PromClient,
	version: string | undefined,
	folder: string | undefined,
): PatchKind {
	const histogram = client.Histogram?.prototype as (PromHistogram & { [PATCHED]?: PatchKind }) | undefined;
	const counter = client.Counter?.prototype;
	if (typeof histogram?.observeWithoutExemplar !== "function" || typeof counter?.incWithoutExemplar !== "function") {
		return "none";
	}
	if (histogram[PATCHED] !== undefined) {
		return histogram[PATCHED];
	}
	const internals = version?.startsWith("15.") === true && folder !== undefined ? internalsOf(folder) : undefined;
	const kind: PatchKind = internals === undefined ? "wrapped" : "fast";
	histogram[PATCHED] = kind;
	const observe = histogram.observeWithoutExemplar;
	histogram.observeWithoutExemplar = internals === undefined ? wrappedObserve(observe) : fastObserve(internals);

	const { labels } = histogram;
	histogram.labels = function (this: PromHistogram, ...args) {
		const child = labels.apply(this, args);
		if (this.enableExemplars) {
			return child;
		}
		const first = args[0];
		const given =
			typeof first === "object" && first !== null
				? first
				: Object.fromEntries(this.labelNames.map((name, index) => [name, args[index]]));
		child.observe = (value: number) => this.observe(given, value);
		return child;
	};

	const inc = counter.incWithoutExemplar;
	counter.incWithoutExemplar = function (this: PromCounter, labels, value) {
		const result = inc.call(this, labels, value);
		if (!this.enableExemplars) {
			const exemplar = activeExemplarLabels();
			const entry = exemplar === undefined ? undefined : this.hashMap[result.labelHash];
			if (exemplar !== undefined && entry !== undefined) {
				const amount = typeof labels === "number" ? labels : value;
				entry.exemplar = { labelSet: exemplar, value: amount ?? 1, timestamp: Date.now() / 1000 };
			}
		}
		return result;
	};

	// Constructors copy these two; metrics that were made before us hold the old ones.
	for (const metric of client.register.getMetricsAsArray() as (PromMetric & Partial<PromHistogram & PromCounter>)[]) {
		if (metric.observe === observe) {
			metric.observe = histogram.observeWithoutExemplar;
		}
		if (metric.inc === inc) {
			metric.inc = counter.incWithoutExemplar;
		}
	}
	return kind;
}

function internalsOf(folder: string): Internals | undefined {
	try {
		const load = createRequire(join(folder, "package.json"));
		const { hashObject } = load(join(folder, "lib/util.js")) as Partial<Internals>;
		const { validateLabel } = load(join(folder, "lib/validation.js")) as Partial<Internals>;
		return hashObject?.length === 2 && validateLabel?.length === 2 ? { hashObject, validateLabel } : undefined;
	} catch {
		return undefined;
	}
}

/** prom-client 15's observe with the exemplar written in the same pass: same checks, same errors, one label hash instead of two. */
function fastObserve({ hashObject, validateLabel }: Internals): PromHistogram["observeWithoutExemplar"] {
	return function observeWithoutExemplar(this: PromHistogram, given, second) {
		const [labels, value] =
			given === 0 || (typeof given !== "object" && given)
				? [{}, given as number]
				: given === null || given === undefined || typeof given !== "object"
					? [{}, second as number]
					: [given as Record<string, unknown>, second as number];
		validateLabel(this.labelNames, labels);
		if (!Number.isFinite(value)) {
			throw new TypeError(`Value is not a valid number: ${format(value)}`);
		}
		const hash = hashObject(labels, this.sortedLabelNames);
		let entry = this.hashMap[hash];
		if (entry === undefined) {
			entry = { labels, bucketValues: { ...this.bucketValues }, sum: 0, count: 0 };
			this.hashMap[hash] = entry;
		}
		const bound = boundOf(this.upperBounds, value);
		entry.sum += value;
		entry.count += 1;
		if (bound !== -1) {
			entry.bucketValues[bound]! += 1;
		}
		const exemplar = activeExemplarLabels();
		if (exemplar !== undefined) {
			keep(entry, bound, value, exemplar);
		}
	};
}

/** For versions we have not read: let theirs do all the work, then find the entry again. */
function wrappedObserve(original: PromHistogram["observeWithoutExemplar"]): PromHistogram["observeWithoutExemplar"] {
	return function observeWithoutExemplar(this: PromHistogram, labels, second) {
		original.call(this, labels, second);
		try {
			const exemplar = this.enableExemplars ? undefined : activeExemplarLabels();
			if (exemplar === undefined) {
				return;
			}
			const isObject = typeof labels === "object" && labels !== null;
			const value = isObject ? second : (labels as number);
			const of = (isObject ? labels : {}) as Record<string, unknown>;
			const hash = this.sortedLabelNames
				.filter((name) => of[name] !== undefined)
				.map((name) => `${name}:${of[name]},`)
				.join("");
			const entry = this.hashMap[hash];
			if (entry !== undefined && typeof value === "number") {
				keep(entry, boundOf(this.upperBounds, value), value, exemplar);
			}
		} catch {
			// The value is counted; only the exemplar is lost.
		}
	};
}

function boundOf(bounds: readonly number[], value: number): number {
	for (const bound of bounds) {
		if (value <= bound) {
			return bound;
		}
	}
	return -1;
}

function keep(entry: Entry, bound: number, value: number, labels: SpanLabels): void {
	entry.bucketExemplars ??= {};
	entry.bucketExemplars[bound] = { labelSet: labels, value, timestamp: Date.now() / 1000 };
}

/** A RED histogram in prom-client's clothes, so that the app's own metrics page shows it too. */
export class RegisteredRed implements PromMetric {
	readonly name: string;
	readonly help: string;
	readonly type = "histogram";
	readonly aggregator = "sum";
	private readonly histogram: DurationHistogram;

	constructor(histogram: DurationHistogram) {
		this.histogram = histogram;
		const { name, help } = histogram.family();
		this.name = name;
		this.help = help;
	}

	get(): Promise<PromSnapshot> {
		const family = this.histogram.family();
		const values: PromValue[] = [];
		if (family.type === "histogram") {
			for (const point of family.points) {
				let cumulated = 0;
				point.counts.forEach((count, index) => {
					cumulated += count;
					const exemplar = point.exemplars[index];
					values.push({
						metricName: `${this.name}_bucket`,
						labels: { le: point.bounds[index] ?? "+Inf", ...point.labels },
						value: cumulated,
						exemplar:
							exemplar === undefined
								? null
								: { labelSet: exemplar.labels, value: exemplar.value, timestamp: exemplar.atMs / 1000 },
					});
				});
				values.push({ metricName: `${this.name}_sum`, labels: { ...point.labels }, value: point.sum });
				values.push({ metricName: `${this.name}_count`, labels: { ...point.labels }, value: point.count });
			}
		}
		return Promise.resolve({ name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values });
	}

	reset(): void {
		this.histogram.reset();
	}
}

/** Put the RED histograms into the app's default registry; a metric of the app by the same name always wins. */
export function registerRed(client: PromClient, histograms: readonly DurationHistogram[]): void {
	const prototype = client.Registry?.prototype as (PromRegistry & { [PATCHED]?: true }) | undefined;
	if (prototype === undefined || prototype[PATCHED] === true) {
		return;
	}
	prototype[PATCHED] = true;
	const { registerMetric } = prototype;
	prototype.registerMetric = function (this: PromRegistry, metric) {
		if (!(metric instanceof RegisteredRed) && this.getSingleMetric(metric.name) instanceof RegisteredRed) {
			say(`the app has its own ${metric.name}; ours is left out of its registry`);
			this.removeSingleMetric(metric.name);
		}
		return registerMetric.call(this, metric);
	};
	for (const histogram of histograms) {
		if (client.register.getSingleMetric(histogram.promName) === undefined) {
			client.register.registerMetric(new RegisteredRed(histogram));
		}
	}
}
