/** What a generator is asked to send; plain data, so that it can be sent to its process. */
export interface LoadPlan {
	/** http://127.0.0.1:4318, or where each signal goes when several engines take them: whole URLs. */
	endpoint: string | { traces: string; logs: string; metrics: string };
	seed: number;
	/** Number of the first trace; a multiple of the traces of one request. */
	firstTrace: number;
	connections: number;
	/** Also one log line per span. */
	logs: boolean;
	/** Also a histogram with exemplars per service, every 15 s of the load's own time. */
	metrics: boolean;
	/** With the span metrics of services that have no such histogram. */
	spanMetrics?: boolean;
	/** Spans per second; null: as fast as the receiver takes them. */
	spansPerSecond: number | null;
	/** Ends at whichever comes first. */
	maxSpans: number;
	maxSeconds: number;
	/** Start times: `now`, or spread evenly over a stretch of time that ends now (a load that stands for an hour). */
	times: "now" | { fromUnixMs: number; toUnixMs: number };
}

export interface LoadProgress {
	/** Acknowledged with 200. */
	spans: number;
	logs: number;
	points: number;
	/** Traces 0..traces-1 from `firstTrace` on were sent, with their logs. */
	traces: number;
	bytes: number;
	requests: number;
	/** 429 and 503 answers; the request is sent again. */
	pushedBack: number;
	/** Anything else that is not 200, and partial successes: the first reason. */
	failure: string | null;
	elapsedMs: number;
	/** Of the receiver's answers since the last progress, milliseconds. */
	latency: { p50Ms: number; p99Ms: number; maxMs: number };
	/** Behind the wanted rate, spans; 0 when it keeps up. */
	behind: number;
}
