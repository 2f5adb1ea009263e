/**
 * The spans of a window: all of them where they can be read in time, else those of an even sample of its traces. A first search that
 * gives the traces alone tells which.
 *
 *     few traces  ->  slices of about the same number of spans, side by side; large traces and those with links by their ID
 *     many        ->  from each eighth of the window so many traces, whatever the search finds first; how many there are is
 *                     counted in short stretches of the window, and each span read stands for so many
 */
import type { SpanLink, TimeWindow, TraceId } from "../../../core/model.ts";
import { type Call, DeadlineExceeded, type TraceStore } from "../../../core/ports.ts";
import { SECOND } from "../../../core/time.ts";
import type { Engine } from "../engine.ts";
import { searchedId } from "../tempo/traceql.ts";
import { atOnce } from "./at-once.ts";
import { Crowds } from "./crowds.ts";
import { type FoundTrace, isLeftOut, quoted, SpanSearcher, type WindowSpan } from "./search-spans.ts";
import { cutEvenly, isWithin, longer, slicesOf } from "./slices.ts";

export interface WindowSpans {
	/** The window's, and those of their traces around it: parents, children. Copies and versions included. */
	spans: WindowSpan[];
	/** In the window, and of no environment that is left out: the spans to count. */
	counts: (span: WindowSpan) => boolean;
	/** Every span of the window is there. */
	whole: boolean;
	/** How many traces of the window one that was read stands for; null when that is not known. 1 when whole. */
	scale: number | null;
	traces: number;
	reasons: string[];
}

export interface ReadOptions {
	/** Entry spans of these alone are wanted: nothing is read of their peers. */
	services?: readonly string[];
}

/** The traces a window may have to be read whole, and their spans. */
const MAX_TRACES = 2000;
const MAX_SPANS = 30_000;
/** Tempo writes about six spans a millisecond; others want some of it too. */
const SPANS_PER_MS = 1.5;
/** Traces with more spans than this come by ID: grouping by span costs the square. */
const MAX_GROUPED = 150;
const MAX_BY_ID = 40;
const SPANS_PER_SLICE = 2000;
const SAMPLE_SLICES = 8;
const SAMPLE_TRACES = 200;
const SAMPLE_SPANS_PER_TRACE = 400;
const AT_ONCE = 4;
/** Stretches in which all traces are counted to know how many a sample stands for, and the most traces of one. */
const COUNTED_STRETCHES = 3;
const MAX_COUNTED = 600;
/** With more services than this everything is read. */
const MAX_NAMED = 30;

export class WindowReader {
	private readonly searcher: SpanSearcher;
	private readonly traces: Pick<TraceStore, "trace" | "skeleton">;
	private readonly crowds = new Crowds();
	private readonly readsOf = new WeakMap<AbortSignal, Map<string, Promise<WindowSpans>>>();

	constructor(engine: Engine, traces: Pick<TraceStore, "trace" | "skeleton">) {
		this.searcher = new SpanSearcher(engine);
		this.traces = traces;
	}

	/**
	 * Throws as `Engine.json`; when time runs out in the middle of a sample the answer is what was read.
	 */
	read(window: TimeWindow, options: ReadOptions, call: Call): Promise<WindowSpans> {
		const { signal } = call;
		if (signal === undefined) return this.readOnce(window, options, call);
		// Parts of one answer (services and their RED) read the same window: once. The signal tells whose question it is.
		let reads = this.readsOf.get(signal);
		if (reads === undefined) {
			reads = new Map();
			this.readsOf.set(signal, reads);
		}
		const about = [String(window.fromUnixNano), String(window.toUnixNano), options, call.excludeEnvironments];
		const key = JSON.stringify(about);
		let read = reads.get(key);
		if (read === undefined) {
			read = this.readOnce(window, options, call);
			reads.set(key, read);
		}
		return read;
	}

