import { nowMs, unixNano } from "../clock.ts";
import type { OtlpSender } from "../otlp/send.ts";
import type { Leftover } from "../otlp/send-at-exit.ts";
import { double, type KeyValue, keyValues } from "../otlp/value.ts";
import type { Metrics } from "./collect.ts";
import type { Exemplar, Family, Labels } from "./family.ts";

export interface MetricPushOptions {
	metrics: Metrics;
	sender: OtlpSender;
	resource: Readonly<Record<string, string | number>>;
	scope: { name: string; version: string };
	intervalMs: number;
}

/** More than these are not written out while a process ends. */
const MOST_POINTS_AT_THE_END = 50_000;

/** Pushes every family as cumulative OTLP metrics with exemplars, on an interval and once more at the end. */
export class MetricPush {
	private readonly options: MetricPushOptions;
	private readonly startNano = unixNano(nowMs());
	private readonly timer: NodeJS.Timeout;
	private running: Promise<boolean> | undefined;
	private ended = false;

	constructor(options: MetricPushOptions) {
		this.options = options;
		this.timer = setInterval(() => void this.flush(), options.intervalMs);
		this.timer.unref();
	}

	/**
	 * Push what is measured now; a push under way is waited for and followed by a fresh one only when asked again.
	 *
	 * @returns whether it arrived.
	 */
	flush(): Promise<boolean> {
		this.running ??= this.push().finally(() => {
			this.running = undefined;
		});
		return this.running;
	}

	/** The last push, of what is measured when one under way is over. */
	async end(): Promise<void> {
		await this.running;
		this.ended = await this.flush();
	}

	/** What is measured now, for a process that ends without a last push that arrived. */
	leftover(): Leftover | undefined {
		if (this.ended) {
			return undefined;
		}
		const families = worthPushing(this.options.metrics.collectNow());
		const points = families.reduce((sum, family) => sum + family.points.length, 0);
		const body = points > MOST_POINTS_AT_THE_END ? undefined : this.write(families);
		return { what: "metrics", sender: this.options.sender, bodies: [{ body, items: families.length }] };
	}

	stop(): void {
		clearInterval(this.timer);
	}

	private async push(): Promise<boolean> {
		const { metrics, sender } = this.options;
		const families = worthPushing(await metrics.collect());
		return families.length === 0 || (await sender.send(this.write(families))).ok;
	}

	private write(families: readonly Family[]): string {
		const { resource, scope } = this.options;
		const nowNano = unixNano(nowMs());
		return JSON.stringify({
			resourceMetrics: [
				{
					resource: { attributes: keyValues(resource) },
					scopeMetrics: [{ scope, metrics: families.map((family) => toOtlp(family, this.startNano, nowNano)) }],
				},
			],
		});
	}
}

/** What describes the target is the resource already. */
function worthPushing(families: readonly Family[]): Family[] {
	return families.filter(({ type, points }) => type !== "info" && points.length > 0);
}

const CUMULATIVE = 2;

/** One family as an OTLP/JSON metric. */
export function toOtlp(family: Family, startTimeUnixNano: string, timeUnixNano: string): object {
	const head = {
		name: family.otlp?.name ?? family.name,
		description: family.help,
		...(family.otlp === undefined ? {} : { unit: family.otlp.unit }),
	};
	const attributes = (labels: Labels): KeyValue[] =>
		Object.entries(labels).map(([key, value]) => attribute(family.otlp?.labels[key] ?? key, value));
	const times = { startTimeUnixNano, timeUnixNano };
	switch (family.type) {
		case "counter":
			return {
				...head,
				sum: {
					aggregationTemporality: CUMULATIVE,
					isMonotonic: true,
					dataPoints: family.points.map(({ labels, value, exemplar }) => ({
						...times,
						attributes: attributes(labels),
						asDouble: double(value),
						...(exemplar === undefined ? {} : { exemplars: [toOtlpExemplar(exemplar)] }),
					})),
				},
			};
		case "histogram":
			return {
				...head,
				histogram: {
					aggregationTemporality: CUMULATIVE,
					dataPoints: family.points.map((point) => ({
						...times,
						attributes: attributes(point.labels),
						count: String(point.count),
						sum: double(point.sum),
						explicitBounds: point.bounds,
						bucketCounts: point.counts.map(String),
						exemplars: point.exemplars.filter((exemplar) => exemplar !== undefined).map(toOtlpExemplar),
					})),
				},
			};
		case "summary":
			return {
				...head,
				summary: {
					dataPoints: family.points.map((point) => ({
						...times,
						attributes: attributes(point.labels),
						count: String(point.count),
						sum: double(point.sum),
						quantileValues: point.quantiles.map(({ quantile, value }) => ({ quantile, value: double(value) })),
					})),
				},
			};
		default:
			return {
				...head,
				gauge: {
					dataPoints: family.points.map(({ labels, value }) => ({
						timeUnixNano,
						attributes: attributes(labels),
						asDouble: double(value),
					})),
				},
			};
	}
}

const INTEGER_ATTRIBUTES = new Set(["http.response.status_code", "server.port"]);

/** Labels are text; the two that the conventions make numbers go back to numbers. */
function attribute(key: string, value: string): KeyValue {
	if (INTEGER_ATTRIBUTES.has(key) && /^\d+$/.test(value)) {
		return { key, value: { intValue: value } };
	}
	return { key, value: key === "otel.metric.overflow" ? { boolValue: value === "true" } : { stringValue: value } };
}

function toOtlpExemplar({ labels, value, atMs }: Exemplar): object {
	const { trace_id, span_id, ...rest } = labels;
	return {
		timeUnixNano: unixNano(Number.isFinite(atMs) ? atMs : nowMs()),
		asDouble: double(value),
		...(trace_id === undefined ? {} : { traceId: trace_id }),
		...(span_id === undefined ? {} : { spanId: span_id }),
		filteredAttributes: Object.entries(rest).map(([key, text]) => ({ key, value: { stringValue: text } })),
	};
}
