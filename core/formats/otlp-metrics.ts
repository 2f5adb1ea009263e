/** The data points of one OTLP/JSON metric, in the model's words. */
import { describe, double, readAttributes } from "../attribute-value.ts";
import { explicitBuckets } from "../exponential-histogram.ts";
import { normaliseSpanId, normaliseTraceId } from "../ids.ts";
import type { Attributes, Exemplar, HistogramPoint, MetricPoint, MetricType, Temporality } from "../model.ts";
import { InvalidInput } from "../ports.ts";
import { serviceOf } from "../route.ts";
import { type JsonObject, listAt, objectAt, textAt } from "./json.ts";
import { countAt, enumAt, nanoAt, type Rejected } from "./otlp-fields.ts";

const TYPES: MetricType[] = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"];
const TEMPORALITIES = ["unspecified", "delta", "cumulative"] as const satisfies Temporality[];
const TEMPORALITY_NAMES = TEMPORALITIES.map((name) => `AGGREGATION_TEMPORALITY_${name.toUpperCase()}`);
const NO_RECORDED_VALUE = 1;

/** The data points of a metric, unread: to count them. */
export function pointsOf(metric: unknown): unknown[] {
	const entry = metric as Record<string, { dataPoints?: unknown } | undefined> | null;
	for (const type of TYPES) {
		const points = entry?.[type]?.dataPoints;
		if (Array.isArray(points)) return points;
	}
	return [];
}

/** Appends the metric's points to `points`; a bad point is counted in `rejected`, a bad metric throws `InvalidInput`. */
export function readMetric(metric: JsonObject, resource: Attributes, points: MetricPoint[], rejected: Rejected): void {
	const name = textAt(metric.name, "name");
	if (name === "") throw new InvalidInput("a metric without a name");
	const type = TYPES.find((candidate) => metric[candidate] !== undefined && metric[candidate] !== null);
	if (type === undefined) return;
	const data = objectAt(metric[type], type);
	const common = {
		name,
		type,
		unit: textAt(metric.unit, "unit"),
		description: textAt(metric.description, "description"),
		temporality: enumAt(data.aggregationTemporality, TEMPORALITY_NAMES, TEMPORALITIES),
		monotonic: data.isMonotonic === true,
		service: serviceOf(resource),
		resource,
	};
	listAt(data.dataPoints, `${type}.dataPoints`).forEach((entry, index) => {
		try {
			const point = objectAt(entry, "the point");
			if ((countAt(point.flags, "flags") & NO_RECORDED_VALUE) !== 0) return;
			const timeUnixNano = nanoAt(point.timeUnixNano, "timeUnixNano");
			if (timeUnixNano === null) throw new InvalidInput("timeUnixNano is missing");
			const rest = {
				...common,
				attributes: readAttributes(point.attributes),
				startUnixNano: nanoAt(point.startTimeUnixNano, "startTimeUnixNano") ?? 0n,
				timeUnixNano,
				exemplars: listAt(point.exemplars, "exemplars").map(readExemplar),
			};
			if (type === "gauge" || type === "sum") points.push({ ...rest, value: numberOf(point), histogram: null });
			else points.push({ ...rest, value: null, histogram: readHistogram(point, type) });
			if (type === "summary") points.push(...quantilesOf(point).map((quantile) => quantilePoint(rest, quantile)));
		} catch (error) {
			if (!(error instanceof InvalidInput)) throw error;
			rejected.count++;
			if (rejected.reason === "") rejected.reason = `metric ${name}, ${type}.dataPoints[${index}]: ${error.message}`;
		}
	});
}

function numberOf(point: JsonObject): number {
	const value = point.asDouble ?? point.asInt;
	if (value === undefined || value === null) throw new InvalidInput("neither asDouble nor asInt is set");
	return double(value, point.asDouble === undefined ? "asInt" : "asDouble");
}

