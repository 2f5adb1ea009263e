const SERVICES: Record<string, string> = {
	gateway: "/api/checkout",
	checkout: "/orders",
	cart: "/carts/:id",
	catalog: "/products/:id",
	payment: "/charges",
	inventory: "/reservations",
	recommend: "/similar/:id",
};
/** Takes messages and no requests: only span metrics have its RED. */
const CONSUMER = "mail";
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

interface Options {
	/** Trace ID of the exemplars. */
	exemplar: string;
	startUnixNano: bigint;
	timeUnixNano: bigint;
	/** Calls per bucket since the start; rises from request to request. */
	count: number;
	/** Also what Tempo's generator makes of the consumer's spans: it makes nothing of spans that are dated back. */
	spanMetrics: boolean;
}

/** OTLP/JSON: the request duration of every service as a cumulative histogram with one exemplar. */
export function metricsRequest(options: Options): { body: Buffer; points: number } {
	const resourceMetrics = Object.entries(SERVICES).map(([service, route]) =>
		histogramOf(options, service, "http_server_request_duration_seconds", "s", {
			http_route: route,
			http_request_method: "GET",
			http_response_status_code: "200",
		}),
	);
	if (options.spanMetrics) {
		const labels = { service: CONSUMER, span_name: "process", span_kind: "SPAN_KIND_CONSUMER", status_code: "OK" };
		resourceMetrics.push(histogramOf(options, CONSUMER, "traces_spanmetrics_latency", "", labels));
	}
	return { body: Buffer.from(JSON.stringify({ resourceMetrics })), points: resourceMetrics.length };
}

function histogramOf(options: Options, service: string, name: string, unit: string, labels: Record<string, string>) {
	const { exemplar, startUnixNano, timeUnixNano, count } = options;
	const time = String(timeUnixNano);
	const point = {
		startTimeUnixNano: String(startUnixNano),
		timeUnixNano: time,
		count: String(count * 9),
		sum: count * 0.3,
		explicitBounds: BOUNDS,
		bucketCounts: [...BOUNDS, 0].map(() => String(count)),
		attributes: Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: value } })),
		exemplars: [{ timeUnixNano: time, asDouble: 0.03, traceId: exemplar, filteredAttributes: [] }],
	};
	const histogram = { aggregationTemporality: 2, dataPoints: [point] };
	return {
		resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
		scopeMetrics: [{ metrics: [{ name, unit, histogram }] }],
	};
}
