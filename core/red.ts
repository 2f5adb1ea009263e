/** RED arithmetic: rate, errors and duration from sketches, counters and histogram buckets. */
import type { HistogramPoint, TimeWindow } from "./model.ts";
import type { RedSummary } from "./ports.ts";
import { quantile, type Sketch } from "./sketch.ts";
import { SECOND } from "./time.ts";

/** A family of metrics that carries the RED of a service. The first of `RED_PROFILES` with data is the service's; they are never summed. */
export interface RedProfile {
	/** Name of the duration histogram as Prometheus writes it, without `_bucket`. */
	metric: string;
	/** Names of the same metric in OTLP. */
	otlpNames: readonly string[];
	/** Milliseconds in one unit of the metric. */
	unitMs: number;
	/** Labels that name the service, beside the resource's `service.name` (`job` in Prometheus). First that exists. */
	serviceLabels: readonly string[];
	/** In both spellings, first that exists. */
	routeLabels: readonly string[];
	statusLabels: readonly string[];
	/** Series must have one of these values where they have the label: only what enters the service counts. */
	only: { label: string; values: readonly string[] } | null;
}

export const RED_PROFILES: readonly RedProfile[] = [
	{
		metric: "http_server_request_duration_seconds",
		otlpNames: ["http.server.request.duration", "http_server_request_duration_seconds"],
		unitMs: 1000,
		serviceLabels: ["service_name", "service", "job"],
		routeLabels: ["http.route", "http_route"],
		statusLabels: ["http.response.status_code", "http_response_status_code"],
		only: null,
	},
	{
		metric: "http_request_duration_seconds",
		otlpNames: ["http_request_duration_seconds"],
		unitMs: 1000,
		serviceLabels: ["service_name", "service", "job"],
		routeLabels: ["route", "path", "handler"],
		statusLabels: ["status_code", "status", "code"],
		only: null,
	},
	{
		metric: "traces_spanmetrics_latency",
		otlpNames: ["traces_spanmetrics_latency", "traces.spanmetrics.latency"],
		unitMs: 1000,
		serviceLabels: ["service", "service_name"],
		routeLabels: ["span_name", "span.name"],
		statusLabels: ["status_code", "status.code"],
		only: { label: "span_kind", values: ["SPAN_KIND_SERVER", "SPAN_KIND_CONSUMER"] },
	},
	{
		metric: "traces_span_metrics_duration_milliseconds",
		otlpNames: ["traces.span.metrics.duration", "traces_span_metrics_duration_milliseconds"],
		unitMs: 1,
		serviceLabels: ["service_name", "service"],
		routeLabels: ["span_name", "span.name"],
		statusLabels: ["status_code", "status.code"],
		only: { label: "span_kind", values: ["SPAN_KIND_SERVER", "SPAN_KIND_CONSUMER"] },
	},
];

/** Values of a status label that are failures, HTTP's 5xx or the span status of span metrics, as a regular expression of PromQL. */
export const ERROR_STATUS = "(?i:5([0-9]{2}|xx)|(STATUS_CODE_)?ERROR)";

/** Is this value of a status label a failure? `ERROR_STATUS` in JavaScript's spelling. */
export function isErrorStatus(status: string | number): boolean {
	return /^(5([0-9]{2}|xx)|(STATUS_CODE_)?ERROR)$/i.test(String(status));
}

/** RED from a sketch of durations in nanoseconds, with `errors` of them failed, over `seconds`. */
export function redOfSketch(durations: Sketch, errors: number, seconds: number): RedSummary {
	const ms = (q: number) => (durations.count > 0 ? quantile(durations, q) / 1e6 : null);
	return { ...ratesOf(durations.count, errors, seconds), p50Ms: ms(0.5), p95Ms: ms(0.95), p99Ms: ms(0.99) };
}

/** RED from an explicit histogram whose bounds are in units of `unitMs` milliseconds. */
export function redOfHistogram(histogram: HistogramPoint, errors: number, seconds: number, unitMs: number): RedSummary {
	const ms = (q: number) => {
		const value = histogramQuantile(q, histogram.bounds, histogram.counts) * unitMs;
		return Number.isFinite(value) ? value : null;
	};
	return { ...ratesOf(histogram.count, errors, seconds), p50Ms: ms(0.5), p95Ms: ms(0.95), p99Ms: ms(0.99) };
}

