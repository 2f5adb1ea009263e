/**
 * The API's shapes: what validates a request, what the OpenAPI document is generated from and what the pages' client is typed with.
 * Absolute times are decimal strings of nanoseconds (`...UnixNano`) or epoch milliseconds (`...Ms`, windows and chart points);
 * span times are numbers of nanoseconds from the answer's `startUnixNano`.
 */
import { z } from "@hono/zod-openapi";
import { SPAN_KINDS, STATUS_CODES } from "../../core/model.ts";

const unixNano = z.string().regex(/^-?\d{1,20}$/);
const traceId = z.string().regex(/^[0-9a-f]{32}$/);
const spanId = z.string().regex(/^[0-9a-f]{16}$/);
const attributes = z.record(z.string(), z.unknown());

export const windowSchema = z.object({ fromMs: z.number(), toMs: z.number() }).openapi("Window");

/** What every answer, and every part of the pivot, says about itself. */
export const sectionShape = {
	status: z.enum(["ok", "empty", "partial", "error", "not configured"]),
	/** Why it is not `ok`, and what to do. */
	reason: z.string().optional(),
	source: z.string(),
	window: windowSchema.nullable(),
	query: z.string(),
};

export const problemSchema = z
	.object({
		type: z.string(),
		title: z.string(),
		status: z.number(),
		detail: z.string(),
		/** What to do next. */
		hints: z.array(z.string()).optional(),
	})
	.openapi("Problem");

/* ---- requests ---- */

/** `from` and `to`: epoch ms, ISO 8601 or `now-15m`. `hideDemo`: leave the demo's telemetry out. */
export const windowQuery = z.object({
	from: z.string().default("now-15m"),
	to: z.string().default("now"),
	hideDemo: z.enum(["true", "false"]).default("false"),
});
export const pageQuery = z.object({
	limit: z.coerce.number().int().min(1).max(1000).optional(),
	cursor: z.string().max(2000).optional(),
});

/* ---- status ---- */

export const statusSchema = z
	.object({
		version: z.string(),
		startedMs: z.number(),
		nowMs: z.number(),
		backend: z.enum(["embedded", "stack"]),
		stores: z.array(
			z.object({
				name: z.string(),
				signals: z.array(z.enum(["traces", "logs", "metrics"])),
				state: z.enum(["ok", "degraded", "down", "not configured"]),
				reason: z.string().nullable(),
				latencyMs: z.number().nullable(),
				lastError: z.string().nullable(),
			}),
		),
		ingest: z
			.record(
				z.enum(["traces", "logs", "metrics"]),
				z.object({
					accepted: z.number(),
					rejected: z.number(),
					dropped: z.number(),
					stored: z.number(),
				}),
			)
			/** null: others take the data in. */
			.nullable(),
		dataWindow: windowSchema.nullable(),
		facts: z.array(z.object({ name: z.string(), value: z.unknown(), unit: z.string() })),
		/** Where apps send OTLP/HTTP, e.g. http://localhost:4318; null when the console does not receive. */
		otlpEndpoint: z.string().nullable(),
		/** A Grafana that has our boards, without a slash at its end; null when none is named. */
		grafanaUrl: z.string().nullable(),
		/** The demo's control endpoint is reachable through /api/demo. */
		demo: z.boolean(),
		/** What only some backends can do. */
		capabilities: z.object({
			/** Takes imports and erases the demo's telemetry. */
			ingest: z.boolean(),
			/** `traceql=` of /api/traces. */
			traceql: z.boolean(),
			/** `logql=` of /api/logs. */
			logql: z.boolean(),
		}),
	})
	.openapi("Status");

/* ---- RED ---- */

export const redSummaryShape = {
	calls: z.number(),
	errors: z.number(),
	/** calls per second */
	rate: z.number(),
	/** 0..1 */
	errorRate: z.number(),
	p50Ms: z.number().nullable(),
	p95Ms: z.number().nullable(),
	p99Ms: z.number().nullable(),
};
export const redPointSchema = z.object({ timeMs: z.number(), ...redSummaryShape });
export const redSeriesSchema = z
	.object({
		service: z.string(),
		route: z.string().nullable(),
		source: z.string(),
		summary: z.object(redSummaryShape),
		points: z.array(redPointSchema),
	})
	.openapi("RedSeries");
export const redAnswerSchema = z
	.object({ ...sectionShape, stepMs: z.number(), series: z.array(redSeriesSchema) })
	.openapi("RedAnswer");

