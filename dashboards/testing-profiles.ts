/** Metrics of services that are not instrumented by us: the RED profiles that the demo shop does not have, and what it has no use for. */
type Attributes = Record<string, string>;

const EVERY_MS = 5_000;
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const MILLISECONDS = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10_000, 15_000];

/** Pushes them every five seconds, ever growing, until it is stopped. */
export function otherProfiles(otlpUrl: string): { stop(): void } {
	const startedMs = Date.now();
	let rounds = 0;
	const push = async (): Promise<void> => {
		rounds++;
		const body = { resourceMetrics: resources(startedMs, rounds) };
		await fetch(`${otlpUrl}/v1/metrics`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(body),
		}).catch(() => undefined);
	};
	void push();
	const timer = setInterval(() => void push(), EVERY_MS);
	return { stop: () => clearInterval(timer) };
}

function resources(startedMs: number, rounds: number): unknown[] {
	const at = { startTimeUnixNano: `${startedMs}000000`, timeUnixNano: `${Date.now()}000000` };
	const histogram = (name: string, unit: string, bounds: readonly number[], series: readonly Attributes[]) => ({
		name,
		unit,
		histogram: {
			aggregationTemporality: 2,
			dataPoints: series.map((attributes, i) => {
				// Most calls in the middle, and each series another number of them.
				const counts = [...bounds, 0].map((_, bucket) => rounds * (bucket > 2 && bucket < 7 ? i + 1 : 0));
				const count = counts.reduce((sum, one) => sum + one, 0);
				return {
					...at,
					attributes: listed(attributes),
					count,
					sum: count * 0.05,
					bucketCounts: counts,
					explicitBounds: bounds,
				};
			}),
		},
	});
	const gauge = (name: string, value: number, attributes: Attributes) => ({
		name,
		gauge: { dataPoints: [{ ...at, asDouble: value, attributes: listed(attributes) }] },
	});
	const counter = (name: string, unit: string, attributes: Attributes) => ({
		name,
		unit,
		sum: {
			aggregationTemporality: 2,
			isMonotonic: true,
			dataPoints: [{ ...at, asDouble: rounds, attributes: listed(attributes) }],
		},
	});
	const spans = { "span.name": "GET /things", "span.kind": "SPAN_KIND_SERVER" };
	return [
		resource("legacy-http", [
			histogram("http_request_duration_seconds", "", SECONDS, [
				{ method: "GET", route: "/things", status_code: "200" },
				{ method: "GET", route: "/things", status_code: "500" },
			]),
			counter("http.request.errors", "{request}", { cause: "db" }),
			gauge("messaging.consumer.lag", rounds, { "messaging.destination.name": "orders", "messaging.system": "kafka" }),
		]),
		resource("connector-only", [
			histogram("traces.span.metrics.duration", "ms", MILLISECONDS, [
				{ ...spans, "status.code": "STATUS_CODE_UNSET" },
				{ ...spans, "status.code": "STATUS_CODE_ERROR" },
			]),
		]),
	];
}

function resource(name: string, metrics: readonly unknown[]): unknown {
	return { resource: { attributes: listed({ "service.name": name }) }, scopeMetrics: [{ metrics }] };
}

function listed(attributes: Attributes): unknown[] {
	return Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}
