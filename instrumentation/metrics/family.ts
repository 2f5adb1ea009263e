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

interface Head {
	/** The Prometheus name. */
	name: string;
	help: string;
	/** The name, unit and label names for OTLP where they differ from Prometheus' spelling. */
	otlp?: { name: string; unit: string; labels: Record<string, string> };
}

export type Family = Head &
	(
		| { type: "counter" | "gauge" | "unknown"; points: NumberPoint[] }
		| { type: "histogram"; points: HistogramPoint[] }
		| { type: "summary"; points: SummaryPoint[] }
	);