export const redQuery = windowQuery.extend({
	service: z.string().max(500).optional(),
	route: z.string().max(1000).optional(),
	/** One series a route instead of one a service. */
	byRoute: z.enum(["true", "false"]).default("false"),
	/** Width of a point, milliseconds; chosen to fit the window when absent. */
	stepMs: z.coerce.number().int().min(1000).optional(),
});

export const servicesSchema = z
	.object({
		...sectionShape,
		services: z.array(
			z.object({
				service: z.string(),
				environments: z.array(z.string()),
				version: z.string().nullable(),
				lastSeenUnixNano: unixNano,
				red: z.object(redSummaryShape),
				redSource: z.string(),
				spanCount: z.number(),
				logCount: z.number(),
				errorLogCount: z.number(),
			}),
		),
	})
	.openapi("Services");

/* ---- traces ---- */

export const traceSummarySchema = z
	.object({
		traceId,
		rootService: z.string(),
		rootName: z.string(),
		rootMissing: z.boolean(),
		startUnixNano: unixNano,
		durationNs: z.number(),
		status: z.enum(STATUS_CODES),
		spanCount: z.number(),
		errorCount: z.number(),
		services: z.array(z.object({ service: z.string(), spans: z.number(), errors: z.number() })),
	})
	.openapi("TraceSummary");
export const tracesQuery = windowQuery.extend(pageQuery.shape).extend({
	q: z.string().max(2000).optional(),
	service: z.string().max(500).optional(),
	operation: z.string().max(1000).optional(),
	minDurationMs: z.coerce.number().nonnegative().optional(),
	maxDurationMs: z.coerce.number().nonnegative().optional(),
	status: z.enum(["error", "ok"]).optional(),
	order: z.enum(["newest", "slowest"]).default("newest"),
	/** Raw TraceQL, for backends that speak it: 501 elsewhere. */
	traceql: z.string().max(10_000).optional(),
});
export const tracesSchema = z
	.object({
		...sectionShape,
		traces: z.array(traceSummarySchema),
		nextCursor: z.string().optional(),
	})
	.openapi("Traces");

const kindSchema = z.enum(SPAN_KINDS);
const linkSchema = z.object({ traceId, spanId, attributes });
const eventSchema = z.object({
	startNs: z.number(),
	name: z.string(),
	attributes,
});
/** Things the tree found: each is shown, none is mended in silence. */
export const spanFlagSchema = z.enum([
	"root",
	/** its parent was never seen */
	"orphan",
	/** stands for a parent that was never seen */
	"placeholder",
	/** starts before or ends after its parent in a way that only another clock explains */
	"skewed",
	/** several versions arrived; the one with the later end is shown */
	"superseded",
	/** its parents went round in a circle; cut here */
	"cycle",
]);
export const spanSchema = z
	.object({
		spanId,
		parentSpanId: spanId.nullable(),
		service: z.string(),
		name: z.string(),
		kind: kindSchema,
		startNs: z.number(),
		durationNs: z.number(),
		selfNs: z.number(),
		status: z.enum(STATUS_CODES),
		statusMessage: z.string(),
		attributes,
		resource: attributes,
		scopeName: z.string(),
		scopeVersion: z.string(),
		events: z.array(eventSchema),
		links: z.array(linkSchema),
		flags: z.array(spanFlagSchema),
		weight: z.number(),
	})
	.openapi("Span");

/** Client and server may share a span id: every span with the id, times counted from the trace's start. */
export const spanVersionsSchema = z
	.object({ startUnixNano: unixNano, spans: z.array(spanSchema) })
	.openapi("SpanVersions");

/** What is said of a trace as a whole. */
export const traceFactsShape = {
	traceId,
	startUnixNano: unixNano,
	durationNs: z.number(),
	spanCount: z.number(),
	errorCount: z.number(),
	depth: z.number(),
	orphans: z.number(),
	services: z.array(z.object({ service: z.string(), spans: z.number(), errors: z.number(), selfNs: z.number() })),
	root: z.object({ spanId, service: z.string(), name: z.string(), missing: z.boolean() }).nullable(),
	/** Sections in time order; they never overlap and lie within the root. */
	criticalPath: z.array(
		z.object({
			spanId,
			row: z.number(),
			startNs: z.number(),
			endNs: z.number(),
		}),
	),
	/** 0..1 among traces with the same root service and name in the hour around it; null when too few (< 20) */
	percentile: z.number().nullable(),
	partial: z.boolean(),
};
export const traceSchema = z
	.object({ ...sectionShape, ...traceFactsShape, spans: z.array(spanSchema) })
	.openapi("Trace");

/**
 * The tree for the page: rows in depth-first order (children by start time), every column an array of `spanCount` (placeholders included).
 * Row i's subtree is rows i .. i + subtree[i] - 1.
 */
