import { nowMs, unixNano } from "../clock.ts";
import type { OtlpSender } from "../otlp/send.ts";
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

/** Pushes every family as cumulative OTLP metrics with exemplars, on an interval and once more at the end. */
export class MetricPush {
	private readonly options: MetricPushOptions;
	private readonly startNano = unixNano(nowMs());
	private readonly timer: NodeJS.Timeout;
	private running: Promise<void> | undefined;

	constructor(options: MetricPushOptions) {
		this.options = options;
		this.timer = setInterval(() => void this.flush(), options.intervalMs);
		this.timer.unref();
	}

	/** Push what is measured now; a push under way is waited for and followed by a fresh one only when asked again. */
	flush(): Promise<void> {
		this.running ??= this.push().finally(() => {
			this.running = undefined;
		});
		return this.running;
	}

	stop(): void {
		clearInterval(this.timer);
	}

	private async push(): Promise<void> {
		const { metrics, sender, resource, scope } = this.options;
		const families = (await metrics.collect()).filter(
			// What describes the target is the resource already.
			({ type, points }) => type !== "info" && points.length > 0,
		);
		if (families.length === 0) {
			return;
		}
		const nowNano = unixNano(nowMs());
		await sender.send(
			JSON.stringify({
				resourceMetrics: [
					{
						resource: { attributes: keyValues(resource) },
						scopeMetrics: [{ scope, metrics: families.map((family) => toOtlp(family, this.startNano, nowNano)) }],
					},
				],
			}),
		);
	}
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
