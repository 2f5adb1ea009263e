/**
 * `npm run stack -- --check`: one span, one log line, one metric point with its exemplar through the collector, all of one trace; each is
 * followed to its engine and through the console's pivot. Free ports and a folder of its own: it may run beside anything.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStack } from "../backends/stack/backend.ts";
import { openStateFile } from "../backends/state/state-file.ts";
import type { EngineName, RunningEngines } from "../engines/engines.ts";
import type { Pivot } from "../server/api/schema.ts";
import { startServer } from "../server/server.ts";
import { lifecycle } from "./lifecycle.ts";
import { settingsOf, startAll } from "./stack-engines.ts";
import { consoleLogger } from "./start.ts";

const ARRIVES_WITHIN_MS = 45_000;
const ASK_EVERY_MS = 25;
const SERVICE = "stack-check";
const METRIC = "http_server_request_duration_seconds";

/** One thing sent, and how it is recognised where it should arrive. */
interface Item {
	name: string;
	sentTo: string;
	engine: EngineName;
	inEngine(): Promise<boolean>;
	inPivot(pivot: Pivot): boolean;
}

interface Arrival {
	item: Item;
	/** Milliseconds after it was sent; null when it did not arrive. */
	engineMs: number | null;
	consoleMs: number | null;
}

/** True when everything arrived everywhere; prints a table either way, and where to look when not. */
export async function checkStack(): Promise<boolean> {
	const logger = consoleLogger();
	const life = lifecycle(logger);
	const dir = mkdtempSync(join(tmpdir(), "trivet-check-"));
	try {
		// What it retries it tells at this level only.
		const engines = await startAll({ dir, env: { COLLECTOR_LOG_LEVEL: "info" } });
		life.onStop(() => engines.stop());
		const backend = openStack(settingsOf(engines));
		life.onStop(() => backend.close());
		const state = await openStateFile({ directory: join(dir, "state") });
		life.onStop(() => state.close());
		const server = await startServer({
			host: "127.0.0.1",
			port: 0,
			token: null,
			allowedHosts: [],
			backend,
			state,
			otlpEndpoint: engines.collector.otlpUrl,
			version: "check",
			pages: null,
			logger,
		});
		life.onStop(() => server.close());

		const arrivals = await follow(engines, server.url);
		process.stdout.write(table(arrivals, engines));
		const whole = arrivals.every(({ engineMs, consoleMs }) => engineMs !== null && consoleMs !== null);
		if (!whole) process.stdout.write(whereToLook(arrivals, dir));
		await life.stop();
		if (whole) rmSync(dir, { recursive: true, force: true });
		return whole;
	} catch (error) {
		await life.stop();
		throw error;
	}
}

async function follow(engines: RunningEngines<EngineName>, consoleUrl: string): Promise<Arrival[]> {
	const traceId = randomBytes(16).toString("hex");
	const spanId = randomBytes(8).toString("hex");
	const now = Date.now();
	const { tempo, loki, prometheus, collector } = engines;
	const at = encodeURIComponent(String(now / 1000));
	const range = `start=${now / 1000 - 300}&end=${now / 1000 + 300}`;
	const resultOf = async (url: string): Promise<unknown[]> => {
		const { data } = await get<{ data: { result?: unknown[] } | unknown[] }>(url);
		return Array.isArray(data) ? data : (data.result ?? []);
	};
	const items: Item[] = [
		{
			name: "span",
			sentTo: "/v1/traces",
			engine: "tempo",
			inEngine: async () => {
				const { trace } = await get<{ trace?: { resourceSpans?: unknown[] } }>(`${tempo.url}/api/v2/traces/${traceId}`);
				return (trace?.resourceSpans?.length ?? 0) > 0;
			},
			inPivot: ({ trace }) => trace.facts?.spanCount === 1,
		},
		{
			name: "log line",
			sentTo: "/v1/logs",
			engine: "loki",
			inEngine: async () => {
				const query = encodeURIComponent(`{service_name="${SERVICE}"} | trace_id="${traceId}"`);
				return (await resultOf(`${loki.url}/loki/api/v1/query_range?query=${query}&${range}`)).length > 0;
			},
			inPivot: ({ logs }) => logs.records.length === 1,
		},
		{
			name: "metric point",
			sentTo: "/v1/metrics",
			engine: "prometheus",
			inEngine: async () => {
				const query = encodeURIComponent(`${METRIC}_count{service_name="${SERVICE}"}`);
				return (await resultOf(`${prometheus.url}/api/v1/query?query=${query}&time=${at}`)).length > 0;
			},
			inPivot: ({ red }) => red.services.some(({ service, source }) => service === SERVICE && source.includes(METRIC)),
		},
		{
			name: "its exemplar",
			sentTo: "/v1/metrics",
			engine: "prometheus",
			inEngine: async () => {
				const query = encodeURIComponent(`${METRIC}_bucket{service_name="${SERVICE}"}`);
				return (await resultOf(`${prometheus.url}/api/v1/query_exemplars?query=${query}&${range}`)).length > 0;
			},
			inPivot: ({ exemplars }) => exemplars.items.some((exemplar) => exemplar.traceId === traceId),
		},
	];
	const sentAt = performance.now();
	for (const [path, body] of Object.entries(exportsOf(traceId, spanId, now)))
		await post(collector.otlpUrl + path, body);
	const after = async (arrived: () => Promise<boolean>): Promise<number | null> =>
		(await until(arrived)) ? Math.round(performance.now() - sentAt) : null;

	let pivot: Pivot | undefined;
	let asking: Promise<void> | undefined;
	// One question at a time serves all rows.
	const ask = async (): Promise<Pivot | undefined> => {
		asking ??= get<Pivot>(`${consoleUrl}/api/pivot?id=${traceId}`).then(
			(found) => {
				pivot = found;
				asking = undefined;
			},
			() => {
				asking = undefined;
			},
		);
		await asking;
		return pivot;
	};
	return Promise.all(
		items.map(async (item) => {
			const [engineMs, consoleMs] = await Promise.all([
				after(item.inEngine),
				after(async () => {
					const found = await ask();
					return found !== undefined && item.inPivot(found);
				}),
			]);
			return { item, engineMs, consoleMs };
		}),
	);
}

