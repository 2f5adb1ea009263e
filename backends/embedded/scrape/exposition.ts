/** What both text formats (OpenMetrics 1.0, Prometheus 0.0.4) are parsed into, and what bounds and refuses them. */

export type FamilyType =
	| "unknown"
	| "gauge"
	| "counter"
	| "stateset"
	| "info"
	| "histogram"
	| "gaugehistogram"
	| "summary";

export type Label = readonly [name: string, value: string];

export interface ExpositionExemplar {
	labels: Label[];
	value: number;
	/** null when the line gives none. */
	timeUnixNano: bigint | null;
}

/** One line: one value of one series. */
export interface Sample {
	name: string;
	labels: Label[];
	value: number;
	/** null when the line gives none (the usual case): the time of the scrape. */
	timeUnixNano: bigint | null;
	exemplar: ExpositionExemplar | null;
}

export interface Family {
	name: string;
	type: FamilyType;
	unit: string;
	help: string;
	samples: Sample[];
}

export interface ExpositionLimits {
	/** UTF-16 units of the whole text. */
	text: number;
	line: number;
	/** Labels of one series. */
	labels: number;
	/** Sample lines of one text. */
	samples: number;
	/** `HELP`, `TYPE` and `UNIT` lines, and families made of them. */
	metadata: number;
}

export const DEFAULT_LIMITS: ExpositionLimits = {
	text: 16 * 1024 * 1024,
	line: 16 * 1024,
	labels: 64,
	samples: 50_000,
	metadata: 30_000,
};

/** The only thing the parsers throw: names the line (1-based) and what is wrong with it. */
export class ExpositionError extends Error {
	override name = "ExpositionError";
	readonly line: number;
	constructor(line: number, reason: string) {
		super(`line ${line}: ${reason}`);
		this.line = line;
	}
}

/** The names of a series' labels and their values as one string, whatever their order; `without` leaves one label out. */
export function labelsKey(labels: readonly Label[], without: string | null = null): string {
	const parts: string[] = [];
	for (const [name, value] of labels) if (name !== without) parts.push(`${name}\u0000${value}`);
	if (parts.length > 1) parts.sort();
	return parts.join("\u0001");
}

export function labelValue(labels: readonly Label[], name: string): string | undefined {
	for (const label of labels) if (label[0] === name) return label[1];
	return undefined;
}
