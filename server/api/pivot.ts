/** The pivot: from whatever id someone holds to the trace, its logs, the RED of its services and its exemplars, in one answer. */
import { type IdReading, readId } from "../../core/ids.ts";
import type { LogRecord, Span, SpanCore, TimeWindow } from "../../core/model.ts";
import type { Answer, Backend, Call, ExemplarItem, RedSeries, TraceCandidate } from "../../core/ports.ts";
import { chooseStep } from "../../core/red.ts";
import { rankIn } from "../../core/sketch.ts";
import { msToNano } from "../../core/time.ts";
import { buildTraceTree, type TraceTree } from "../../core/trace-tree.ts";
import type { Endpoint, NoParams } from "./endpoint.ts";
import { exemplarAnswer } from "./exemplars.ts";
import { logRecordAnswer } from "./logs.ts";
import { ProblemError } from "./problem.ts";
import { redSeriesAnswer } from "./red.ts";
import { type Pivot, pivotQuery, pivotSchema } from "./schema.ts";
import { emptySection, failedSection, section } from "./section.ts";
import { MAX_TRACE_SPANS, UNKNOWN_TRACE_HINTS } from "./trace.ts";
import { skeletonAnswer, spanAnswers, traceFacts } from "./trace-answer.ts";

const MAX_PIVOT_SPANS = 5_000;
const MAX_LOGS = 1_000;
const MAX_EXEMPLARS = 500;
/** Those with most spans in the trace. */
const MAX_RED_SERVICES = 100;
const MAX_CANDIDATES = 20;
/** How much of the services' RED is shown around the trace. */
const RED_MARGIN = msToNano(15 * 60_000);
const MINUTE = msToNano(60_000);
const PEERS_MARGIN = msToNano(30 * 60_000);
/** Traces opened one after the other are ranked among the same peers. */
const PEERS_STEP = msToNano(15 * 60_000);
/** A rank among fewer says nothing. */
const MIN_PEERS = 20;

/** A part's answer, or why there is none: one part that fails leaves the others standing. */
type Part<T> = { answer: Answer<T> } | { error: unknown };

interface Looked {
	trace: Part<SpanCore[]>;
	/** null without spans. */
	tree: TraceTree | null;
	percentile: number | null;
	logs: Part<LogRecord[]>;
	exemplars: Part<ExemplarItem[]>;
	red: Pivot["red"];
}

interface Found extends Looked {
	traceId: string;
	resolvedAs: Pivot["resolvedAs"];
	candidates: TraceCandidate[];
}

/** Whose RED to show, around when. */
interface RedContext {
	services: string[];
	times: bigint[];
}

export const pivot: Endpoint<typeof pivotQuery, NoParams, typeof pivotSchema> = {
	path: "/api/pivot",
	summary: "From a trace ID, a traceparent or a request ID to spans, logs, RED and exemplars",
	query: pivotQuery,
	answer: pivotSchema,
	async run({ query, call, services }) {
		const { backend } = services;
		const timings: Record<string, number> = {};
		const timed = async <T>(name: string, work: Promise<T>): Promise<T> => {
			const started = performance.now();
			try {
				return await work;
			} finally {
				timings[name] = Math.round((performance.now() - started) * 10) / 10;
			}
		};

		const found = await resolve(query.id, query.detail === "skeleton", backend, call, timed);
		const started = performance.now();
		const answer = {
			traceId: found.traceId,
			resolvedAs: found.resolvedAs,
			candidates: found.candidates.map(({ traceId, firstSeenUnixNano, signal }) => ({
				traceId,
				firstSeenUnixNano: String(firstSeenUnixNano),
				signal,
			})),
			trace: traceSection(found, query.detail),
			logs: logsSection(found.logs),
			red: found.red,
			exemplars:
				"error" in found.exemplars
					? { ...failedSection(found.exemplars.error), items: [] }
					: { ...section(found.exemplars.answer), items: found.exemplars.answer.data.map(exemplarAnswer) },
			timings,
		};
		timings.answer = Math.round((performance.now() - started) * 10) / 10;
		return answer;
	},
};

