/**
 * Spans out of Tempo's search: TraceQL with `select` gives everything core folds, but for links and sampling weights. A search sees traces by
 * their fragments (what arrived together): `whole` groups by span, so that no fragment hides another.
 */
import { z } from "zod";
import { readAttributes } from "../../../core/attribute-value.ts";
import { normaliseSpanId, normaliseTraceId } from "../../../core/ids.ts";
import { SPAN_KINDS, type SpanCore, STATUS_CODES, type TimeWindow, type TraceId } from "../../../core/model.ts";
import { peerOf } from "../../../core/peer.ts";
import { type Call, InvalidInput } from "../../../core/ports.ts";
import { routeOf, serviceOf } from "../../../core/route.ts";
import type { Engine } from "../engine.ts";
import { type Seconds, secondsOf } from "../tempo/search-api.ts";

/** A span with what its resource says of the service. */
export interface WindowSpan extends SpanCore {
	environment: string;
	version: string | null;
}

export interface FoundTrace {
	traceId: TraceId;
	startUnixNano: bigint;
	/** How many of its spans satisfy the query; `spans` may be fewer. */
	matched: number;
	spans: WindowSpan[];
}

export interface SpanSearch {
	/** Within the braces of the query; empty for every span. */
	condition: string;
	window: TimeWindow;
	/** At most so many traces. */
	limit: number;
	/** At most so many spans a trace. */
	spansPerTrace: number;
	/** What comes with a span: nothing, its route, what else RED needs, or what the topology needs as well. */
	select: "nothing" | "route" | "entry" | "all";
	/** Every span of every fragment; costs time by the square of a trace's spans. */
	whole?: boolean;
}

/** What `routeOf` reads. */
const ROUTE_KEYS = ["http.route", "rpc.method", "rpc.service"];
/** What `peerOf` reads. */
const PEER_KEYS = [
	...["peer.service", "service.peer.name", "db.system.name", "db.system", "db.namespace", "db.name"],
	...["db.redis.database_index", "db.sql.database", "messaging.system", "messaging.destination.template"],
	...["messaging.destination.name", "messaging.destination", "messaging.source.name", "messaging.kafka.topic"],
	...["rpc.system.name", "rpc.system", "server.address", "server.port", "net.peer.name", "net.peer.port"],
	...["network.peer.port", "net.sock.peer.port", "url.full", "http.url", "http.host", "net.sock.peer.name"],
	...["network.peer.address", "net.sock.peer.addr", "net.peer.ip", "peer.hostname", "peer.address", "peer.ipv4"],
];
const ENVIRONMENT_KEYS = ["deployment.environment.name", "deployment.environment"];
const RESOURCE_KEYS = ["service.name", "service.version", ...ENVIRONMENT_KEYS];
const INTRINSICS = ["span:parentID", "name", "kind", "status"];

const routeSelect = [
	"span:parentID",
	"name",
	"kind",
	...scoped("resource", ENVIRONMENT_KEYS),
	...scoped("span", ROUTE_KEYS),
];
const entrySelect = [...INTRINSICS, ...scoped("resource", RESOURCE_KEYS), ...scoped("span", ROUTE_KEYS)];
const SELECT = {
	nothing: "",
	route: ` | select(${routeSelect.join(", ")})`,
	entry: ` | select(${entrySelect.join(", ")})`,
	all: ` | select(${[...entrySelect, ...scoped("span", PEER_KEYS)].join(", ")})`,
};

const answerSchema = z.object({
	traces: z
		.array(
			z.object({
				traceID: z.string(),
				startTimeUnixNano: z.string().optional(),
				spanSets: z
					.array(
						z.object({
							matched: z.number().optional(),
							spans: z
								.array(
									z.object({
										spanID: z.string(),
										name: z.string().optional(),
										startTimeUnixNano: z.string().optional(),
										durationNanos: z.string().optional(),
										attributes: z.unknown().optional(),
									}),
								)
								.optional(),
						}),
					)
					.optional(),
			}),
		)
		.optional(),
});

type FoundSpan = NonNullable<
	NonNullable<NonNullable<z.output<typeof answerSchema>["traces"]>[number]["spanSets"]>[number]["spans"]
>[number];

/** Searches that keep to what the engine allows: its own limits are learned from its refusals, once. */
export class SpanSearcher {
	private readonly engine: Engine;
	private mostSpansPerTrace = 1_000_000;
	private mostTraces = 1_000_000;
	private mostSeconds = 2 ** 31;

	constructor(engine: Engine) {
		this.engine = engine;
	}