export const skeletonSchema = z
	.object({
		...traceFactsShape,
		dictionary: z.object({
			services: z.array(z.string()),
			names: z.array(z.string()),
			kinds: z.array(kindSchema),
			flags: z.array(spanFlagSchema),
		}),
		columns: z.object({
			spanId: z.array(spanId),
			/** row of the parent, -1 for none */
			parent: z.array(z.number()),
			depth: z.array(z.number()),
			subtree: z.array(z.number()),
			service: z.array(z.number()),
			name: z.array(z.number()),
			kind: z.array(z.number()),
			startNs: z.array(z.number()),
			durationNs: z.array(z.number()),
			selfNs: z.array(z.number()),
			/** 1 where the span failed */
			error: z.array(z.number()),
			/** bit i = dictionary.flags[i] */
			flags: z.array(z.number()),
			events: z.array(z.number()),
			links: z.array(z.number()),
		}),
	})
	.openapi("Skeleton");

/* ---- logs ---- */

export const logRecordSchema = z
	.object({
		timeUnixNano: unixNano,
		sequence: z.number(),
		service: z.string(),
		level: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "unspecified"]),
		severityText: z.string(),
		body: z.string(),
		traceId: traceId.nullable(),
		spanId: spanId.nullable(),
		attributes,
		resource: attributes,
	})
	.openapi("LogRecord");
export const logsQuery = windowQuery.extend(pageQuery.shape).extend({
	traceId: z.string().max(200).optional(),
	spanId: z.string().max(64).optional(),
	service: z.string().max(500).optional(),
	level: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).optional(),
	q: z.string().max(2000).optional(),
	order: z.enum(["oldest", "newest"]).default("newest"),
	/** Raw LogQL, for backends that speak it: 501 elsewhere. */
	logql: z.string().max(10_000).optional(),
});
export const logsSchema = z
	.object({
		...sectionShape,
		records: z.array(logRecordSchema),
		nextCursor: z.string().optional(),
	})
	.openapi("Logs");

/* ---- exemplars, fields ---- */

export const exemplarSchema = z
	.object({
		metric: z.string(),
		service: z.string(),
		route: z.string().nullable(),
		unit: z.string(),
		timeMs: z.number(),
		value: z.number(),
		traceId: traceId.nullable(),
		spanId: spanId.nullable(),
	})
	.openapi("Exemplar");
export const exemplarsSchema = z.object({ ...sectionShape, items: z.array(exemplarSchema) }).openapi("Exemplars");
export const fieldsSchema = z
	.object({
		...sectionShape,
		values: z.array(z.object({ value: z.string(), count: z.number() })),
	})
	.openapi("Fields");

/** Without `traceId` the window counts. */
export const exemplarsQuery = windowQuery.extend({
	service: z.string().max(500).optional(),
	/** Of this metric alone; a RED series' source stands for all spellings of it. */
	metric: z.string().max(500).optional(),
	traceId: z.string().max(200).optional(),
});
/** Values of `field`, or the names of the known fields without it. */
export const fieldsQuery = windowQuery.extend({
	signal: z.enum(["traces", "logs", "metrics"]).default("traces"),
	field: z.string().max(500).optional(),
	prefix: z.string().max(500).optional(),
});

/* ---- objectives ---- */

/** Of one service, or of all; as they stood at the window's end. */
export const sloQuery = windowQuery.extend({ service: z.string().max(500).optional() });
const sloItemSchema = z
	.object({
		service: z.string(),
		/** `availability` or `latency`. */
		slo: z.string(),
		/** 0.995: at most 5 requests in 1,000 may fail, or be too slow. */
		objective: z.number(),
		/** Share that did, over 30 days or what is kept of them; null without traffic. */
		errorRatio: z.number().nullable(),
		/** 1: untouched, 0: spent, below: overspent. */
		budgetRemaining: z.number().nullable(),
		/** Over the last hour: 1 spends the budget in exactly 30 days. */
		burnRate: z.number().nullable(),
	})
	.openapi("Slo");
export const sloSchema = z.object({ ...sectionShape, items: z.array(sloItemSchema) }).openapi("Slos");

/* ---- topology ---- */

/** `focus`: a node id; only nodes at most `depth` edges away from it, against and along the calls. */
export const topologyQuery = windowQuery.extend({
	focus: z.string().max(1000).optional(),
	depth: z.coerce.number().int().min(1).max(20).default(1),
});

