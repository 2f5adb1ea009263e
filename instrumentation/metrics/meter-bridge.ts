import {
	type Attributes,
	type Context,
	createNoopMeter,
	type Histogram,
	type Meter,
	type MeterProvider,
} from "@opentelemetry/api";
import { nowMs } from "../clock.ts";
import { activeExemplarLabels } from "./exemplar.ts";
import type { DurationHistogram } from "./histogram.ts";

/** A histogram to fill, and the attributes its labels come from, in the order of its definition. */
export interface Bridged {
	histogram: DurationHistogram;
	attributes: readonly string[];
}

/**
 * A meter provider for instrumentations that measure calls themselves: their duration histograms (in seconds) are counted in
 * ours, so all calls of a kind are one metric. Every other instrument is a no-op.
 */
export function bridgeMeters(bridged: Readonly<Record<string, Bridged>>): MeterProvider {
	const meter = Object.create(createNoopMeter()) as Meter;
	const createNoop = meter.createHistogram.bind(meter);
	meter.createHistogram = ((name: string) => {
		const target = bridged[name];
		if (target === undefined) {
			return createNoop(name);
		}
		const { histogram, attributes: keys } = target;
		const instrument: Histogram = {
			record(seconds: number, attributes: Attributes = {}, at?: Context) {
				const values = keys.map((key) => (attributes[key] === undefined ? "" : String(attributes[key])));
				histogram.observe(values, seconds, activeExemplarLabels(at), nowMs());
			},
		};
		return instrument;
	}) as Meter["createHistogram"];
	return { getMeter: () => meter };
}
