import { createRequire } from "node:module";
import { join } from "node:path";
import { format } from "node:util";
import { activeExemplarLabels, isUndecided, placeWhenKept, type SpanLabels } from "../exemplar.ts";
import type { Increase, Observe, PromCounter, PromEntry, PromExemplar, PromHistogram } from "./module.ts";

/** The functions of the app's own copy that decide which series a set of labels is. */
export interface Internals {
	/** 15 takes the sorted names too. */
	hashObject(labels: object, names?: string[]): string;
	validateLabel(names: string[], labels: object): void;
	isObject(value: unknown): boolean;
	major: number;
}

/** @returns undefined when this copy is not built the way 14 and 15 are. */
export function internalsOf(folder: string, version: string | undefined): Internals | undefined {
	const major = Number(version?.split(".")[0]);
	if (major !== 14 && major !== 15) {
		return undefined;
	}
	try {
		const load = createRequire(join(folder, "package.json"));
		const { hashObject, isObject } = load(join(folder, "lib/util.js")) as Partial<Internals>;
		const { validateLabel } = load(join(folder, "lib/validation.js")) as Partial<Internals>;
		return hashObject?.length === major - 13 && validateLabel?.length === 2 && isObject?.length === 1
			? { hashObject, validateLabel, isObject, major }
			: undefined;
	} catch {
		return undefined;
	}
}

/** prom-client's observe with the exemplar written in the same pass: same checks, same errors, one label hash instead of two. */
export function fastObserve({ hashObject, validateLabel }: Internals): Observe {
	return function observeWithoutExemplar(this: PromHistogram, given, second) {
		let labels: object;
		let value: number;
		if (typeof given === "object" && given !== null) {
			labels = given;
			value = second as number;
			validateLabel(this.labelNames, labels);
		} else {
			labels = {};
			value = (given === 0 || given ? given : second) as number;
		}
		if (!Number.isFinite(value)) {
			throw new TypeError(`Value is not a valid number: ${format(value)}`);
		}
		const hash = hashObject(labels, this.sortedLabelNames);
		let entry = this.hashMap[hash];
		if (entry === undefined) {
			entry = { labels: labels as PromEntry["labels"], bucketValues: { ...this.bucketValues }, sum: 0, count: 0 };
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
export function wrappedObserve(original: Observe): Observe {
	return function observeWithoutExemplar(this: PromHistogram, labels, second) {
		original.call(this, labels, second);
		try {
			const exemplar = this.enableExemplars ? undefined : activeExemplarLabels();
			if (exemplar === undefined) {
				return;
			}
			const isObject = typeof labels === "object" && labels !== null;
			const value = isObject ? second : (labels as number);
			const entry = this.hashMap[hashOf(this, isObject ? labels : {})];
			if (entry !== undefined && typeof value === "number") {
				keep(entry, boundOf(this.upperBounds, value), value, exemplar);
			}
		} catch {
			// The value is counted; only the exemplar is lost.
		}
	};
}

/** The same for a counter's inc. 15 returns the label hash, 14 nothing. */
export function fastIncrease({ hashObject, validateLabel, isObject, major }: Internals): Increase {
	return function incWithoutExemplar(this: PromCounter, given, second) {
		let labels: object = {};
		let value = given as number | null | undefined;
		let hash = "";
		if (isObject(given)) {
			labels = given as object;
			value = second;
			hash = hashObject(labels, this.sortedLabelNames);
			validateLabel(this.labelNames, labels);
		}
		if (value && !Number.isFinite(value)) {
			throw new TypeError(`Value is not a valid number: ${format(value)}`);
		}
		if ((value as number) < 0) {
			throw new Error("It is not possible to decrease a counter");
		}
		const amount = value ?? 1;
		let entry = this.hashMap[hash];
		if (entry === undefined) {
			entry = { value: amount, labels };
			this.hashMap[hash] = entry;
		} else {
			entry.value += amount;
		}
		// Whoever asked prom-client for exemplars writes their own.
		const exemplar = this.enableExemplars ? undefined : activeExemplarLabels();
		if (exemplar !== undefined) {
			keepCount(entry, amount, exemplar);
		}
		return major === 15 ? { labelHash: hash } : undefined;
	};
}

/** For versions we have not read: theirs counts and tells which series it was; one that does not gets no exemplars. */
export function wrappedIncrease(original: Increase): Increase {
	return function incWithoutExemplar(this: PromCounter, labels, value) {
		const result = original.call(this, labels, value) as { labelHash?: string } | undefined;
		const exemplar = this.enableExemplars ? undefined : activeExemplarLabels();
		const entry =
			exemplar === undefined || result?.labelHash === undefined ? undefined : this.hashMap[result.labelHash];
		if (exemplar !== undefined && entry !== undefined) {
			const amount = (typeof labels === "object" && labels !== null ? value : labels) as number | null | undefined;
			keepCount(entry, amount ?? 1, exemplar);
		}
		return result;
	};
}

/** 15's way to tell series apart; a version that has another finds nothing. */
function hashOf(metric: PromHistogram, labels: object): string {
	const of = labels as Record<string, unknown>;
	return (metric.sortedLabelNames ?? Object.keys(of).sort())
		.filter((name) => of[name] !== undefined)
		.map((name) => `${name}:${of[name]},`)
		.join("");
}

function boundOf(bounds: readonly number[], value: number): number {
	for (let index = 0; index < bounds.length; index++) {
		if (value <= bounds[index]!) {
			return bounds[index]!;
		}
	}
	return -1;
}

function keep(entry: PromEntry, bound: number, value: number, labels: SpanLabels): void {
	entry.bucketExemplars ??= {};
	const kept: PromExemplar = { labelSet: labels, value, timestamp: Date.now() / 1000 };
	if (isUndecided(labels)) {
		placeWhenKept(entry.bucketExemplars, String(bound), kept, labels);
	} else {
		entry.bucketExemplars[bound] = kept;
	}
}

function keepCount(entry: { exemplar?: PromExemplar }, value: number, labels: SpanLabels): void {
	const kept: PromExemplar = { labelSet: labels, value, timestamp: Date.now() / 1000 };
	if (isUndecided(labels)) {
		placeWhenKept(entry, "exemplar", kept, labels);
	} else {
		entry.exemplar = kept;
	}
}
