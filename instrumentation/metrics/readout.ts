import { type Aggregate, type Family, type OwnMetric, promLabel, promName } from "./family.ts";

export interface ReadoutDefinition {
	/** OpenTelemetry's name. */
	name: string;
	/** UCUM. */
	unit: string;
	help: string;
	type: "gauge" | "counter";
	/** Across the processes of a cluster; `sum` unless given. */
	aggregate?: Aggregate;
}

/** A value and OpenTelemetry's names and values of its attributes. */
export type Reading = readonly [value: number, attributes?: Readonly<Record<string, string>>];

/** A metric that is read at the moment somebody asks for it. Reading must not change what the next one reads. */
export class Readout implements OwnMetric {
	readonly name: string;
	readonly help: string;
	readonly type: "gauge" | "counter";
	readonly aggregate: Aggregate;
	private readonly definition: ReadoutDefinition;
	private readonly read: () => readonly Reading[];

	constructor(definition: ReadoutDefinition, read: () => readonly Reading[]) {
		const { name, unit, help, type, aggregate = "sum" } = definition;
		this.definition = definition;
		this.name = promName(name, unit, type);
		this.help = help;
		this.type = type;
		this.aggregate = aggregate;
		this.read = read;
	}

	family(): Family {
		const { name, unit } = this.definition;
		const labels: Record<string, string> = {};
		const points = this.read().map(([value, attributes = {}]) => ({
			value,
			labels: Object.fromEntries(
				Object.entries(attributes).map(([key, text]) => {
					labels[promLabel(key)] = key;
					return [promLabel(key), text];
				}),
			),
		}));
		const { help, type, aggregate } = this;
		return { name: this.name, help, type, aggregate, otlp: { name, unit, labels }, points };
	}

	/** There is nothing of ours to reset. */
	reset(): void {}
}