function readHistogram(point: JsonObject, type: "histogram" | "exponentialHistogram" | "summary"): HistogramPoint {
	const count = countAt(point.count, "count");
	const sum = point.sum === undefined || point.sum === null ? 0 : double(point.sum, "sum");
	const min = point.min === undefined || point.min === null ? null : double(point.min, "min");
	const max = point.max === undefined || point.max === null ? null : double(point.max, "max");
	if (type === "summary") return { count, sum, min, max, bounds: [], counts: [count] };
	if (type === "exponentialHistogram") return { count, sum, min, max, ...readExponential(point) };
	const bounds = listAt(point.explicitBounds, "explicitBounds").map((bound) => double(bound, "explicitBounds"));
	const counts = listAt(point.bucketCounts, "bucketCounts").map((bucket) => countAt(bucket, "bucketCounts"));
	if (counts.length === 0) return { count, sum, min, max, bounds: [], counts: [count] };
	if (counts.length !== bounds.length + 1) {
		throw new InvalidInput(`${counts.length} bucketCounts for ${bounds.length} explicitBounds (one more is right)`);
	}
	if (bounds.some((bound, i) => i > 0 && !(bound > (bounds[i - 1] ?? 0)))) {
		throw new InvalidInput("explicitBounds do not ascend");
	}
	return { count, sum, min, max, bounds, counts };
}

function readExponential(point: JsonObject): { bounds: number[]; counts: number[] } {
	const scale = Number(point.scale ?? 0);
	if (!Number.isInteger(scale) || scale < -20 || scale > 30) {
		throw new InvalidInput(`scale is ${describe(point.scale)}, not an integer from -20 to 30`);
	}
	return explicitBuckets({
		scale,
		zeroCount: countAt(point.zeroCount, "zeroCount"),
		zeroThreshold: point.zeroThreshold === undefined ? 0 : double(point.zeroThreshold, "zeroThreshold"),
		positive: readBuckets(point.positive, "positive"),
		negative: readBuckets(point.negative, "negative"),
	});
}

function readBuckets(value: unknown, field: string): { offset: number; counts: number[] } {
	if (value === undefined || value === null) return { offset: 0, counts: [] };
	const buckets = objectAt(value, field);
	const offset = Number(buckets.offset ?? 0);
	if (!Number.isInteger(offset))
		throw new InvalidInput(`${field}.offset is ${describe(buckets.offset)}, not an integer`);
	const counts = listAt(buckets.bucketCounts, `${field}.bucketCounts`);
	return { offset, counts: counts.map((count) => countAt(count, `${field}.bucketCounts`)) };
}

function quantilesOf(point: JsonObject): { quantile: number; value: number }[] {
	return listAt(point.quantileValues, "quantileValues").map((entry) => {
		const { quantile, value } = objectAt(entry, "quantileValues");
		return { quantile: double(quantile ?? 0, "quantile"), value: double(value ?? 0, "value") };
	});
}

/** As Prometheus writes summaries: one series per quantile, beside the count and the sum. */
function quantilePoint(
	rest: Omit<MetricPoint, "value" | "histogram">,
	{ quantile, value }: { quantile: number; value: number },
): MetricPoint {
	const attributes = { ...rest.attributes, quantile: String(quantile) };
	return { ...rest, attributes, value, histogram: null, exemplars: [] };
}

function readExemplar(entry: unknown): Exemplar {
	const exemplar = objectAt(entry, "an exemplar");
	const value = exemplar.asDouble ?? exemplar.asInt;
	return {
		timeUnixNano: nanoAt(exemplar.timeUnixNano, "exemplar timeUnixNano") ?? 0n,
		value: value === undefined || value === null ? 0 : double(value, "exemplar value"),
		traceId: typeof exemplar.traceId === "string" ? normaliseTraceId(exemplar.traceId) : null,
		spanId: typeof exemplar.spanId === "string" ? normaliseSpanId(exemplar.spanId) : null,
		attributes: readAttributes(exemplar.filteredAttributes),
	};
}