	/**
	 * Traces with a span that satisfies the condition and that overlap the window, any of them first; `cut` when there may be more. A window
	 * longer than the engine searches at once is several searches.
	 */
	async search(search: SpanSearch, call: Call): Promise<{ traces: FoundTrace[]; cut: boolean }> {
		const { from, to } = secondsOf(search.window);
		const traces: FoundTrace[] = [];
		for (let start = from; start < to; ) {
			const seconds = { from: start, to: Math.min(to, start + this.mostSeconds) };
			const limit = Math.min(search.limit - traces.length, this.mostTraces);
			const spss = Math.min(search.spansPerTrace, this.mostSpansPerTrace);
			try {
				const found = await this.once(queryOf(search), seconds, limit, spss, call);
				for (const trace of found) traces.push(trace);
				if (found.length >= limit) return { traces, cut: true };
				start = seconds.to;
			} catch (error) {
				if (!(error instanceof InvalidInput) || !this.learnsFrom(error.message)) throw error;
			}
		}
		return { traces, cut: false };
	}

	private async once(q: string, { from, to }: Seconds, limit: number, spss: number, call: Call): Promise<FoundTrace[]> {
		const params = { q, start: String(from), end: String(to), limit: String(limit), spss: String(spss) };
		const found = await this.engine.json(answerSchema, { path: "/api/search", params }, call);
		return (found?.traces ?? []).map(readTrace).filter((trace) => trace !== null);
	}

	/** True when the next try will ask for less. */
	private learnsFrom(refusal: string): boolean {
		const learned = (pattern: RegExp, known: number): number => {
			const most = Number(pattern.exec(refusal)?.[1] ?? Number.NaN);
			return most >= 1 && most < known ? most : known;
		};
		const before = this.mostSpansPerTrace + this.mostTraces + this.mostSeconds;
		this.mostSpansPerTrace = learned(/spans per span set exceeds (\d+)/, this.mostSpansPerTrace);
		this.mostTraces = learned(/exceeds max limit (\d+)/, this.mostTraces);
		const hours = learned(/exceeds (\d+)h/, this.mostSeconds / 3600);
		this.mostSeconds = hours * 3600;
		return this.mostSpansPerTrace + this.mostTraces + this.mostSeconds < before;
	}
}

/** The query as sent. */
export function queryOf({ condition, select, whole }: SpanSearch): string {
	return `{ ${condition} }${whole ? " | by(span:id)" : ""}${SELECT[select]}`;
}

/** A string of TraceQL. */
export function quoted(text: string): string {
	return JSON.stringify(text);
}

/** The environment a resource names, "" for none. */
export function isLeftOut(span: WindowSpan, call: Call): boolean {
	return span.environment !== "" && call.excludeEnvironments.includes(span.environment);
}

function scoped(scope: string, keys: readonly string[]): string[] {
	return keys.map((key) => `${scope}.${key}`);
}

function readTrace(trace: NonNullable<z.output<typeof answerSchema>["traces"]>[number]): FoundTrace | null {
	const traceId = normaliseTraceId(trace.traceID);
	if (traceId === null) return null;
	const spans: WindowSpan[] = [];
	let matched = 0;
	for (const set of trace.spanSets ?? []) {
		matched += set.matched ?? 0;
		for (const span of set.spans ?? []) {
			const read = readSpan(traceId, span);
			if (read !== null) spans.push(read);
		}
	}
	return { traceId, startUnixNano: nanosOf(trace.startTimeUnixNano), matched, spans };
}

function readSpan(traceId: TraceId, span: FoundSpan): WindowSpan | null {
	const spanId = normaliseSpanId(span.spanID);
	if (spanId === null) return null;
	// Attributes of all scopes come in one list; the names that are asked for do not overlap.
	const attributes = readAttributes(span.attributes ?? []);
	const parent = attributes["span:parentID"];
	const parentSpanId = typeof parent === "string" ? normaliseSpanId(parent) : null;
	const kind = SPAN_KINDS.find((known) => known === attributes.kind) ?? "unspecified";
	const name = span.name ?? "";
	const version = attributes["service.version"];
	const environment = ENVIRONMENT_KEYS.map((key) => attributes[key]).find((value) => typeof value === "string");
	return {
		traceId,
		spanId,
		parentSpanId,
		service: serviceOf(attributes),
		name,
		kind,
		startUnixNano: nanosOf(span.startTimeUnixNano),
		durationNs: Number(span.durationNanos ?? 0),
		statusCode: STATUS_CODES.find((known) => known === attributes.status) ?? "unset",
		route: routeOf(kind, parentSpanId === null, name, attributes),
		peer: peerOf(kind, attributes),
		links: [],
		weight: 1,
		arrival: 0,
		eventCount: 0,
		environment: typeof environment === "string" ? environment : "",
		version: typeof version === "string" ? version : null,
	};
}

function nanosOf(text: string | undefined): bigint {
	return text !== undefined && /^\d{1,20}$/.test(text) ? BigInt(text) : 0n;
}
