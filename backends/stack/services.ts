/** One list of services over the three engines: spans from Tempo, lines from Loki, RED from metrics or spans. */

import { distinctSpans } from "../../core/distinct-spans.ts";
import type { TimeWindow } from "../../core/model.ts";
import type { Answer, Call, RedQuery, RedSeries, RedSummary, ServiceSummary } from "../../core/ports.ts";
import type { PrometheusApi } from "./prometheus/prometheus-api.ts";
import type { WindowSpan } from "./topology/search-spans.ts";
import { readSpanCounts } from "./topology/span-counts.ts";
import type { WindowReader, WindowSpans } from "./topology/window-spans.ts";

/** Lines of one service in a window, as Loki counts them. */
export interface LogCount {
	logs: number;
	/** Of level error and above. */
	errors: number;
	environments: string[];
	lastSeenUnixNano: bigint;
}

/** The parts that are configured; at least one. */
export interface ServiceSources {
	spans: WindowReader | null;
	logs: { counts(window: TimeWindow, call: Call): Promise<Map<string, LogCount>> } | null;
	/** Spans counted before any was dropped: what the span metrics say; none without such metrics. */
	prometheus?: PrometheusApi | null;
	/** The composed `MetricStore.red`: from metrics where there are any, else from spans. */
	red: ((query: RedQuery, call: Call) => Promise<Answer<RedSeries[]>>) | null;
}

const NO_RED: RedSummary = { calls: 0, errors: 0, rate: 0, errorRate: 0, p50Ms: null, p95Ms: null, p99Ms: null };
const NOTHING = "nothing at all was received in this window: send telemetry, or widen it";

/** `partial` when one of the engines did not answer, or when spans are counted from a sample. Throws when none answered. */
export async function readServices(
	sources: ServiceSources,
	window: TimeWindow,
	call: Call,
): Promise<Answer<ServiceSummary[]>> {
	const reasons: string[] = [];
	const failures: unknown[] = [];
	let answered = 0;
	const attempt = async <T>(part: Promise<T> | undefined): Promise<T | null> => {
		try {
			const found = await part;
			if (part !== undefined) answered++;
			return found ?? null;
		} catch (error) {
			if (call.signal?.aborted) throw error;
			failures.push(error);
			reasons.push(error instanceof Error ? error.message : String(error));
			return null;
		}
	};
	const inPart = { ...call, deadlineMs: Math.ceil(call.deadlineMs * 0.95) };
	const length = window.toUnixNano - window.fromUnixNano;
	const [read, logs, red] = await Promise.all([
		attempt(sources.spans ? readSpans(sources.spans, sources.prometheus ?? null, window, inPart) : undefined),
		attempt(sources.logs?.counts(window, inPart)),
		attempt(sources.red?.({ byRoute: false, window, stepNs: length > 0n ? length : 1n }, inPart)),
	]);
	if (answered === 0 && failures.length > 0) throw failures[0];
	for (const reason of [...(read?.spans.reasons ?? []), ...(red?.status === "partial" ? red.reasons : [])]) {
		if (!reasons.includes(reason)) reasons.push(reason);
	}
	if (read !== null && !read.spans.whole) reasons.push(howCounted(read));
	const services = listOf(read, logs ?? new Map(), red?.data ?? []);
	const isEmpty = services.length === 0;
	return {
		data: services.slice(0, call.limit),
		status: isEmpty ? "empty" : reasons.length > 0 ? "partial" : "ok",
		reasons: isEmpty ? [...reasons, NOTHING] : reasons,
		source: [sources.spans && "tempo", sources.logs && "loki", sources.red && "prometheus"].filter(Boolean).join(", "),
		window,
		query: "services",
	};
}

interface CountedSpans {
	spans: WindowSpans;
	/** By service, where metrics know; empty when the window was read whole or there are no such metrics. */
	measured: ReadonlyMap<string, number>;
}

async function readSpans(
	reader: WindowReader,
	prometheus: PrometheusApi | null,
	window: TimeWindow,
	call: Call,
): Promise<CountedSpans> {
	const [spans, measured] = await Promise.all([
		reader.read(window, {}, call),
		prometheus === null ? NONE : readSpanCounts(prometheus, window, call).catch(() => NONE),
	]);
	if (spans.whole) return { spans, measured: NONE };
	const counted = [...measured.values()].reduce((sum, count) => sum + count, 0);
	const estimated = spans.spans.length * (spans.scale ?? 1);
	return { spans, measured: counted < estimated * TRUSTED_SHARE ? NONE : measured };
}

/** Metrics that counted less than this of what the sample shows did not see the window's spans. */
const TRUSTED_SHARE = 0.5;
const NONE: ReadonlyMap<string, number> = new Map();

function howCounted({ spans, measured }: CountedSpans): string {
	if (measured.size > 0) return "Numbers of spans are from span metrics.";
	if (spans.scale === null) return "Numbers of spans are the sample's own: how many there are in all is not known.";
	return "Numbers of spans are estimated from the sample.";
}

function listOf(
	read: CountedSpans | null,
	logs: ReadonlyMap<string, LogCount>,
	red: readonly RedSeries[],
): ServiceSummary[] {
	const byService = new Map<string, ServiceSummary>();
	const of = (service: string): ServiceSummary => {
		let summary = byService.get(service);
		if (summary === undefined) {
			summary = {
				...{ service, environments: [], version: null, lastSeenUnixNano: 0n, red: NO_RED, redSource: "none" },
				...{ spanCount: 0, logCount: 0, errorLogCount: 0 },
			};
			byService.set(service, summary);
		}
		return summary;
	};
	const see = (summary: ServiceSummary, environments: readonly string[], time: bigint) => {
		for (const environment of environments) {
			if (environment !== "" && !summary.environments.includes(environment)) summary.environments.push(environment);
		}
		if (time > summary.lastSeenUnixNano) summary.lastSeenUnixNano = time;
	};
	for (const span of read === null ? [] : countedSpans(read.spans)) {
		const summary = of(span.service);
		// The newest span's version is the one that runs.
		if (span.version !== null && span.startUnixNano >= summary.lastSeenUnixNano) summary.version = span.version;
		summary.version ??= span.version;
		see(summary, [span.environment], span.startUnixNano);
		summary.spanCount += 1;
	}
	for (const summary of byService.values()) {
		const estimated = summary.spanCount * (read?.spans.scale ?? 1);
		summary.spanCount = Math.round(read?.measured.get(summary.service) ?? estimated);
	}
	for (const [service, { logs: lines, errors, environments, lastSeenUnixNano }] of logs) {
		const summary = of(service);
		see(summary, environments, lastSeenUnixNano);
		summary.logCount += lines;
		summary.errorLogCount += errors;
	}
	for (const series of red) {
		// Metrics can name a service that nothing else does.
		const summary = of(series.service);
		summary.red = series.summary;
		summary.redSource = series.source;
	}
	for (const summary of byService.values()) summary.environments.sort();
	return [...byService.values()].sort((a, b) => (a.service < b.service ? -1 : 1));
}

function* countedSpans({ spans, counts }: WindowSpans): Generator<WindowSpan> {
	const traces = new Map<string, WindowSpan[]>();
	for (const span of spans) {
		const trace = traces.get(span.traceId);
		if (trace === undefined) traces.set(span.traceId, [span]);
		else trace.push(span);
	}
	for (const copies of traces.values()) {
		for (const span of distinctSpans(copies).spans) if (counts(span)) yield span;
	}
}