export const topologySchema = z
	.object({
		...sectionShape,
		nodes: z.array(
			z.object({
				id: z.string(),
				kind: z.enum(["service", "database", "cache", "queue", "rpc", "external"]),
				name: z.string(),
				spans: z.number(),
				errors: z.number(),
				/** incoming calls; for roots of the graph 0 */
				calls: z.number(),
			}),
		),
		edges: z.array(
			z.object({
				caller: z.string(),
				callee: z.string(),
				kind: z.enum(["call", "message"]),
				calls: z.number(),
				errors: z.number(),
				/** calls per second over the window */
				rate: z.number(),
				p50Ms: z.number().nullable(),
				p95Ms: z.number().nullable(),
				p99Ms: z.number().nullable(),
				sampleTraceIds: z.array(traceId),
				/** index into `cycles`, when the edge is part of one */
				cycle: z.number().nullable(),
			}),
		),
		cycles: z.array(
			z.object({
				/** node ids in order; the last calls the first */
				path: z.array(z.string()),
				/** traceIdPerEdge[i] shows path[i] calling path[i + 1] */
				traceIdPerEdge: z.array(traceId.nullable()),
				/** one trace that goes all the way round; null when only different traces together do */
				singleTrace: traceId.nullable(),
			}),
		),
		coverage: z.object({
			spans: z.number(),
			paired: z.number(),
			unmatchedClients: z.number(),
			unmatchedProducers: z.number(),
			orphans: z.number(),
			meanWeight: z.number(),
		}),
	})
	.openapi("Topology");

/* ---- the pivot ---- */

export const pivotQuery = z.object({
	/** A trace ID in any spelling, a traceparent, or a request ID. */
	id: z.string().min(1).max(512),
	/** `skeleton`: the page's columnar tree instead of whole spans. */
	detail: z.enum(["spans", "skeleton"]).default("spans"),
});
export const pivotSchema = z
	.object({
		traceId,
		resolvedAs: z.enum(["traceparent", "trace id", "request id"]),
		/** Other traces of the same request ID. */
		candidates: z.array(z.object({ traceId, firstSeenUnixNano: unixNano, signal: z.string() })),
		trace: z.object({
			...sectionShape,
			facts: z.object(traceFactsShape).nullable(),
			/** with detail=spans; at most 5,000, `partial` beyond */
			spans: z.array(spanSchema).optional(),
			/** with detail=skeleton */
			skeleton: skeletonSchema.optional(),
		}),
		logs: z.object({
			...sectionShape,
			records: z.array(logRecordSchema),
			nextCursor: z.string().optional(),
		}),
		/** RED of every service in the trace around the trace's time. */
		red: z.object({ ...sectionShape, stepMs: z.number(), services: z.array(redSeriesSchema) }),
		exemplars: z.object({ ...sectionShape, items: z.array(exemplarSchema) }),
		/** milliseconds each part took on the server */
		timings: z.record(z.string(), z.number()),
	})
	.openapi("Pivot");

/* ---- import, demo ---- */

export const importJobSchema = z
	.object({
		id: z.string(),
		state: z.enum(["running", "done", "failed"]),
		name: z.string(),
		bytes: z.number(),
		lines: z.number(),
		accepted: z.object({ traces: z.number(), logs: z.number(), metrics: z.number() }),
		rejected: z.number(),
		/** First few problems, each naming its line. */
		problems: z.array(z.string()),
		window: windowSchema.nullable(),
	})
	.openapi("ImportJob");

export const demoSchema = z
	.object({
		running: z.boolean(),
		/** Requests per second the traffic aims for. */
		rate: z.number(),
		services: z.array(z.object({ name: z.string(), url: z.string(), state: z.string() })),
		faults: z.array(
			z.object({
				id: z.string(),
				title: z.string(),
				/** What to look at when it is on. */
				description: z.string(),
				enabled: z.boolean(),
			}),
		),
	})
	.openapi("Demo");

/* ---- alerts, incidents ---- */

const labelsSchema = z
	.record(z.string(), z.string())
	.nullish()
	.transform((labels) => labels ?? {});
