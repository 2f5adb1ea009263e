/**
 * Trace search. Tempo's TraceQL finds candidates; each is looked up by its ID, matched again (core/match-filter) and counted whole, because
 * a search answer knows durations to the millisecond, spans of one block only, and matches that may lie outside the window.
 */
import { firstText } from "../../../core/attribute-value.ts";
import { matchesSpan } from "../../../core/match-filter.ts";
import type { Span } from "../../../core/model.ts";
import {
	type Answer,
	type Call,
	DeadlineExceeded,
	InvalidInput,
	type TraceCandidate,
	type TraceQuery,
	type TraceSummary,
	Unavailable,
} from "../../../core/ports.ts";
import { REQUEST_ID_KEYS } from "../../../core/route.ts";
import type { Filter } from "../../../core/search.ts";
import { answer, withinDeadline } from "./answers.ts";
import { newestFirst, newestKey, type Position, slowestFirst, slowestKey, type Walk } from "./candidates.ts";
import type { FieldReader } from "./fields.ts";
import { type Candidate, type SearchApi, secondsOf } from "./search-api.ts";
import type { TraceLookup } from "./trace-lookup.ts";
import { summaryOf } from "./trace-summary.ts";
import { anyOf, conditionOf, laidOut, outsideEnvironments, type TextFields } from "./traceql.ts";

/** Look-ups under way at once for one search; the engine has places for sixteen in all. */
const LOOKUPS = 8;
/** Candidates looked up for one page: the next page goes on behind them. */
const MAX_LOOKED_UP = 2_000;
const MAX_SPANS = 200_000;
const EVER = { fromUnixNano: 0n, toUnixNano: 2_147_483_647_000_000_000n };

export class TraceSearch {
	private readonly api: SearchApi;
	private readonly lookup: TraceLookup;
	private readonly fields: FieldReader;

	constructor(api: SearchApi, lookup: TraceLookup, fields: FieldReader) {
		this.api = api;
		this.lookup = lookup;
		this.fields = fields;
	}

	async search(query: TraceQuery, call: Call): Promise<Answer<TraceSummary[]>> {
		const remaining = withinDeadline(call);
		const partial = new Set<string>();
		const key = query.order === "newest" ? newestKey : slowestKey;
		const textFields = hasText(query.filter) ? await this.fields.textFields(query.window, remaining()) : null;
		const walk: Walk = {
			api: this.api,
			traceql: (bounds) => textOf(query, call, textFields, bounds),
			takesBounds: query.traceql === undefined,
			window: query.window,
			after: call.cursor === undefined ? null : readCursor(call.cursor),
			wanted: call.limit + 1,
			call: remaining,
			cut: (reason) => partial.add(reason),
		};
		const page: { summary: TraceSummary; at: Position }[] = [];
		let lookedUp = 0;
		/** Behind this there may be more. */
		let more: Position | null = null;
		try {
			walking: for await (const candidates of query.order === "newest" ? newestFirst(walk) : slowestFirst(walk)) {
				const likely = candidates.filter((candidate) => query.status !== "ok" || errorsOf(candidate) === 0);
				for (let from = 0; from < likely.length; from += LOOKUPS) {
					const batch = likely.slice(from, from + LOOKUPS);
					const judged = await Promise.allSettled(
						batch.map((candidate) => this.judge(candidate, query, call, remaining, partial)),
					);
					for (const [i, one] of judged.entries()) {
						if (one.status === "rejected" || one.value === null) continue;
						if (page.length >= call.limit) {
							more = page.at(-1)?.at ?? null;
							break walking;
						}
						page.push({ summary: one.value, at: key(batch[i] as Candidate) });
					}
					const failed = judged.find((one) => one.status === "rejected");
					if (failed) throw failed.reason;
					lookedUp += batch.length;
					if (lookedUp >= MAX_LOOKED_UP) {
						partial.add(
							`${lookedUp} traces that Tempo could not tell apart were looked through: the next page goes on`,
						);
						more = key(batch.at(-1) as Candidate);
						break walking;
					}
				}
			}
		} catch (error) {
			if (!(error instanceof DeadlineExceeded) || call.signal?.aborted || page.length === 0) throw error;
			partial.add(`Tempo took longer than ${call.deadlineMs} ms: other traces may match as well`);
			more = page.at(-1)?.at ?? null;
		}
		const about = {
			query: textOf(query, call, textFields),
			window: query.window,
			whenEmpty: [
				query.filter === null && query.traceql === undefined
					? "no span that starts in this window is in Tempo"
					: "no span in this window satisfies the whole query: widen the window or drop a condition",
				"a trace is searched a few seconds after its last span came",
			],
		};
		const summaries = page.map(({ summary }) => summary).sort(query.order === "newest" ? newest : slowest);
		return answer(about, summaries, {
			partial: [...partial],
			...(more === null ? {} : { nextCursor: writeCursor(more) }),
		});
	}

	/** Spans that carry the request ID; the newest trace first. */
	async byRequestId(requestId: string, call: Call): Promise<Answer<TraceCandidate[]>> {
		const partial = new Set<string>();
		const filter = anyOf(REQUEST_ID_KEYS, requestId);
		const query = withHint(laidOut(`{ ${conditionOf(filter)} }`));
		const cut = (reason: string) => partial.add(reason);
		const { found, completeAfter } = await this.api.ask(query, secondsOf(EVER), call.limit, withinDeadline(call), cut);
		if (completeAfter !== null) partial.add(`more than ${call.limit} traces carry this request id`);
		const about = {
			query,
			window: null,
			whenEmpty: [`no span in Tempo carries this request id (${REQUEST_ID_KEYS.slice(0, 2).join(", ")}, x-request-id)`],
		};
		const traces = found.map(({ traceId, startUnixNano }) => ({
			traceId,
			firstSeenUnixNano: startUnixNano,
			signal: "traces" as const,
		}));
		return answer(about, traces, { partial: [...partial] });
	}

