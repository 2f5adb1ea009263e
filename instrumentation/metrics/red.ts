import { ExemplarCounter } from "./counter.ts";
import type { OwnMetric } from "./family.ts";
import { DB_BOUNDS, DurationHistogram, HTTP_BOUNDS } from "./histogram.ts";
import { ConsumerLag } from "./saturation/consumer-lag.ts";

/** Rate, errors and duration of every call in and out, by the semantic conventions' names. Route templates only, never raw paths. */
export interface Red {
	httpServer: DurationHistogram;
	httpClient: DurationHistogram;
	rpcServer: DurationHistogram;
	rpcClient: DurationHistogram;
	dbClient: DurationHistogram;
	messagingPublish: DurationHistogram;
	messagingProcess: DurationHistogram;
	httpErrors: ExemplarCounter;
	consumerLag: ConsumerLag;
}

export function createRed(seriesLimit: number): Red {
	const histogram = (
		name: string,
		help: string,
		labels: readonly string[],
		bounds: readonly number[] = HTTP_BOUNDS,
	): DurationHistogram => new DurationHistogram({ name, help, labels, bounds }, seriesLimit);
	const messaging = ["messaging.system", "messaging.destination.name", "messaging.operation.name", "error.type"];
	return {
		httpServer: histogram("http.server.request.duration", "Duration of HTTP server requests.", [
			"http.request.method",
			"http.route",
			"http.response.status_code",
			"url.scheme",
			"error.type",
		]),
		httpClient: histogram("http.client.request.duration", "Duration of HTTP client requests.", [
			"http.request.method",
			"server.address",
			"server.port",
			"http.response.status_code",
			"error.type",
		]),
		rpcServer: histogram("rpc.server.call.duration", "Duration of incoming remote procedure calls.", [
			"rpc.system.name",
			"rpc.method",
			"rpc.response.status_code",
			"error.type",
		]),
		rpcClient: histogram("rpc.client.call.duration", "Duration of outgoing remote procedure calls.", [
			"rpc.system.name",
			"rpc.method",
			"rpc.response.status_code",
			"error.type",
		]),
		dbClient: histogram(
			"db.client.operation.duration",
			"Duration of database client operations.",
			["db.system.name", "db.namespace", "db.operation.name", "server.address", "server.port", "error.type"],
			DB_BOUNDS,
		),
		messagingPublish: histogram("messaging.client.operation.duration", "Duration of sending messages.", messaging),
		messagingProcess: histogram("messaging.process.duration", "Duration of processing messages.", messaging),
		httpErrors: new ExemplarCounter(
			{
				name: "http.request.errors",
				unit: "{error}",
				help: "Failed HTTP server requests by what made them fail.",
				labels: ["cause", "http.request.method", "http.route"],
			},
			seriesLimit,
		),
		consumerLag: new ConsumerLag(seriesLimit),
	};
}

/** The order is the order on the /metrics page. */
export function redMetrics(red: Red): OwnMetric[] {
	return [
		red.httpServer,
		red.httpErrors,
		red.httpClient,
		red.rpcServer,
		red.rpcClient,
		red.dbClient,
		red.messagingPublish,
		red.messagingProcess,
		red.consumerLag,
	];
}
