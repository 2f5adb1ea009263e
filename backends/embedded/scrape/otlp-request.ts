import type { Attributes, AttributeValue, Exemplar, MetricPoint } from "../../../core/model.ts";

/**
 * Points as an OTLP/JSON metrics export request, so that scraped points go the receiver's way: through the journal into the store. Takes
 * what `metricPoints` gives: gauges, sums, histograms, and summaries without quantiles. Numbers that JSON lacks are written as protobuf's
 * JSON mapping says (`"Infinity"`).
 */
export function otlpMetricsRequest(points: readonly MetricPoint[]): string {
	const resources = new Map<Attributes, Map<string, { metric: Record<string, unknown>; dataPoints: object[] }>>();
	for (const point of points) {
		let metrics = resources.get(point.resource);
		if (!metrics) {
			metrics = new Map();
			resources.set(point.resource, metrics);
		}
		const key = `${point.type}\u0000${point.temporality}\u0000${point.name}`;
		let entry = metrics.get(key);
		if (!entry) {
			const { name, description, unit } = point;
			entry = { metric: { name, description, unit }, dataPoints: [] };
			entry.metric[point.type] = {
				aggregationTemporality: point.temporality === "cumulative" ? 2 : point.temporality === "delta" ? 1 : 0,
				isMonotonic: point.monotonic,
				dataPoints: entry.dataPoints,
			};
			metrics.set(key, entry);
		}
		entry.dataPoints.push(dataPoint(point));
	}
	const resourceMetrics = [...resources].map(([resource, metrics]) => ({
		resource: { attributes: keyValues(resource) },
		scopeMetrics: [{ scope: { name: "trivet-scraper" }, metrics: [...metrics.values()].map((entry) => entry.metric) }],
	}));
	return JSON.stringify({ resourceMetrics });
}

function dataPoint(point: MetricPoint): object {
	const { histogram, value, exemplars } = point;
	return {
		attributes: keyValues(point.attributes),
		startTimeUnixNano: String(point.startUnixNano),
		timeUnixNano: String(point.timeUnixNano),
		...(value === null ? {} : { asDouble: double(value) }),
		...(histogram && {
			// OTLP counts are whole; Prometheus allows fractions.
			count: whole(histogram.count),
			sum: double(histogram.sum),
			...(point.type === "histogram" && {
				bucketCounts: histogram.counts.map(whole),
				explicitBounds: histogram.bounds.map(double),
			}),
		}),
		...(exemplars.length > 0 && { exemplars: exemplars.map(exemplarOf) }),
	};
}

function exemplarOf({ timeUnixNano, value, traceId, spanId, attributes }: Exemplar): object {
	return {
		timeUnixNano: String(timeUnixNano),
		asDouble: double(value),
		...(traceId !== null && { traceId }),
		...(spanId !== null && { spanId }),
		filteredAttributes: keyValues(attributes),
	};
}

function double(value: number): number | string {
	return Number.isFinite(value) ? value : String(value);
}

function whole(value: number): string {
	return BigInt(Math.min(Math.round(value), Number.MAX_SAFE_INTEGER)).toString();
}

function keyValues(attributes: Attributes): object[] {
	return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** Labels are texts; the rest is here because a resource may come from elsewhere. */
function anyValue(value: AttributeValue): object {
	if (typeof value === "string") return { stringValue: value };
	if (typeof value === "boolean") return { boolValue: value };
	if (typeof value === "number") return { doubleValue: double(value) };
	return { stringValue: JSON.stringify(value) };
}