	/** The summary of a candidate that does match; null of one that does not. */
	private async judge(
		candidate: Candidate,
		query: TraceQuery,
		call: Call,
		remaining: () => Call,
		partial: Set<string>,
	): Promise<TraceSummary | null> {
		let spans: Span[];
		try {
			const trace = await this.lookup.fetch(candidate.traceId, { ...remaining(), limit: MAX_SPANS }, true);
			spans = trace.spans;
			if (trace.cut) partial.add(`of trace ${candidate.traceId} the first ${MAX_SPANS} spans were read`);
			if (trace.partial !== null) partial.add(trace.partial);
		} catch (error) {
			if (!(error instanceof Unavailable || error instanceof InvalidInput)) throw error;
			partial.add(`trace ${candidate.traceId} is summed up as Tempo's search knows it: ${error.message}`);
			return roughSummary(candidate);
		}
		if (spans.length === 0 || !matches(spans, candidate, query, call)) return null;
		const summary = summaryOf(candidate.traceId, spans);
		if (query.status !== null && (query.status === "error") !== summary.errorCount > 0) return null;
		return summary;
	}
}

/** Does one span that starts in the window satisfy the whole filter, outside the environments that are left out? */
function matches(spans: readonly Span[], candidate: Candidate, query: TraceQuery, call: Call): boolean {
	const { fromUnixNano, toUnixNano } = query.window;
	const inWindow = (startUnixNano: bigint) => startUnixNano >= fromUnixNano && startUnixNano < toUnixNano;
	const root = query.filter === null ? undefined : rootOf(spans);
	const fits = (span: Span): boolean => {
		const environment = firstText(span.resource, "deployment.environment.name", "deployment.environment");
		return (
			inWindow(span.startUnixNano) &&
			(environment === null || !call.excludeEnvironments.includes(environment)) &&
			(query.filter === null || query.traceql !== undefined || matchesSpan(query.filter, span, root))
		);
	};
	if (!spans.some(fits)) return false;
	// Which spans match TraceQL only Tempo knows, and it names a few of them.
	const { startUnixNano, count } = candidate.matches;
	return query.traceql === undefined || count > startUnixNano.length || startUnixNano.some(inWindow);
}

function rootOf(spans: readonly Span[]): Span | undefined {
	let root: Span | undefined;
	for (const span of spans) {
		if (span.parentSpanId === null && (root === undefined || span.startUnixNano < root.startUnixNano)) root = span;
	}
	return root;
}

function roughSummary(candidate: Candidate): TraceSummary {
	const { traceId, root, services, startUnixNano, durationMs } = candidate;
	const errorCount = errorsOf(candidate);
	return {
		traceId,
		rootService: root?.service ?? services[0]?.service ?? "",
		rootName: root?.name ?? "",
		rootMissing: root === null,
		startUnixNano,
		durationNs: durationMs * 1e6,
		statusCode: errorCount > 0 ? "error" : "unset",
		spanCount: services.reduce((sum, { spans }) => sum + spans, 0),
		errorCount,
		services: [...services].sort((a, b) => b.spans - a.spans),
	};
}

function errorsOf({ services }: Candidate): number {
	return services.reduce((sum, { errors }) => sum + errors, 0);
}

function hasText(filter: Filter | null): boolean {
	if (filter === null || filter.kind === "compare") return false;
	if (filter.kind === "text") return true;
	return filter.kind === "not" ? hasText(filter.of) : filter.of.some(hasText);
}

function textOf(
	query: TraceQuery,
	call: Call,
	textFields: TextFields,
	bounds?: { minMs: number; belowMs: number | null },
): string {
	if (query.traceql !== undefined) return withHint(query.traceql);
	const outside = outsideEnvironments(call.excludeEnvironments);
	const of = [query.filter, outside].filter((part) => part !== null);
	const conditions = [
		conditionOf(of.length === 0 ? null : { kind: "and", of }, textFields),
		bounds !== undefined && bounds.minMs > 0 ? `traceDuration >= ${bounds.minMs}ms` : null,
		typeof bounds?.belowMs === "number" ? `traceDuration < ${bounds.belowMs}ms` : null,
	].filter((part) => part !== null);
	const failed = query.status === "error" ? " && { status = error }" : "";
	const text = laidOut(`{ ${conditions.join(" && ")} }${failed}`);
	// For the most recent ones Tempo reads all, for any it stops when it has enough.
	return bounds === undefined ? withHint(text) : text;
}

function withHint(traceql: string): string {
	return /\bwith\s*\(/.test(traceql) ? traceql : `${traceql} with (most_recent=true)`;
}

function writeCursor({ value, traceId }: Position): string {
	return Buffer.from(`${value},${traceId}`).toString("base64url");
}

function readCursor(cursor: string): Position {
	const match = /^(\d{1,19}),([0-9a-f]{32})$/.exec(Buffer.from(cursor, "base64url").toString("latin1"));
	if (match === null) {
		throw new InvalidInput(
			`the cursor ${JSON.stringify(cursor.slice(0, 80))} is not one of this query: start without it`,
		);
	}
	return { value: BigInt(match[1] as string), traceId: match[2] as string };
}

function newest(a: TraceSummary, b: TraceSummary): number {
	if (a.startUnixNano !== b.startUnixNano) return a.startUnixNano < b.startUnixNano ? 1 : -1;
	return a.traceId < b.traceId ? 1 : -1;
}

function slowest(a: TraceSummary, b: TraceSummary): number {
	return b.durationNs - a.durationNs || (a.traceId < b.traceId ? 1 : -1);
}