const rfc3339 = z
	.string()
	.refine(
		(text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
		"is no RFC 3339 time",
	)
	.openapi({ format: "date-time" });

/** Alertmanager's message, version 4. What newer versions add is let through and not kept. */
export const alertsWebhookSchema = z
	.object({
		version: z.literal("4"),
		groupKey: z.string().min(1).max(10_000),
		status: z.enum(["firing", "resolved"]),
		receiver: z.string(),
		groupLabels: labelsSchema,
		commonLabels: labelsSchema,
		commonAnnotations: labelsSchema,
		externalURL: z.string().default(""),
		truncatedAlerts: z.number().int().nonnegative().default(0),
		alerts: z
			.array(
				z.object({
					status: z.enum(["firing", "resolved"]),
					labels: labelsSchema,
					annotations: labelsSchema,
					startsAt: rfc3339,
					/** `0001-01-01T00:00:00Z` while it fires. */
					endsAt: rfc3339,
					generatorURL: z.string().default(""),
					fingerprint: z.string().min(1).max(100),
				}),
			)
			.min(1)
			.max(10_000),
	})
	.openapi("AlertmanagerMessage");
export const alertsAnswerSchema = z.object({ incidents: z.array(z.string()) });

export const incidentsQuery = pageQuery.extend({
	status: z.enum(["firing", "resolved"]).optional(),
	service: z.string().max(500).optional(),
});
const stringMap = z.record(z.string(), z.string());
const incidentSummaryShape = {
	id: z.string(),
	status: z.enum(["firing", "resolved"]),
	/** The alerts' names. */
	title: z.string(),
	/** The worst of the alerts that fire, in their own word; null when none names one. */
	severity: z.string().nullable(),
	summary: z.string(),
	services: z.array(z.string()),
	/** When its first alert began. */
	startsAtMs: z.number(),
	/** When its last alert ended; null while one fires. */
	endsAtMs: z.number().nullable(),
	/** What telemetry to look at: a quarter of an hour before it to its end, or to now. */
	window: windowSchema,
	firingAlerts: z.number(),
	resolvedAlerts: z.number(),
	/** More than are kept, or than Alertmanager sent. */
	unlistedAlerts: z.number(),
	/** When Alertmanager last said anything of it. */
	lastHeardMs: z.number(),
};
export const incidentsSchema = z
	.object({
		incidents: z.array(z.object(incidentSummaryShape)),
		/** How many fire, whatever was asked for. */
		firing: z.number(),
		nextCursor: z.string().optional(),
	})
	.openapi("Incidents");
export const incidentAlertSchema = z.object({
	fingerprint: z.string(),
	status: z.enum(["firing", "resolved"]),
	name: z.string(),
	severity: z.string().nullable(),
	service: z.string().nullable(),
	startsAtMs: z.number(),
	endsAtMs: z.number().nullable(),
	/** Nobody said that it ended: the same alert fired anew later. */
	endAssumed: z.boolean(),
	window: windowSchema,
	labels: stringMap,
	annotations: stringMap,
	/** http or https, else null. */
	generatorUrl: z.string().nullable(),
	runbookUrl: z.string().nullable(),
});
export const incidentSchema = z
	.object({
		...incidentSummaryShape,
		groupKey: z.string(),
		groupLabels: stringMap,
		receiver: z.string(),
		/** Of the Alertmanager; http or https, else null. */
		externalUrl: z.string().nullable(),
		commonLabels: stringMap,
		commonAnnotations: stringMap,
		alerts: z.array(incidentAlertSchema),
	})
	.openapi("Incident");

export type Incidents = z.infer<typeof incidentsSchema>;
export type IncidentSummary = Incidents["incidents"][number];
export type IncidentAlertAnswer = z.infer<typeof incidentAlertSchema>;
export type IncidentAnswer = z.infer<typeof incidentSchema>;
export type Status = z.infer<typeof statusSchema>;
export type Problem = z.infer<typeof problemSchema>;
export type RedSeriesAnswer = z.infer<typeof redSeriesSchema>;
export type RedAnswer = z.infer<typeof redAnswerSchema>;
export type Services = z.infer<typeof servicesSchema>;
export type TraceSummaryAnswer = z.infer<typeof traceSummarySchema>;
export type Traces = z.infer<typeof tracesSchema>;
export type SpanAnswer = z.infer<typeof spanSchema>;
export type SpanVersions = z.infer<typeof spanVersionsSchema>;
export type TraceAnswer = z.infer<typeof traceSchema>;
export type Skeleton = z.infer<typeof skeletonSchema>;
export type LogRecordAnswer = z.infer<typeof logRecordSchema>;
export type Logs = z.infer<typeof logsSchema>;
export type ExemplarAnswer = z.infer<typeof exemplarSchema>;
export type Exemplars = z.infer<typeof exemplarsSchema>;
export type SloAnswer = z.infer<typeof sloItemSchema>;
export type Slos = z.infer<typeof sloSchema>;
export type Fields = z.infer<typeof fieldsSchema>;
export type Topology = z.infer<typeof topologySchema>;
export type Pivot = z.infer<typeof pivotSchema>;
export type ImportJob = z.infer<typeof importJobSchema>;
export type Demo = z.infer<typeof demoSchema>;
