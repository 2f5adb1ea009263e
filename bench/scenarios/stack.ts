import { join } from "node:path";
import type { StackSettings } from "../../backends/stack/settings.ts";
import { startEngines } from "../../engines/engines.ts";
import type { Pivot, Topology } from "../../server/api/schema.ts";
import { randomSource, traceIdOf } from "../load/identity.ts";
import { endpointOf, type LoadedEngines, loadAll, loadHour, originsOf } from "../load/load-engines.ts";
import { spansOfTrace } from "../load/request-template.ts";
import { percentiles } from "../percentile.ts";
import { number } from "../report.ts";
import { type Flags, numberFlag, type Scenario, sayOver, temporaryFolder } from "../scenario.ts";
import { type System, startSystem, untilStored } from "../system/system.ts";
import { differences } from "./agreement.ts";

const SEED = 20264;
/** That both backends get. */
const COMPARED_SPANS = 20_480;

/** The same console over the real engines: what it adds to their own answers, and whether it says the same as over its own store. */
export const stack: Scenario = {
	help: "pivot over real Tempo, Loki and Prometheus with 1.8 M spans, against asking them alone",
	flags: { spans: "1800000", requests: "200", compared: "50" },
	async run(flags) {
		const folder = temporaryFolder();
		const engines = await startEngines(["tempo", "loki", "prometheus"], { dir: join(folder, "engines") });
		try {
			const system = await startSystem({ dataDir: join(folder, "console"), stack: settingsOf(engines) });
			try {
				return await measure(engines, system, flags, folder);
			} finally {
				await system.stop();
			}
		} finally {
			await engines.stop();
		}
	},
};

function settingsOf(engines: LoadedEngines): StackSettings {
	const { tempo, loki, prometheus } = originsOf(engines);
	const at = (url: string) => ({ url, headers: {}, tenant: null, tls: {} });
	return { tempo: at(tempo), loki: at(loki), prometheus: at(prometheus) };
}

async function measure(engines: LoadedEngines, system: System, flags: Flags, folder: string) {
	const requests = numberFlag(flags, "requests");
	const now = Date.now();
	const loaded = await loadHour(engines, { seed: SEED, maxSpans: numberFlag(flags, "spans"), toUnixMs: now });
	await untilSearchable(system);
	const { pivotMs, tempoMs, lokiMs, prometheusMs, topologyMs, wrong, partsMs } = await ask(
		engines,
		system,
		loaded.traces,
		requests,
	);
	const agreement = await compare(numberFlag(flags, "compared"), folder);
	const alone = tempoMs.p50 + Math.max(lokiMs.p50, prometheusMs.p50);
	return {
		what: `${number(loaded.spans / 1e6)} M spans of an hour that ends now with their ${number(loaded.logs / 1e6)} M lines and metrics, in Tempo 2.8, Loki 3.7 and Prometheus 3.15 on this machine; traces picked at random, never twice, one request after the other over HTTP, in turn with the engines' own answers to the same questions.`,
		figures: [
			{
				name: "pivot over the engines, p50",
				value: pivotMs.p50,
				unit: "ms",
				goal: { at: "most" as const, value: Math.round(alone * 1.3 * 10) / 10 },
				baseline: { name: "Tempo + the slower of Loki and Prometheus, alone", value: alone },
			},
			{
				name: "pivot over the engines, p95",
				value: pivotMs.p95,
				unit: "ms",
				goal: { at: "most" as const, value: 500 },
			},
			{ name: "Tempo alone: the trace by its ID (protobuf), p50", value: tempoMs.p50, unit: "ms" },
			{ name: "Loki alone: its lines by label and by text, p50", value: lokiMs.p50, unit: "ms" },
			{ name: "Prometheus alone: RED and exemplars of its services, p50", value: prometheusMs.p50, unit: "ms" },
			{ name: "topology of the last hour over the engines, p95", value: topologyMs.p95, unit: "ms" },
			{
				name: "pivots with spans, lines or RED missing",
				value: wrong.length,
				unit: `of ${pivotMs.n}`,
				goal: { at: "most" as const, value: 0 },
			},
			{
				name: "pivots that say something else than over the embedded store",
				value: agreement.length,
				unit: `of ${numberFlag(flags, "compared")}`,
				goal: { at: "most" as const, value: 0 },
			},
		],
		details: {
			loaded,
			pivotMs,
			tempoMs,
			lokiMs,
			prometheusMs,
			topologyMs,
			partsMs,
			wrong,
			agreement: agreement.slice(0, 20),
		},
	};
}

