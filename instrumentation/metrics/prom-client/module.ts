/** What of prom-client is used, 14 and 15 alike: declared here because it need not be installed. */
export interface PromClient {
	register: PromRegistry;
	Registry: { new (): PromRegistry; prototype: PromRegistry };
	Counter: { prototype: PromCounter };
	Histogram: { prototype: PromHistogram };
	Gauge?: unknown;
	Summary?: unknown;
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

/** One series of a histogram. The exemplar of the last bucket, `+Inf`, is under -1. */
export interface PromEntry {
	labels: Record<string, unknown>;
	bucketValues: Record<string, number>;
	bucketExemplars?: Record<string, PromExemplar>;
	sum: number;
	count: number;
}

/** A metric's `observe` with or without labels; 15 has it under this name, 14 as `observe`. */
export type Observe = (this: PromHistogram, labels: unknown, value?: number) => void;
export type Increase = (this: PromCounter, labels?: unknown, value?: number) => unknown;

export interface PromHistogram {
	/** Since 15. */
	enableExemplars?: boolean;
	name: string;
	labelNames: string[];
	/** Since 15. */
	sortedLabelNames?: string[];
	upperBounds: number[];
	bucketValues: Record<string, number>;
	hashMap: Record<string, PromEntry>;
	observe: Observe;
	observeWithoutExemplar?: Observe;
	get(): Promise<PromSnapshot>;
	labels(this: PromHistogram, ...args: unknown[]): { observe(value: number): void; startTimer: unknown };
}

export interface PromCounter {
	enableExemplars?: boolean;
	labelNames: string[];
	sortedLabelNames?: string[];
	hashMap: Record<string, { value: number; labels: object; exemplar?: PromExemplar }>;
	inc: Increase;
	incWithoutExemplar?: Increase;
}