type Timed = <T>(name: string, work: Promise<T>) => Promise<T>;
type MakeCall = (options: { limit: number }) => Call;

/** Tries the readings of the text in order; the first that any signal knows is it. 404 when none is. */
async function resolve(
	text: string,
	skeleton: boolean,
	backend: Backend,
	call: MakeCall,
	timed: Timed,
): Promise<Found> {
	const read = readId(text);
	if (read === null) {
		throw new ProblemError(
			400,
			"Not an ID",
			`"${text.slice(0, 200)}" is neither a trace ID, a traceparent nor a request ID.`,
		);
	}
	const failures: unknown[] = [];
	for (const reading of [read, ...read.alternatives]) {
		const candidates = await candidatesOf(reading, backend, call, timed);
		const first = candidates[0];
		if (first === undefined) continue;
		const found = await lookUp(first.traceId, skeleton, backend, call, timed);
		const parts: Part<unknown[]>[] = [found.trace, found.logs, found.exemplars];
		const known = parts.some((part) => "answer" in part && part.answer.data.length > 0);
		for (const part of parts) if ("error" in part) failures.push(part.error);
		if (known) {
			const others = reading.kind === "requestId" ? candidates : [];
			return { ...found, traceId: first.traceId, resolvedAs: RESOLVED_AS[reading.kind], candidates: others };
		}
	}
	if (failures.length > 0) throw failures[0];
	throw new ProblemError(
		404,
		"Unknown ID",
		`No span, log line or exemplar with the ID ${text.slice(0, 200)} has been seen.`,
		UNKNOWN_TRACE_HINTS,
	);
}

const RESOLVED_AS = { traceparent: "traceparent", traceId: "trace id", requestId: "request id" } as const;

async function candidatesOf(
	reading: IdReading,
	backend: Backend,
	call: MakeCall,
	timed: Timed,
): Promise<TraceCandidate[]> {
	if (reading.kind !== "requestId") return [{ traceId: reading.traceId, firstSeenUnixNano: 0n, signal: "traces" }];
	const work = backend.traces.byRequestId(reading.requestId, call({ limit: MAX_CANDIDATES }));
	return (await timed("requestId", work)).data;
}

/** Asks every store at once; RED and the peers as soon as the trace has said whose. */
async function lookUp(
	traceId: string,
	skeleton: boolean,
	backend: Backend,
	call: MakeCall,
	timed: Timed,
): Promise<Looked> {
	const spansCall = call({ limit: MAX_TRACE_SPANS });
	const spans: Promise<Answer<SpanCore[]>> = skeleton
		? backend.traces.skeleton(traceId, spansCall)
		: backend.traces.trace(traceId, spansCall);
	const logQuery = { window: null, traceId, filter: null, order: "oldest" } as const;
	const trace = part(timed("trace", spans));
	const logs = part(timed("logs", backend.logs.logs(logQuery, call({ limit: MAX_LOGS }))));
	const exemplars = part(
		timed("exemplars", backend.metrics.exemplars({ traceId, window: null }, call({ limit: MAX_EXEMPLARS }))),
	);
	const tree = trace.then((found) => {
		const rows = dataOf(found);
		return rows.length > 0 ? buildTraceTree(rows) : null;
	});
	const red = tree.then(async (built) => {
		const context = built ? contextOfTree(built) : contextOfOthers(dataOf(await logs), dataOf(await exemplars));
		return timed("red", redOf(backend, context, call({ limit: 1000 })));
	});
	const percentile = tree.then((built) => timed("peers", percentileOf(backend, built, call({ limit: 1 }))));
	return {
		trace: await trace,
		tree: await tree,
		percentile: await percentile,
		logs: await logs,
		exemplars: await exemplars,
		red: await red,
	};
}

function part<T>(work: Promise<Answer<T>>): Promise<Part<T>> {
	return work.then(
		(answer) => ({ answer }),
		(error: unknown) => ({ error }),
	);
}

function dataOf<T>(found: Part<T[]>): T[] {
	return "answer" in found ? found.answer.data : [];
}

