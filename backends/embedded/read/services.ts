/** Which services there are, whatever they send, with their RED and its source; and the durations a trace is ranked among. */
import type { TimeWindow } from "../../../core/model.ts";
import type { Answer, Call, RedSeries, RedSummary, ServiceSummary } from "../../../core/ports.ts";
import { emptySketch, type Sketch } from "../../../core/sketch.ts";
import { addRow, finishSketch } from "../rollup/sketch-buckets.ts";
import type { Database, SqlValue } from "../store/database.ts";
import { answer, environmentFilter, withDeadline } from "./answer.ts";
import { levelAtLeast } from "./filter-sql.ts";
import { readRed } from "./metrics.ts";
import { rolledWindow } from "./rollup-tables.ts";
import { statement } from "./statement-file.ts";

interface Row {
	service: string;
	env: string;
	last_ns: bigint;
	spans?: number;
	version?: string | null;
	logs?: number;
	errors?: number;
}

const NO_RED: RedSummary = { calls: 0, errors: 0, rate: 0, errorRate: 0, p50Ms: null, p95Ms: null, p99Ms: null };

export function createServiceReader(db: Database) {
	return {
		services(window: TimeWindow, call: Call): Promise<Answer<ServiceSummary[]>> {
			return withDeadline(call, async (signal) => {
				const rolled = await rolledWindow(db, window, signal);
				const params: Record<string, SqlValue> = {};
				const environments = environmentFilter(call, params);
				const times = { from: window.fromUnixNano, to: window.toUnixNano };
				const length = window.toUnixNano - window.fromUnixNano;
				const [seen, logs, points, red] = await Promise.all([
					db.all<Row>(statement(import.meta.url, "seen", { seen: rolled.from("seen"), environments }), params, signal),
					db.all<Row>(
						statement(import.meta.url, "log-counts", {
							logs: db.from("logs", window),
							is_error: levelAtLeast("error"),
							environments,
						}),
						{ ...params, ...times },
						signal,
					),
					db.all<Row>(
						statement(import.meta.url, "point-services", { points: db.from("points", window), environments }),
						{ ...params, ...times },
						signal,
					),
					readRed(db, { byRoute: false, window, stepNs: wholeMinutes(length) }, call, signal),
				]);
				const services = summaries([...seen, ...logs, ...points], red.series);
				const about = {
					query: "services",
					window,
					whenEmpty: ["nothing at all was received in this window: send telemetry, or widen it"],
				};
				return answer(about, services.slice(0, call.limit), { isEmpty: services.length === 0, partial: rolled.stale });
			});
		},

		durations(query: { service: string; route: string; window: TimeWindow }, call: Call): Promise<Answer<Sketch>> {
			return withDeadline(call, async (signal) => {
				const rolled = await rolledWindow(db, query.window, signal);
				const params: Record<string, SqlValue> = { service: query.service, route: query.route };
				const sql = statement(import.meta.url, "durations", {
					red: rolled.from("red"),
					environments: environmentFilter(call, params),
				});
				const rows = await db.all<{ bucket: number; calls: number; sum_ns: number }>(sql, params, signal);
				const sketch = emptySketch();
				for (const row of rows) addRow(sketch, row.bucket, row.calls, row.sum_ns);
				const about = {
					query: `service:${JSON.stringify(query.service)} route:${JSON.stringify(query.route)}`,
					window: rolled.window,
					source: "spans",
					whenEmpty: ["no entry span of this service and route starts in this window"],
				};
				return answer(about, finishSketch(sketch), { isEmpty: rows.length === 0, partial: rolled.stale });
			});
		},
	};
}

/** One step over the whole window. */
function wholeMinutes(ns: bigint): bigint {
	const minute = 60_000_000_000n;
	return (ns / minute + 2n) * minute;
}

function summaries(rows: Row[], red: RedSeries[]): ServiceSummary[] {
	const byService = new Map<string, ServiceSummary>();
	const of = (service: string) => {
		let summary = byService.get(service);
		if (summary === undefined) {
			summary = {
				service,
				environments: [],
				version: null,
				lastSeenUnixNano: 0n,
				red: NO_RED,
				redSource: "none",
				spanCount: 0,
				logCount: 0,
				errorLogCount: 0,
			};
			byService.set(service, summary);
		}
		return summary;
	};
	for (const row of rows) {
		const summary = of(row.service);
		if (row.env !== "" && !summary.environments.includes(row.env)) summary.environments.push(row.env);
		summary.version ??= row.version ?? null;
		if (row.last_ns > summary.lastSeenUnixNano) summary.lastSeenUnixNano = row.last_ns;
		summary.spanCount += row.spans ?? 0;
		summary.logCount += row.logs ?? 0;
		summary.errorLogCount += row.errors ?? 0;
	}
	for (const series of red) {
		// Metrics can name a service by a label that nothing else does.
		const summary = of(series.service);
		summary.red = series.summary;
		summary.redSource = series.source;
	}
	for (const summary of byService.values()) summary.environments.sort();
	return [...byService.values()].sort((a, b) => (a.service < b.service ? -1 : 1));
}