	private async readOnce(window: TimeWindow, options: ReadOptions, call: Call): Promise<WindowSpans> {
		const started = performance.now();
		const within = (share: number): Call => {
			const deadlineMs = Math.max(1, Math.round(call.deadlineMs * share - (performance.now() - started)));
			return { ...call, deadlineMs };
		};
		const of = conditionOf(options);
		const wasMuch = this.crowds.has(of, window);
		const probe = wasMuch
			? null
			: await inTime(() =>
					this.searcher.search(
						{ condition: of, window, limit: MAX_TRACES, spansPerTrace: 1, select: "nothing" },
						within(0.4),
					),
				);
		const large = probe?.traces.filter((trace) => trace.matched > MAX_GROUPED) ?? [];
		const all = probe?.traces.reduce((sum, { matched }) => sum + (matched > MAX_GROUPED ? 0 : matched), 0) ?? 0;
		const most = Math.min(MAX_SPANS, call.deadlineMs * SPANS_PER_MS);
		const few = probe !== null && !probe.cut && all <= most && large.length <= MAX_BY_ID;
		// An engine that was slow once is asked again; what was too much still is.
		const isCrowd = wasMuch || (probe !== null && !few);
		const read =
			(few ? await inTime(() => this.readAll(window, of, probe.traces, large, within(0.65))) : null) ??
			(await this.sample(window, of, isCrowd, within(0.9)));
		// Without kinds only a span's parent tells whether it enters its service, and parents are of other services.
		const needsParents = of !== "" && read.spans.some((span) => span.kind === "unspecified" && span.parentSpanId);
		return needsParents ? this.readOnce(window, {}, within(1)) : read;
	}

	private async readAll(
		window: TimeWindow,
		of: string,
		known: FoundTrace[],
		large: FoundTrace[],
		call: Call,
	): Promise<WindowSpans> {
		if (known.length === 0) {
			return { spans: [], counts: () => false, whole: true, scale: 1, traces: 0, reasons: [] };
		}
		const others = large.map(({ traceId }) => `trace:id != ${quoted(searchedId(traceId))}`);
		const condition = [...(of === "" ? [] : [`(${of})`]), ...others].join(" && ");
		const reasons: string[] = [];
		const byId = (traceId: TraceId) => this.byId(traceId, call);
		const select = of === "" ? "all" : "entry";
		const [grouped, linked, whole] = await Promise.all([
			atOnce(
				slicesOf(
					window,
					known.filter((trace) => !large.includes(trace)),
					SPANS_PER_SLICE,
				),
				AT_ONCE,
				(slice) =>
					this.searcher.search(
						{ condition, window: slice, limit: MAX_TRACES, spansPerTrace: MAX_GROUPED, select, whole: true },
						call,
					),
			),
			of === "" ? this.linkedTraces(window, large, call) : [],
			atOnce(large, AT_ONCE, ({ traceId }) => byId(traceId)),
		]);
		// Links come by ID alone: a search shows but one of a span's.
		const withLinks = linked.slice(0, MAX_BY_ID);
		if (linked.length > withLinks.length) {
			reasons.push(`Links of ${linked.length - withLinks.length} traces were not read: their messages may be missing.`);
		}
		const links = new Map<string, SpanLink[]>();
		for (const trace of await atOnce(withLinks, AT_ONCE, byId)) {
			for (const span of trace) if (span.links.length > 0) links.set(span.traceId + span.spanId, span.links);
		}
		const spans: WindowSpan[] = [];
		for (const { traces } of grouped) {
			for (const trace of traces) for (const span of trace.spans) spans.push(span);
		}
		for (const trace of whole) for (const span of trace) spans.push(span);
		for (const span of spans) {
			const own = links.get(span.traceId + span.spanId);
			if (own !== undefined) span.links = own;
		}
		if (grouped.some(({ cut }) => cut)) reasons.push("More traces arrived while the window was read: ask again.");
		return {
			spans: numbered(spans),
			counts: countsIn(window, call),
			whole: reasons.length === 0,
			scale: 1,
			traces: known.length,
			reasons,
		};
	}

	/** Traces in which a consumer links to others. */
	private async linkedTraces(window: TimeWindow, large: readonly FoundTrace[], call: Call): Promise<TraceId[]> {
		const { traces } = await this.searcher.search(
			{
				condition: 'kind = consumer && link:spanID != ""',
				window,
				limit: MAX_BY_ID * 5,
				spansPerTrace: 1,
				select: "nothing",
			},
			call,
		);
		const known = new Set(large.map(({ traceId }) => traceId));
		return traces.map(({ traceId }) => traceId).filter((traceId) => !known.has(traceId));
	}

	/** What only a lookup shows: all of a large trace, links, sampling weights. */
	private async byId(traceId: TraceId, call: Call): Promise<WindowSpan[]> {
		if (call.excludeEnvironments.length === 0) {
			const { data } = await this.traces.skeleton(traceId, call);
			return data.map((span) => ({ ...span, environment: "", version: null }));
		}
		const { data } = await this.traces.trace(traceId, call);
		return data.map((span) => {
			const text = (...keys: string[]) =>
				keys.map((key) => span.resource[key]).find((value) => typeof value === "string") as string | undefined;
			const environment = text("deployment.environment.name", "deployment.environment") ?? "";
			return { ...span, environment, version: text("service.version") ?? null };
		});
	}