function contextOfTree(tree: TraceTree): RedContext {
	const end = tree.startUnixNano + BigInt(Math.round(tree.durationNs));
	return { services: tree.services.map(({ service }) => service), times: [tree.startUnixNano, end] };
}

/** A trace without spans is still known by who logged or measured it. */
function contextOfOthers(logs: readonly LogRecord[], exemplars: readonly ExemplarItem[]): RedContext {
	const seen = [...logs, ...exemplars];
	return {
		services: [...new Set(seen.map(({ service }) => service))],
		times: seen.map(({ timeUnixNano }) => timeUnixNano).sort((a, b) => (a < b ? -1 : 1)),
	};
}

async function redOf(backend: Backend, { services, times }: RedContext, call: Call): Promise<Pivot["red"]> {
	const [first, last] = [times[0], times.at(-1)];
	if (first === undefined || last === undefined) {
		return { ...emptySection("Nothing with this ID names a service to show RED for."), stepMs: 0, services: [] };
	}
	// Of a fresh trace the time to come is no part of the window.
	const now = msToNano(Date.now());
	const to = last + RED_MARGIN > now && now > last ? now : last + RED_MARGIN;
	const over: TimeWindow = { fromUnixNano: first - RED_MARGIN, toUnixNano: to };
	// Whole minutes are added up already.
	const chosen = chooseStep(over);
	const stepNs = chosen > MINUTE ? chosen : MINUTE;
	const stepMs = Number(stepNs / 1_000_000n);
	try {
		const asked = services.slice(0, MAX_RED_SERVICES);
		const answer = await backend.metrics.red({ services: asked, byRoute: false, window: over, stepNs }, call);
		const order = new Map(asked.map((service, at) => [service, at]));
		const series: RedSeries[] = [...answer.data].sort(
			(a, b) => (order.get(a.service) ?? 0) - (order.get(b.service) ?? 0),
		);
		return { ...section(answer), stepMs, services: series.map(redSeriesAnswer) };
	} catch (error) {
		return { ...failedSection(error), stepMs, services: [] };
	}
}

/** Share of the root's peers (same service and route, an hour around) that were at most as slow; null when too few or not to be had. */
async function percentileOf(backend: Backend, tree: TraceTree | null, call: Call): Promise<number | null> {
	const root = tree?.root ? tree.spans[tree.root.row] : null;
	if (!root || root.route === null) return null;
	const middle = root.startUnixNano - (root.startUnixNano % PEERS_STEP);
	const window = { fromUnixNano: middle - PEERS_MARGIN, toUnixNano: middle + PEERS_STEP + PEERS_MARGIN };
	try {
		const { data } = await backend.traces.durations({ service: root.service, route: root.route, window }, call);
		return data.count < MIN_PEERS ? null : rankIn(data, root.durationNs);
	} catch {
		// A badge, not a part of the answer: without it the page is whole.
		return null;
	}
}

function traceSection({ trace, tree, percentile }: Looked, detail: "spans" | "skeleton"): Pivot["trace"] {
	if ("error" in trace) return { ...failedSection(trace.error), facts: null };
	const said = section(trace.answer);
	if (tree === null) return { ...said, facts: null };
	const facts = traceFacts(tree, percentile, trace.answer.status === "partial");
	if (detail === "skeleton") return { ...said, facts, skeleton: skeletonAnswer(tree, facts) };
	// `lookUp` asked for whole spans with this detail.
	const spans = spanAnswers(tree as TraceTree<Span>, MAX_PIVOT_SPANS);
	if (tree.spanCount <= MAX_PIVOT_SPANS) return { ...said, facts, spans };
	const reason = `The first ${MAX_PIVOT_SPANS} of ${tree.spanCount} spans; /api/traces/${tree.traceId} has all of them.`;
	return { ...said, status: "partial", reason, facts, spans };
}

function logsSection(logs: Part<LogRecord[]>): Pivot["logs"] {
	if ("error" in logs) return { ...failedSection(logs.error), records: [] };
	const { answer } = logs;
	return {
		...section(answer),
		records: answer.data.map(logRecordAnswer),
		...(answer.nextCursor === undefined ? {} : { nextCursor: answer.nextCursor }),
	};
}
