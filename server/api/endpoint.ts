/** One endpoint is one value: its path, what it takes, what it answers and how. The OpenAPI document comes from the same value. */
import type { OpenAPIHono, z } from "@hono/zod-openapi";
import { DEMO_ENVIRONMENT, type TimeWindow } from "../../core/model.ts";
import type { Backend, Call } from "../../core/ports.ts";
import { parseTime } from "../../core/time.ts";
import type { DemoControl } from "../demo-control.ts";
import type { ImportJobs } from "../import-jobs.ts";
import type { IncidentBook } from "./incident-book.ts";
import { ProblemError } from "./problem.ts";
import { problemSchema } from "./schema.ts";

/** What the endpoints work with. */
export interface Services {
	backend: Backend;
	imports: ImportJobs;
	demo: DemoControl;
	incidents: IncidentBook;
	version: string;
	startedMs: number;
	/** Where apps send OTLP/HTTP; null when this server does not receive. */
	otlpEndpoint: string | null;
	/** A Grafana that has our boards. */
	grafanaUrl: string | null;
}

export interface EndpointRequest<Q, P> {
	query: Q;
	params: P;
	services: Services;
	/** Makes the call that travels with every question to the backend. */
	call(options?: { limit?: number; cursor?: string; hideDemo?: boolean }): Call;
	/** `from`/`to` of the query; 400 when they make no window. */
	window(query: { from: string; to: string }): TimeWindow;
}

const ANSWER_DEADLINE_MS = 10_000;
const DEFAULT_LIMIT = 100;

/** Of a path without parameters. */
export type NoParams = z.ZodObject<Record<string, never>>;

export interface Endpoint<Q extends z.ZodObject, P extends z.ZodObject, A extends z.ZodType> {
	path: string;
	summary: string;
	query: Q;
	params?: P;
	answer: A;
	run(request: EndpointRequest<z.output<Q>, z.output<P>>): Promise<z.input<A>>;
}

/** Registers a GET endpoint: parses query and path, runs it, writes JSON. */
export function get<Q extends z.ZodObject, P extends z.ZodObject, A extends z.ZodType>(
	app: OpenAPIHono,
	services: Services,
	endpoint: Endpoint<Q, P, A>,
): void {
	const { path, summary, query, params, answer } = endpoint;
	app.openAPIRegistry.registerPath({
		method: "get",
		path,
		summary,
		request: { query, ...(params ? { params } : {}) },
		responses: {
			200: { description: summary, content: { "application/json": { schema: answer } } },
			default: { description: "What went wrong", content: { "application/problem+json": { schema: problemSchema } } },
		},
	});
	app.get(path.replace(/\{(\w+)\}/g, ":$1"), async (c) => {
		const found = await endpoint.run({
			query: parseInput(query, c.req.query()),
			params: params ? parseInput(params, c.req.param()) : ({} as z.output<P>),
			services,
			call: (options = {}) => ({
				tenant: "default",
				signal: c.req.raw.signal,
				deadlineMs: ANSWER_DEADLINE_MS,
				limit: options.limit ?? DEFAULT_LIMIT,
				...(options.cursor === undefined ? {} : { cursor: options.cursor }),
				excludeEnvironments: options.hideDemo ? [DEMO_ENVIRONMENT] : [],
			}),
			window: ({ from, to }) => readWindow(from, to),
		});
		return c.json(found as object);
	});
}

function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
	const parsed = schema.safeParse(input);
	if (!parsed.success) throw invalidRequest(parsed.error.issues);
	return parsed.data;
}

/** 400 that names each parameter that does not fit. */
export function invalidRequest(issues: readonly { path: PropertyKey[]; message: string }[]): ProblemError {
	const detail = issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
	return new ProblemError(400, "Invalid request", detail, ["See /api/openapi.json for what is taken."]);
}

function readWindow(from: string, to: string): TimeWindow {
	const nowMs = Date.now();
	const window = { fromUnixNano: parseTime(from, nowMs), toUnixNano: parseTime(to, nowMs) };
	if (window.toUnixNano <= window.fromUnixNano) {
		throw new ProblemError(400, "Invalid window", `from=${from} is not before to=${to}.`, [
			"Give from and to as epoch milliseconds, ISO 8601 or now-15m.",
		]);
	}
	return window;
}