	private async sample(window: TimeWindow, condition: string, isCrowd: boolean, call: Call): Promise<WindowSpans> {
		const slices = cutEvenly(window, SAMPLE_SLICES);
		const select = condition === "" ? "all" : "entry";
		const limit = Math.ceil(SAMPLE_TRACES / slices.length);
		const reasons: string[] = [];
		// Without it the sample still shows the structure.
		const count = () => this.countTraces(window, condition, call).catch(() => null);
		const counting = isCrowd ? this.crowds.count(condition, window, count) : count();
		const found = await atOnce(slices, AT_ONCE, (slice) =>
			inTime(() =>
				this.searcher.search({ condition, window: slice, limit, spansPerTrace: SAMPLE_SPANS_PER_TRACE, select }, call),
			),
		);
		const traces = new Map<TraceId, FoundTrace>();
		for (const slice of found) for (const trace of slice?.traces ?? []) traces.set(trace.traceId, trace);
		const late = found.filter((slice) => slice === null).length;
		if (late === found.length) {
			throw new DeadlineExceeded(`Tempo did not answer within ${Math.round(call.deadlineMs)} ms: narrow the window.`);
		}
		if (late > 0)
			reasons.push(`Tempo answered for ${found.length - late} of ${found.length} parts of the window in time.`);
		const cut = [...traces.values()].filter((trace) => trace.spans.length < trace.matched).length;
		if (cut > 0) reasons.push(`${cut} traces of the sample are cut: they have more spans than one search gives.`);
		reasons.push(`The window holds too many spans to read all: these are of a sample of ${traces.size} traces.`);
		const started = [...traces.values()].filter((trace) => isWithin(trace.startUnixNano, window)).length;
		const total = await counting;
		const scale = total === null || started === 0 ? null : Math.max(1, total / started);
		return {
			spans: numbered([...traces.values()].flatMap((trace) => trace.spans)),
			counts: countsIn(window, call),
			whole: false,
			scale,
			traces: traces.size,
			reasons,
		};
	}

	/** About how many traces start in the window, counted in short stretches of it; null when even those hold too many. */
	private async countTraces(window: TimeWindow, condition: string, call: Call): Promise<number | null> {
		const length = window.toUnixNano - window.fromUnixNano;
		let stretch = longer(SECOND, (length / 400n / SECOND) * SECOND);
		for (;;) {
			const starts = Array.from(
				{ length: COUNTED_STRETCHES },
				(_, i) =>
					((window.fromUnixNano + (length * BigInt(2 * i + 1)) / BigInt(2 * COUNTED_STRETCHES)) / SECOND) * SECOND,
			);
			const found = await atOnce(starts, COUNTED_STRETCHES, async (fromUnixNano) => {
				const within = { fromUnixNano, toUnixNano: fromUnixNano + stretch };
				const { traces, cut } = await this.searcher.search(
					{ condition, window: within, limit: MAX_COUNTED, spansPerTrace: 1, select: "nothing" },
					call,
				);
				return cut ? null : traces.filter((trace) => isWithin(trace.startUnixNano, within)).length;
			});
			if (found.every((count) => count !== null)) {
				const counted = found.reduce((sum, count) => sum + count, 0);
				return counted === 0 ? null : (counted * Number(length)) / Number(stretch * BigInt(starts.length));
			}
			if (stretch === SECOND) return null;
			stretch = longer(SECOND, (stretch / 8n / SECOND) * SECOND);
		}
	}
}

/** null when the time ran out. */
async function inTime<T>(work: () => Promise<T>): Promise<T | null> {
	try {
		return await work();
	} catch (error) {
		if (error instanceof DeadlineExceeded) return null;
		throw error;
	}
}

function countsIn(window: TimeWindow, call: Call): (span: WindowSpan) => boolean {
	return (span) => isWithin(span.startUnixNano, window) && !isLeftOut(span, call);
}

function conditionOf({ services }: ReadOptions): string {
	if (services === undefined || services.length > MAX_NAMED) return "";
	return services.map((service) => `resource.service.name = ${quoted(service)}`).join(" || ");
}

/** Spans of equal content are copies, whatever slice they came with; among versions the later read one is no better. */
function numbered(spans: WindowSpan[]): WindowSpan[] {
	spans.forEach((span, i) => {
		span.arrival = i;
	});
	return spans;
}
