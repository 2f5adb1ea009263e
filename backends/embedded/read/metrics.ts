/** The MetricStore: RED, exemplars, and any metric over time. */

import { attributeText } from "../../../core/attribute-value.ts";
import { spanIdFromWord, traceIdFromWords, traceIdWords } from "../../../core/ids.ts";
import type { Attributes } from "../../../core/model.ts";
import type { Answer, Call, ExemplarItem, MetricStore, RedQuery, RedSeries, SeriesItem } from "../../../core/ports.ts";
import { RED_PROFILES } from "../../../core/red.ts";
import type { Database, SqlValue } from "../store/database.ts";
import { answer, environmentFilter, withDeadline } from "./answer.ts";
import { redFromMetrics } from "./red-metrics.ts";
import { redFromSpans } from "./red-spans.ts";
import { statement } from "./statement-file.ts";

/** Metrics where a service has any, spans for the others. */
export async function readRed(
	db: Database,
	query: RedQuery,
	call: Call,
	signal: AbortSignal,
): Promise<{ series: RedSeries[]; stale: string[] }> {
	const metrics = await redFromMetrics(db, query, call, signal);
	const measured = new Set(metrics.map((series) => series.service));
	const services = query.services?.filter((service) => !measured.has(service));
	if (services?.length === 0) return { series: metrics, stale: [] };
	const spans = await redFromSpans(db, services === undefined ? query : { ...query, services }, call, signal);
	return {
		series: [...metrics, ...spans.series.filter((series) => !measured.has(series.service))].sort(byName),
		stale: spans.series.length > 0 ? spans.stale : [],
	};
}

function byName(a: RedSeries, b: RedSeries): number {
	if (a.service !== b.service) return a.service < b.service ? -1 : 1;
	return (a.route ?? "") < (b.route ?? "") ? -1 : 1;
}

export function createMetricReader(db: Database): MetricStore {
	return {
		red(query: RedQuery, call: Call): Promise<Answer<RedSeries[]>> {
			return withDeadline(call, async (signal) => {
				const { series, stale } = await readRed(db, query, call, signal);
				const sources = [...new Set(series.map((one) => one.source))];
				const about = {
					query: `red ${query.services === undefined ? "of all services" : query.services.map((service) => `service:${JSON.stringify(service)}`).join(" OR ")}${query.route === undefined ? "" : ` route:${JSON.stringify(query.route)}`}`,
					window: query.window,
					source: sources.length === 0 ? "embedded" : sources.join(", "),
					whenEmpty: [
						"no duration histogram and no entry span (server, consumer or root) of this window was received",
						...(query.route === undefined ? [] : ["the route may be spelled otherwise: ask by route without one"]),
					],
				};
				return answer(about, series.slice(0, call.limit), { isEmpty: series.length === 0, partial: stale });
			});
		},

		exemplars({ service, metric, traceId, window }, call: Call): Promise<Answer<ExemplarItem[]>> {
			return withDeadline(call, async (signal) => {
				const params: Record<string, SqlValue> = { limit: call.limit };
				const conditions: string[] = [];
				if (service !== undefined) {
					params.service = service;
					conditions.push("s.service = $service");
				}
				if (metric !== undefined) {
					const spellings = RED_PROFILES.find((profile) => profile.metric === metric)?.otlpNames ?? [metric];
					for (const [i, name] of spellings.entries()) params[`metric${i}`] = name;
					conditions.push(`s.metric in (${spellings.map((_, i) => `$metric${i}`).join(", ")})`);
				}
				if (traceId !== undefined) {
					const { hi, lo } = traceIdWords(traceId);
					Object.assign(params, { hi, lo });
					conditions.push("e.trace_lo = $lo and e.trace_hi = $hi");
				} else conditions.push(environmentFilter(call, params, "s.env"));
				if (window !== null) {
					Object.assign(params, { from: window.fromUnixNano, to: window.toUnixNano });
					conditions.push("e.time_ns >= $from and e.time_ns < $to");
				}
				const sql = statement(import.meta.url, "exemplars", {
					exemplars:
						traceId === undefined ? db.from("exemplars", window) : db.fromTrace("exemplars", traceIdWords(traceId).lo),
					condition: conditions.join(" and "),
				});
				const rows = await db.all<ExemplarRow>(sql, params, signal);
				const about = {
					query: [service && `service:${JSON.stringify(service)}`, metric, traceId && `traceId:${traceId}`]
						.filter(Boolean)
						.join(" "),
					window,
					whenEmpty: [
						"no exemplar was received: metrics carry them only for sampled traces, where the exporter sends them",
					],
				};
				return answer(about, rows.map(exemplar), { isEmpty: rows.length === 0 });
			});
		},

		series({ metric, service, window, stepNs }, call: Call): Promise<Answer<SeriesItem[]>> {
			return withDeadline(call, async (signal) => {
				const params: Record<string, SqlValue> = { metric };
				const conditions = [environmentFilter(call, params, "s.env")];
				if (service !== undefined) {
					params.service = service;
					conditions.push("s.service = $service");
				}
				const sql = statement(import.meta.url, "series", {
					points: db.from("points", window),
					condition: conditions.join(" and "),
				});
				const rows = await db.all<SeriesRow>(
					sql,
					{ ...params, from: window.fromUnixNano, to: window.toUnixNano, step: stepNs },
					signal,
				);
				const items = new Map<bigint, SeriesItem>();
				for (const row of rows) {
					let item = items.get(row.id);
					if (item === undefined) {
						item = { ...row, labels: labelsOf(row.attributes), points: [] };
						items.set(row.id, {
							metric: row.metric,
							type: row.type,
							unit: row.unit,
							service: row.service,
							labels: item.labels,
							points: item.points,
						});
					}
					item.points.push({ timeUnixNano: window.fromUnixNano + row.slot * stepNs, value: row.value });
				}
				const cut = items.size > call.limit;
				const about = {
					query: `${metric}${service === undefined ? "" : ` service:${JSON.stringify(service)}`}`,
					window,
					whenEmpty: [`no point of a metric called ${JSON.stringify(metric)} was received in this window`],
				};
				return answer(about, [...items.values()].slice(0, call.limit), {
					isEmpty: items.size === 0,
					partial: cut ? [`${items.size} series, of which these are ${call.limit}: name a service`] : [],
				});
			});
		},
	};
}

interface ExemplarRow {
	metric: string;
	service: string;
	route: string | null;
	unit: string;
	time_ns: bigint;
	value: number;
	trace_hi: bigint | null;
	trace_lo: bigint | null;
	span_id: bigint | null;
	attributes: string;
}

interface SeriesRow {
	id: bigint;
	metric: string;
	type: string;
	unit: string;
	service: string;
	attributes: string;
	slot: bigint;
	value: number;
}

function exemplar(row: ExemplarRow): ExemplarItem {
	return {
		metric: row.metric,
		service: row.service,
		route: row.route,
		unit: row.unit,
		timeUnixNano: row.time_ns,
		value: row.value,
		traceId: row.trace_hi === null || row.trace_lo === null ? null : traceIdFromWords(row.trace_hi, row.trace_lo),
		spanId: row.span_id === null ? null : spanIdFromWord(row.span_id),
		attributes: JSON.parse(row.attributes) as Attributes,
	};
}

function labelsOf(attributes: string): Record<string, string> {
	return Object.fromEntries(
		Object.entries(JSON.parse(attributes) as Attributes).map(([key, value]) => [key, attributeText(value)]),
	);
}
