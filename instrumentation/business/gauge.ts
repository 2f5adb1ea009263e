import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { type Aggregate, type Family, type OwnMetric, promLabel, promName } from "../metrics/family.ts";
import { say } from "../say.ts";
import { type Definition, define, SERIES_LIMIT, type Unit } from "./definition.ts";
import { BoundedLabels, type LabelRules, type LabelsOf } from "./labels.ts";

/** One value, or one for each set of labels; undefined for nothing to tell. */
export type Values<Rules extends LabelRules> =
	| (keyof Rules extends never ? number : never)
	| readonly { labels: LabelsOf<Rules>; value: number }[]
	| undefined;

export interface GaugeDefinition<Rules extends LabelRules> extends Definition<Rules, Unit> {
	/** Called when somebody scrapes or a push is due, once at a time; it leaves no spans. */
	read(): Values<Rules> | Promise<Values<Rules>>;
	/** How long `read` may take; 1 s. */
	timeoutMs?: number;
	/** Over the processes of a cluster; their sum unless given. */
	aggregate?: Aggregate;
}

const quiet = suppressTracing(ROOT_CONTEXT);

/** Whoever fails, or takes too long, has no value: an old one would be a lie. */
export class Gauge implements OwnMetric {
	readonly name: string;
	readonly help: string;
	readonly type = "gauge";
	readonly aggregate: Aggregate;
	private readonly definition: GaugeDefinition<LabelRules>;
	private readonly labels: BoundedLabels;
	private points: { labels: Record<string, string>; value: number }[] = [];
	private reading: Promise<void> | undefined;

	constructor(definition: GaugeDefinition<LabelRules>) {
		const { name, unit, help, labels = {}, aggregate = "sum" } = definition;
		this.definition = definition;
		this.labels = new BoundedLabels(name, labels);
		this.name = promName(name, unit, "gauge");
		this.help = help;
		this.aggregate = aggregate;
	}

	/** Read now, or join who is reading. Never rejects. */
	refresh(): Promise<void> {
		this.reading ??= this.read().finally(() => {
			this.reading = undefined;
		});
		return this.reading;
	}

	private async read(): Promise<void> {
		const { read, timeoutMs = 1_000 } = this.definition;
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<never>((_resolve, reject) => {
			timer = setTimeout(() => reject(new Error(`no value within ${timeoutMs} ms`)), timeoutMs);
			timer.unref();
		});
		try {
			this.points = this.pointsOf(await Promise.race([(async () => context.with(quiet, read))(), late]));
		} catch (error) {
			this.points = [];
			say(`${this.name} could not be read: ${error instanceof Error ? error.message : String(error)}`);
		} finally {
			clearTimeout(timer);
		}
	}

	private pointsOf(values: Values<LabelRules>): typeof this.points {
		const all = typeof values === "number" ? [{ labels: {}, value: values }] : (values ?? []);
		const points = new Map<string, (typeof this.points)[number]>();
		for (const { labels, value } of all.slice(0, SERIES_LIMIT)) {
			const own = this.labels.valuesOf(labels);
			const key = own.join("\u0000");
			const known = points.get(key);
			if (typeof value !== "number" || Number.isNaN(value)) {
				say(`${this.name} is not ${String(value)}; left out`);
			} else if (known !== undefined) {
				// Those that share `other` are one.
				known.value += value;
			} else {
				const named = this.labels.names.map((name, index): [string, string] => [promLabel(name), own[index]!]);
				points.set(key, { labels: Object.fromEntries(named), value });
			}
		}
		return [...points.values()];
	}

	family(): Family {
		const { name, unit } = this.definition;
		const labels = Object.fromEntries(this.labels.names.map((label) => [promLabel(label), label]));
		const { help, type, aggregate, points } = this;
		return { name: this.name, help, type, aggregate, otlp: { name, unit, labels }, points };
	}

	reset(): void {}
}

/**
 * A value that is read when somebody asks for it: a queue's depth, open carts, stock. The collector hook.
 *
 * @throws TypeError for a definition that is none, or whose name is taken by another
 */
export function gauge<const Rules extends LabelRules = Record<never, LabelRules[string]>>(
	definition: GaugeDefinition<Rules>,
): void {
	define("gauge", definition as unknown as GaugeDefinition<LabelRules>, () => ({
		metric: new Gauge(definition as unknown as GaugeDefinition<LabelRules>),
	}));
}