function ratesOf(
	calls: number,
	errors: number,
	seconds: number,
): Pick<RedSummary, "calls" | "errors" | "rate" | "errorRate"> {
	return {
		calls,
		errors,
		rate: seconds > 0 ? calls / seconds : 0,
		errorRate: calls > 0 ? Math.min(1, errors / calls) : 0,
	};
}

/**
 * Quantile by the rules of Prometheus' `histogram_quantile` for classic buckets: linear within a bucket, the lowest starts at 0 when its
 * bound is positive, the highest bound for what lies beyond it. `counts` has one more than `bounds` and is not cumulative. NaN when empty.
 */
export function histogramQuantile(q: number, bounds: readonly number[], counts: readonly number[]): number {
	const total = counts.reduce((sum, count) => sum + count, 0);
	if (bounds.length === 0 || !(total > 0) || Number.isNaN(q)) return Number.NaN;
	if (q < 0) return Number.NEGATIVE_INFINITY;
	if (q > 1) return Number.POSITIVE_INFINITY;
	const rank = q * total;
	let below = 0;
	for (let i = 0; i < bounds.length; i++) {
		const count = counts[i] ?? 0;
		if (below + count < rank || count === 0) {
			below += count;
			continue;
		}
		const upper = bounds[i] ?? 0;
		if (i === 0 && upper <= 0) return upper;
		const lower = i === 0 ? 0 : (bounds[i - 1] ?? 0);
		return lower + (upper - lower) * ((rank - below) / count);
	}
	return bounds.at(-1) ?? Number.NaN;
}

/** What a cumulative counter grew by over its samples in time order. A smaller value is a restart from 0, as in Prometheus' `increase`. */
export function counterIncrease(values: readonly number[]): number {
	let grown = 0;
	for (let i = 1; i < values.length; i++) {
		const before = values[i - 1] ?? 0;
		const value = values[i] ?? 0;
		grown += value >= before ? value - before : value;
	}
	return grown;
}

/**
 * What a cumulative histogram grew by over its points in time order; null for fewer than two. Any bucket that shrank, or other bounds, is a
 * restart. `min` and `max` are unknown then.
 */
export function histogramIncrease(points: readonly HistogramPoint[]): HistogramPoint | null {
	const last = points.at(-1);
	if (last === undefined || points.length < 2) return null;
	const grown: HistogramPoint = {
		count: 0,
		sum: 0,
		min: null,
		max: null,
		bounds: last.bounds,
		counts: last.counts.map(() => 0),
	};
	for (let i = 1; i < points.length; i++) {
		const point = points[i] as HistogramPoint;
		// Of a histogram that had other buckets only the latest ones can be shown.
		if (!sameBounds(point, last)) continue;
		const before = points[i - 1] as HistogramPoint;
		const restarted =
			!sameBounds(before, point) ||
			point.count < before.count ||
			point.counts.some((count, bucket) => count < (before.counts[bucket] ?? 0));
		grown.count += point.count - (restarted ? 0 : before.count);
		grown.sum += point.sum - (restarted ? 0 : before.sum);
		point.counts.forEach((count, bucket) => {
			grown.counts[bucket] = (grown.counts[bucket] ?? 0) + count - (restarted ? 0 : (before.counts[bucket] ?? 0));
		});
	}
	return grown;
}

/** Both together; null when their bounds differ. */
export function addHistograms(a: HistogramPoint, b: HistogramPoint): HistogramPoint | null {
	if (!sameBounds(a, b)) return null;
	return {
		count: a.count + b.count,
		sum: a.sum + b.sum,
		min: a.min === null || b.min === null ? null : Math.min(a.min, b.min),
		max: a.max === null || b.max === null ? null : Math.max(a.max, b.max),
		bounds: a.bounds,
		counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)),
	};
}

function sameBounds(a: HistogramPoint, b: HistogramPoint): boolean {
	return a.bounds.length === b.bounds.length && a.bounds.every((bound, i) => bound === b.bounds[i]);
}

const STEPS_S = [
	1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
	604_800, 1_209_600, 2_592_000,
];
const MAX_POINTS = 80n;

/** Width of a chart's points in nanoseconds: the finest of the usual steps (1 s .. 30 d) that makes at most 80 of them. */
export function chooseStep(window: TimeWindow): bigint {
	const length = window.toUnixNano - window.fromUnixNano;
	for (const seconds of STEPS_S) {
		const step = BigInt(seconds) * SECOND;
		if (length <= step * MAX_POINTS) return step;
	}
	const month = 2_592_000n * SECOND;
	return ((length - 1n) / (month * MAX_POINTS) + 1n) * month;
}