/** Path to the OTLP/JSON export for it. */
function exportsOf(traceId: string, spanId: string, nowMs: number): Record<string, object> {
	const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
	const nano = (ms: number): string => `${ms}000000`;
	const resource = { attributes: [text("service.name", SERVICE)] };
	const scope = { name: SERVICE };
	const route = text("http.route", "/check");
	const span = {
		traceId,
		spanId,
		name: "GET /check",
		kind: 2,
		startTimeUnixNano: nano(nowMs - 40),
		endTimeUnixNano: nano(nowMs),
		attributes: [route],
	};
	const logRecord = {
		timeUnixNano: nano(nowMs - 20),
		severityNumber: 9,
		severityText: "INFO",
		body: { stringValue: "one line of the check" },
		traceId,
		spanId,
	};
	const pointAt = (timeMs: number, count: number) => ({
		startTimeUnixNano: nano(nowMs - 30_000),
		timeUnixNano: nano(timeMs),
		attributes: [route, { key: "http.response.status_code", value: { intValue: "200" } }],
		count,
		sum: count * 0.04,
		explicitBounds: [0.01, 0.1, 1],
		bucketCounts: [0, count, 0, 0],
		exemplars: count > 0 ? [{ timeUnixNano: nano(timeMs), asDouble: 0.04, traceId, spanId }] : [],
	});
	const metric = {
		name: "http.server.request.duration",
		unit: "s",
		// A rate needs what it was before.
		histogram: { aggregationTemporality: 2, dataPoints: [pointAt(nowMs - 15_000, 0), pointAt(nowMs, 1)] },
	};
	return {
		"/v1/traces": { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [span] }] }] },
		"/v1/logs": { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [logRecord] }] }] },
		"/v1/metrics": { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [metric] }] }] },
	};
}

async function post(url: string, body: object): Promise<void> {
	const headers = { "content-type": "application/json" };
	const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
	if (!response.ok) throw new Error(`The collector answered ${url} with ${response.status}: ${await response.text()}`);
}

async function get<T>(url: string): Promise<T> {
	const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
	if (!response.ok) throw new Error(`${url} answered ${response.status}`);
	return (await response.json()) as T;
}

/** Asks until it is so, or for as long as things may take. */
async function until(so: () => Promise<boolean>): Promise<boolean> {
	const deadline = performance.now() + ARRIVES_WITHIN_MS;
	while (performance.now() < deadline) {
		if (await so().catch(() => false)) return true;
		await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
	}
	return false;
}

function table(arrivals: Arrival[], engines: RunningEngines<EngineName>): string {
	const ms = (value: number | null): string => (value === null ? "not arrived" : `${value} ms`);
	const rows = [
		["signal", "sent to", "arrived in", "after", "in /api/pivot after"],
		...arrivals.map(({ item, engineMs, consoleMs }) => [
			item.name,
			engines.collector.otlpUrl + item.sentTo,
			`${item.engine} ${engines[item.engine].url}`,
			ms(engineMs),
			ms(consoleMs),
		]),
	];
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
	const lines = rows.map((row) =>
		`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   ")}`.trimEnd(),
	);
	return `\n${lines.join("\n")}\n\n`;
}

function whereToLook(arrivals: Arrival[], dir: string): string {
	const lost = arrivals.filter(({ engineMs }) => engineMs === null).map(({ item }) => item.engine);
	const unseen = arrivals.filter(({ engineMs, consoleMs }) => engineMs !== null && consoleMs === null);
	const lines: string[] = [];
	if (lost.length > 0) {
		const logs = ["collector", ...new Set(lost)].map((name) => join(dir, name, `${name}.log`));
		lines.push(
			`Not every signal reached its engine. What the collector could not deliver stands in its log: ${logs.join(", ")}`,
		);
	}
	for (const { item } of unseen) {
		lines.push(
			`The ${item.name} is in ${item.engine}, but the console's pivot does not show it: TRIVET_LOG_LEVEL=debug says why.`,
		);
	}
	return `${lines.map((line) => `  ${line}`).join("\n")}\n\n`;
}
