/** Measurements that carry a trace ID. Prometheus cannot ask for them by that ID, so those of a window are read and looked through. */
import { normaliseSpanId, normaliseTraceId } from "../../../core/ids.ts";
import type { TimeWindow, TraceId } from "../../../core/model.ts";
import type { Call, ExemplarItem } from "../../../core/ports.ts";
import { RED_PROFILES } from "../../../core/red.ts";
import { familyOf, namesPattern, unitOf } from "./metric-names.ts";
import { MetricOwners, serviceLabels } from "./metric-owners.ts";
import type { EngineExemplars, PrometheusApi } from "./prometheus-api.ts";
import { type Matcher, matchersText } from "./promql.ts";
import { readTargets, scopesOfServices } from "./series-scopes.ts";

export interface ExemplarQuery {
	service?: string;
	metric?: string;
	traceId?: TraceId;
	window: TimeWindow | null;
}

export interface ExemplarsFound {
	items: ExemplarItem[];
	window: TimeWindow;
	query: string;
}

const MS = 1_000_000;
/** How far back is looked when nobody knows when the trace was. */
const LOOKBACK_NS = 3_600_000n * 1_000_000n;
/** A counter is read some time after the request it measured. */
const AROUND_NS = 120_000n * 1_000_000n;
const TRACE_LABELS = ["trace_id", "traceID", "traceId", "traceid", "TraceID", "trace.id"];
const SPAN_LABELS = ["span_id", "spanID", "spanId", "spanid", "SpanID", "span.id"];
const ROUTE_LABELS = [...new Set(RED_PROFILES.flatMap((profile) => profile.routeLabels))];

/** `around`: when the trace was, for a query by its ID without a window; without it the last hour is read. Newest first. */
export async function readExemplars(
	api: PrometheusApi,
	query: ExemplarQuery,
	call: Call,
	around?: TimeWindow,
): Promise<ExemplarsFound> {
	const window = query.window ?? aroundOrLately(around);
	const { service, metric } = query;
	const utf8 = await api.speaksUtf8(call);
	const name: Matcher = { label: "__name__", op: "=~", value: metric === undefined ? ".+" : namesPattern(metric) };
	const ask = (scopes: readonly (readonly Matcher[])[]) => {
		const text = scopes.map((scope) => matchersText([name, ...scope])).join(" or ");
		return api.exemplars(text, window, call).then((found) => ({ text, found }));
	};
	const all = service === undefined ? ask([[]]) : null;
	const asked = service === undefined ? [] : [service];
	const [owners, early] = await Promise.all([
		readTargets(api, window, utf8, call).then((targets) => new MetricOwners(targets, asked)),
		all,
	]);
	const { text, found } = early ?? (await ask(scopesOfServices(asked, owners, serviceLabels(utf8))));
	const items = new Map<string, ExemplarItem>();
	for (const item of itemsOf(found, owners, query, call)) {
		if (service !== undefined && item.service !== service) continue;
		if (item.timeUnixNano < window.fromUnixNano || item.timeUnixNano >= window.toUnixNano) continue;
		// Classic and native buckets of one histogram carry the same ones.
		const { route, timeUnixNano, value, traceId, spanId } = item;
		items.set(JSON.stringify([item.metric, item.service, route, String(timeUnixNano), value, traceId, spanId]), item);
	}
	const newest = [...items.values()].sort((a, b) => (a.timeUnixNano > b.timeUnixNano ? -1 : 1));
	return { items: newest, window, query: text };
}

function aroundOrLately(around: TimeWindow | undefined): TimeWindow {
	if (around !== undefined) {
		return { fromUnixNano: around.fromUnixNano - AROUND_NS, toUnixNano: around.toUnixNano + AROUND_NS };
	}
	const now = BigInt(Date.now()) * BigInt(MS);
	// Clocks differ: what was measured a moment ahead of ours is no less there.
	return { fromUnixNano: now - LOOKBACK_NS, toUnixNano: now + AROUND_NS };
}

function* itemsOf(
	found: EngineExemplars,
	owners: MetricOwners,
	{ traceId }: ExemplarQuery,
	call: Call,
): Generator<ExemplarItem> {
	const excluded = new Set(traceId === undefined ? call.excludeEnvironments : []);
	for (const { seriesLabels, exemplars } of found) {
		const owner = owners.of(seriesLabels);
		if (owner !== null && excluded.has(owner.environment)) continue;
		const metric = familyOf(seriesLabels.__name__ ?? "");
		const route = ROUTE_LABELS.map((label) => seriesLabels[label]).find(Boolean) ?? null;
		const unit = seriesLabels.__unit__ ?? unitOf(metric);
		for (const { labels: all, value, timestamp } of exemplars) {
			const labels = all ?? {};
			const number = Number(value);
			if (Number.isNaN(number) || typeof timestamp !== "number") continue;
			const ofTrace = idOf(labels, TRACE_LABELS, normaliseTraceId);
			if (traceId !== undefined && ofTrace !== traceId) continue;
			yield {
				metric,
				service: owner?.service ?? "unknown_service",
				route,
				unit,
				timeUnixNano: BigInt(Math.round(timestamp * 1000)) * BigInt(MS),
				value: number,
				traceId: ofTrace,
				spanId: idOf(labels, SPAN_LABELS, normaliseSpanId),
				attributes: without(labels, [...TRACE_LABELS, ...SPAN_LABELS]),
			};
		}
	}
}

function idOf(
	labels: Readonly<Record<string, unknown>>,
	names: readonly string[],
	normalise: (text: string) => string | null,
): string | null {
	for (const name of names) {
		const text = labels[name];
		const id = typeof text === "string" ? normalise(text) : null;
		if (id !== null) return id;
	}
	return null;
}

function without(labels: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		Object.entries(labels).flatMap(([name, value]) => (names.includes(name) ? [] : [[name, String(value)]])),
	);
}
