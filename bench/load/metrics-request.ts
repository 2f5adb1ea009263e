const SERVICES: Record<string, string> = {
	gateway: "/api/checkout",
	checkout: "/orders",
	cart: "/carts/:id",
	catalog: "/products/:id",
	payment: "/charges",
	inventory: "/reservations",
	recommend: "/similar/:id",
};
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** OTLP/JSON: the request duration of every service as a cumulative histogram with one exemplar. */
export function metricsRequest(options: {
	/** Trace ID of the exemplars. */
	exemplar: string;
	startUnixNano: bigint;
	timeUnixNano: bigint;
	/** Calls per bucket since the start; rises from request to request. */
	count: number;
}): { body: Buffer; points: number } {
	const { exemplar, startUnixNano, timeUnixNano, count } = options;
	const time = String(timeUnixNano);
	const resourceMetrics = Object.entries(SERVICES).map(([service, route]) => ({
		resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
		scopeMetrics: [
			{
				metrics: [
					{
						name: "http_server_request_duration_seconds",
						unit: "s",
						histogram: {
							aggregationTemporality: 2,
							dataPoints: [
								{
									startTimeUnixNano: String(startUnixNano),
									timeUnixNano: time,
									count: String(count * 9),
									sum: count * 0.3,
									explicitBounds: BOUNDS,
									bucketCounts: [...BOUNDS, 0].map(() => String(count)),
									attributes: [
										{ key: "http_route", value: { stringValue: route } },
										{ key: "http_request_method", value: { stringValue: "GET" } },
										{ key: "http_response_status_code", value: { stringValue: "200" } },
									],
									exemplars: [{ timeUnixNano: time, asDouble: 0.03, traceId: exemplar, filteredAttributes: [] }],
								},
							],
						},
					},
				],
			},
		],
	}));
	return { body: Buffer.from(JSON.stringify({ resourceMetrics })), points: resourceMetrics.length };
}
