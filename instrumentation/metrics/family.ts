/** Metric families as both ways out (the /metrics page and the OTLP push) read them. */
export interface Exemplar {
	labels: Record<string, string>;
	value: number;
	/** Milliseconds since the epoch. */
	atMs: number;
}

export type Labels = Record<string, string>;

export interface NumberPoint {
	labels: Labels;
	value: number;
	exemplar?: Exemplar;
}

export interface HistogramPoint {
	labels: Labels;
	/** Upper bounds without +Inf, ascending. */
	bounds: readonly number[];
	/** One count a bucket, not cumulated; one more than `bounds`. */
	counts: readonly number[];
	sum: number;
	count: number;
	/** By bucket, like `counts`. */
	exemplars: readonly (Exemplar | undefined)[];
}

export interface SummaryPoint {
	labels: Labels;
	quantiles: readonly { quantile: number; value: number }[];
	sum: number;
	count: number;
}

/** How the same series of several processes of a cluster become one: counters and histograms are always summed. */
export type Aggregate = "sum" | "max" | "min" | "average" | "first" | "omit";

export interface Head {
	/** The Prometheus name. */
	name: string;
	help: string;
	/** `sum` unless said otherwise. */
	aggregate?: Aggregate;
	/** The name, unit and label names for OTLP where they differ from Prometheus' spelling. */
	otlp?: { name: string; unit: string; labels: Record<string, string> };
}

export type Family = Head &
	(
		| { type: "counter" | "gauge" | "unknown" | "info"; points: NumberPoint[] }
		| { type: "histogram"; points: HistogramPoint[] }
		| { type: "summary"; points: SummaryPoint[] }
	);

/** A metric of this package, read when somebody asks: for our page, the push, and the registry of the app's prom-client. */
export interface OwnMetric extends Head {
	readonly type: Family["type"];
	/** For what takes time to read: awaited before `family` is. Never rejects. */
	refresh?(): Promise<void>;
	/** Nobody needs to see it while it has no points. */
	family(): Family;
	/** The app reset all its metrics. */
	reset(): void;
}

const UNIT_SUFFIX: Record<string, string> = { s: "_seconds", By: "_bytes" };

/** Prometheus' spelling of an OpenTelemetry name, as Prometheus' own OTLP receiver writes it: the page and the push then agree. */
export function promName(name: string, unit: string, type: Family["type"]): string {
	const suffix = UNIT_SUFFIX[unit] ?? (unit === "1" && type === "gauge" ? "_ratio" : "");
	return `${promLabel(name)}${suffix}${type === "counter" ? "_total" : ""}`;
}

export function promLabel(name: string): string {
	return name.replace(/[^a-zA-Z0-9_]/g, "_");
}