/** Search finds a trace once it was quiet for a while: then the engines are at rest as well. */
async function untilSearchable(system: System): Promise<void> {
	const startedMs = performance.now();
	for (;;) {
		const { edges } = await system.get<Topology>("/api/topology?from=now-1h&to=now");
		if (edges.length > 0) return;
		if (performance.now() - startedMs > 120_000) throw new Error("Nothing of the load can be searched after 120 s.");
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
}

async function ask(engines: LoadedEngines, system: System, traces: number, requests: number) {
	const random = randomSource(SEED);
	const asked = new Set<number>();
	const pick = (): number => {
		for (;;) {
			const trace = Math.floor(random() * traces);
			if (asked.has(trace)) continue;
			asked.add(trace);
			return trace;
		}
	};
	const times = { pivot: [], tempo: [], loki: [], prometheus: [], topology: [] } as Record<string, number[]>;
	const parts = new Map<string, number[]>();
	const wrong: string[] = [];
	const timed = async <T>(name: string, counts: boolean, work: () => Promise<T>): Promise<T> => {
		const startedMs = performance.now();
		const found = await work();
		if (counts) times[name]?.push(performance.now() - startedMs);
		return found;
	};
	const show = sayOver();
	for (let i = -Math.ceil(requests / 10); i < requests; i++) {
		const counts = i >= 0;
		const trace = pick();
		const answer = await timed("pivot", counts, () =>
			system.get<Pivot>(`/api/pivot?id=${traceIdOf(SEED, trace)}&detail=skeleton`),
		);
		if (counts) {
			const expected = spansOfTrace(trace);
			const [spans, lines, services] = [answer.trace.facts?.spanCount ?? 0, answer.logs.records, answer.red.services];
			if (spans !== expected || lines.length !== expected || services.length === 0) {
				const got = `${spans} spans and ${lines.length} lines of ${expected}, RED of ${services.length} services`;
				wrong.push(`${new Date().toISOString()} ${answer.traceId}: ${got}`);
			}
			for (const [part, ms] of Object.entries(answer.timings)) parts.set(part, [...(parts.get(part) ?? []), ms]);
		}
		// Another trace for the engines: neither warms the other's caches.
		const other = traceIdOf(SEED, pick());
		await timed("tempo", counts, () =>
			read(`${originsOf(engines).tempo}/api/v2/traces/${other}`, "application/protobuf"),
		);
		const around = answer.logs.window ?? { fromMs: Date.now() - 3_600_000, toMs: Date.now() };
		await timed("loki", counts, () => readAll(lokiUrls(engines, other, around)));
		await timed("prometheus", counts, () => readAll(prometheusUrls(engines, answer)));
		if (i % 10 === 0) {
			const map = await timed("topology", counts, () => system.get<Topology>("/api/topology?from=now-1h&to=now"));
			if (map.edges.length === 0) throw new Error("The topology of the last hour is empty.");
		}
		show(`${times.pivot?.length} of ${requests} pivots, p95 ${percentiles(times.pivot ?? []).p95} ms`);
	}
	return {
		pivotMs: percentiles(times.pivot ?? []),
		tempoMs: percentiles(times.tempo ?? []),
		lokiMs: percentiles(times.loki ?? []),
		prometheusMs: percentiles(times.prometheus ?? []),
		topologyMs: percentiles(times.topology ?? []),
		wrong,
		partsMs: Object.fromEntries([...parts].map(([part, ms]) => [part, percentiles(ms)])),
	};
}

/**
 * The lines of a trace as one asks for them by hand: those with the ID in structured metadata, and those that have it in their text alone.
 * The simplest spelling of each; the console asks for all.
 */
function lokiUrls(
	engines: LoadedEngines,
	traceId: string,
	{ fromMs, toMs }: { fromMs: number; toMs: number },
): string[] {
	const queries = [
		`{service_name=~".+"} | trace_id="${traceId}"`,
		`{service_name=~".+"} |= "${traceId}" | trace_id=""`,
	];
	return queries.map((query) => {
		const asked = new URLSearchParams({
			query,
			start: `${Math.floor(fromMs)}000000`,
			end: `${Math.ceil(toMs)}000000`,
			limit: "1000",
			direction: "forward",
		});
		return `${originsOf(engines).loki}/loki/api/v1/query_range?${asked}`;
	});
}

/** What a dashboard asks for the same: rate, errors and three quantiles of the services, and their exemplars around the trace. */
function prometheusUrls(engines: LoadedEngines, { red, exemplars }: Pivot): string[] {
	const services = red.services.map(({ service }) => service).join("|");
	const name = "http_server_request_duration_seconds";
	const now = Date.now();
	const over = red.window ?? { fromMs: now - 1_800_000, toMs: now };
	const step = String(red.stepMs / 1000);
	const selector = (more = "") => `{service_name=~"${services}"${more}}[1m]`;
	const bucket = `sum by (service_name, le) (rate(${name}_bucket${selector()}))`;
	const queries = [
		`sum by (service_name) (rate(${name}_count${selector()}))`,
		`sum by (service_name) (rate(${name}_count${selector(',http_response_status_code=~"5.."')}))`,
		...[0.5, 0.95, 0.99].map((q) => `histogram_quantile(${q}, ${bucket})`),
	];
	const ranges = queries.map((query) => {
		const asked = { query, start: String(over.fromMs / 1000), end: String(over.toMs / 1000), step };
		return `${originsOf(engines).prometheus}/api/v1/query_range?${new URLSearchParams(asked)}`;
	});
	const near = exemplars.window ?? over;
	const asked = { query: `${name}_bucket`, start: String(near.fromMs / 1000), end: String(near.toMs / 1000) };
	return [...ranges, `${originsOf(engines).prometheus}/api/v1/query_exemplars?${new URLSearchParams(asked)}`];
}

async function readAll(urls: readonly string[]): Promise<void> {
	await Promise.all(urls.map((url) => read(url)));
}

async function read(url: string, accept = "application/json"): Promise<void> {
	const response = await fetch(url, { headers: { accept }, signal: AbortSignal.timeout(60_000) }).catch(
		(error: Error) => {
			throw new Error(`GET ${url}: ${error.message}`);
		},
	);
	const body = await response.arrayBuffer();
	if (response.status !== 200) {
		throw new Error(`GET ${url} answered ${response.status}: ${Buffer.from(body).toString("utf8").slice(0, 300)}`);
	}
}

/** The same data into an embedded store and into engines that hold nothing else: what each pivot says must be the same. */
async function compare(count: number, folder: string): Promise<string[]> {
	const engines = await startEngines(["tempo", "loki", "prometheus"], { dir: join(folder, "compared-engines") });
	try {
		const overEngines = await startSystem({ dataDir: join(folder, "compared-console"), stack: settingsOf(engines) });
		const embedded = await startSystem({ dataDir: join(folder, "compared-embedded"), memoryMb: 400 });
		try {
			return await compareBoth(engines, overEngines, embedded, count);
		} finally {
			await Promise.all([overEngines.stop(), embedded.stop()]);
		}
	} finally {
		await engines.stop();
	}
}

async function compareBoth(
	engines: LoadedEngines,
	overEngines: System,
	embedded: System,
	count: number,
): Promise<string[]> {
	// Ended half an hour ago: no rate is still rising while it is compared.
	const end = Date.now() - 1_800_000;
	const part = {
		seed: SEED,
		firstTrace: 0,
		connections: 1,
		maxSpans: COMPARED_SPANS,
		times: { fromUnixMs: end - 600_000, toUnixMs: end },
	};
	const sent = await loadAll({ ...part, endpoint: endpointOf(engines) });
	const same = await loadAll({ ...part, endpoint: embedded.otlpUrl });
	if (sent.traces !== same.traces) throw new Error("The two backends did not get the same load.");
	await untilStored(embedded, same.spans, 60);
	const wrong: string[] = [];
	for (let i = 0; i < count; i++) {
		const id = traceIdOf(SEED, Math.floor((sent.traces / count) * i));
		const [one, other] = await Promise.all(
			[embedded, overEngines].map((system) => system.get<Pivot>(`/api/pivot?id=${id}`)),
		);
		const found = differences(one as Pivot, other as Pivot);
		if (found.length > 0) wrong.push(`${id}: ${found.slice(0, 5).join("; ")}`);
	}
	return wrong;
}
