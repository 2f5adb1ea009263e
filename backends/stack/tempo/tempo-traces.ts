/** The traces of Tempo behind core's port, as far as they come from traces alone. */
import type { Signal, Span, SpanCore, SpanId, TimeWindow, TraceId } from "../../../core/model.ts";
import {
	type Answer,
	type Call,
	NotSupported,
	type TraceCandidate,
	type TraceQuery,
	type TraceStore,
	type TraceSummary,
} from "../../../core/ports.ts";
import type { Engine, EngineHealth } from "../engine.ts";
import { FieldReader } from "./fields.ts";
import { TraceSearch } from "./search.ts";
import { SearchApi } from "./search-api.ts";
import { TraceLookup } from "./trace-lookup.ts";

export class TempoTraces
	implements Pick<TraceStore, "skeleton" | "trace" | "span" | "search" | "byRequestId" | "fields">
{
	private readonly engine: Engine;
	private readonly lookup: TraceLookup;
	private readonly fieldReader: FieldReader;
	private readonly traceSearch: TraceSearch;

	constructor(engine: Engine) {
		this.engine = engine;
		this.lookup = new TraceLookup(engine);
		this.fieldReader = new FieldReader(engine);
		this.traceSearch = new TraceSearch(new SearchApi(engine), this.lookup, this.fieldReader);
	}

	skeleton(traceId: TraceId, call: Call): Promise<Answer<SpanCore[]>> {
		return this.lookup.skeleton(traceId, call);
	}

	trace(traceId: TraceId, call: Call): Promise<Answer<Span[]>> {
		return this.lookup.trace(traceId, call);
	}

	span(traceId: TraceId, spanId: SpanId, call: Call): Promise<Answer<Span[]>> {
		return this.lookup.span(traceId, spanId, call);
	}

	search(query: TraceQuery, call: Call): Promise<Answer<TraceSummary[]>> {
		return this.traceSearch.search(query, call);
	}

	/** From spans alone: log lines that carry it are Loki's. */
	byRequestId(requestId: string, call: Call): Promise<Answer<TraceCandidate[]>> {
		return this.traceSearch.byRequestId(requestId, call);
	}

	/** Of spans alone; counts are 0, as Tempo does not count. */
	async fields(
		query: { signal: Signal; field?: string; window: TimeWindow; prefix?: string },
		call: Call,
	): Promise<Answer<{ value: string; count: number }[]>> {
		if (query.signal !== "traces") throw new NotSupported(`Tempo has no ${query.signal}: ask their own engine`);
		return this.fieldReader.fields(query, call);
	}

	/** Never throws. */
	health(): Promise<EngineHealth> {
		return this.engine.health("/ready");
	}
}
