/** Traces by ID: Tempo's v2 look-up, in every block and ingester, whatever the time picker says. */
import type { Span, SpanCore, SpanId, TraceId } from "../../../core/model.ts";
import { type Answer, type Call, InvalidInput, Unavailable } from "../../../core/ports.ts";
import type { Engine } from "../engine.ts";
import { answer } from "./answers.ts";
import { restoreSharedSpanIds } from "./shared-span-ids.ts";
import { readTraceBytes, type TempoTrace } from "./trace-bytes.ts";
import { searchedId } from "./traceql.ts";

const UNKNOWN_TRACE = [
	"no span of this trace is in Tempo: it may have been sampled out, or its service exports elsewhere",
	"it may still be arriving: exporters send every few seconds",
	"it may be older than Tempo's retention",
];

/** Answers kept for the spans that are opened one by one after their trace, in bytes and in milliseconds. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
const KEPT_MS = 60_000;

export class TraceLookup {
	private readonly engine: Engine;
	private readonly kept = new Map<TraceId, { bytes: Buffer; at: number }>();
	private keptBytes = 0;

	constructor(engine: Engine) {
		this.engine = engine;
	}

	/** The spans of the tree, without attributes and events. */
	async skeleton(traceId: TraceId, call: Call): Promise<Answer<SpanCore[]>> {
		return this.told(traceId, await this.fetch(traceId, call, false), call);
	}

	async trace(traceId: TraceId, call: Call): Promise<Answer<Span[]>> {
		return this.told(traceId, await this.fetch(traceId, call, true), call);
	}

	async span(traceId: TraceId, spanId: SpanId, call: Call): Promise<Answer<Span[]>> {
		const about = {
			query: `{ trace:id = "${searchedId(traceId)}" && span:id = "${spanId}" }`,
			window: null,
			whenEmpty: ["no span with this id is in the trace: it may be a parent that was never exported"],
		};
		const wanted = ({ spans }: TempoTrace) => spans.filter((span) => span.spanId === spanId);
		const kept = this.kept.get(traceId);
		if (kept !== undefined && performance.now() - kept.at < KEPT_MS) {
			const found = wanted(await this.read(kept.bytes, true, Number.POSITIVE_INFINITY));
			if (found.length > 0) return answer(about, found.slice(0, call.limit));
		}
		const trace = await this.fetch(traceId, { ...call, limit: Number.POSITIVE_INFINITY }, true);
		const partial = trace.partial === null ? [] : [trace.partial];
		return answer(about, wanted(trace).slice(0, call.limit), { partial });
	}

	/** At most `call.limit` spans as Tempo has them now; none of an unknown trace. */
	async fetch(traceId: TraceId, call: Call, whole: boolean): Promise<TempoTrace> {
		const bytes = await this.engine.bytes({ path: pathOf(traceId), headers: { accept: "application/protobuf" } }, call);
		if (bytes === null) return { spans: [], cut: false, partial: null };
		this.keep(traceId, bytes);
		return this.read(bytes, whole, call.limit);
	}

	private async read(bytes: Buffer, whole: boolean, limit: number): Promise<TempoTrace> {
		try {
			const trace = await readTraceBytes(bytes, { whole, limit });
			restoreSharedSpanIds(trace.spans);
			return trace;
		} catch (error) {
			if (!(error instanceof InvalidInput)) throw error;
			throw new Unavailable(`Tempo answered with something that is no trace (${error.message}): is the URL right?`);
		}
	}

	private told(traceId: TraceId, trace: TempoTrace, call: Call): Answer<Span[]> {
		const partial = trace.partial === null ? [] : [trace.partial];
		if (trace.cut)
			partial.push(`the trace has more spans than the ${call.limit} asked for: these are the first of them`);
		return answer({ query: pathOf(traceId), window: null, whenEmpty: UNKNOWN_TRACE }, trace.spans, { partial });
	}

	private keep(traceId: TraceId, bytes: Buffer): void {
		this.forget(traceId);
		if (bytes.length > MAX_KEPT_BYTES) return;
		this.kept.set(traceId, { bytes, at: performance.now() });
		this.keptBytes += bytes.length;
		for (const oldest of this.kept.keys()) {
			if (this.keptBytes <= MAX_KEPT_BYTES) break;
			this.forget(oldest);
		}
	}

	private forget(traceId: TraceId): void {
		this.keptBytes -= this.kept.get(traceId)?.bytes.length ?? 0;
		this.kept.delete(traceId);
	}
}

function pathOf(traceId: TraceId): string {
	return `/api/v2/traces/${traceId}`;
}
