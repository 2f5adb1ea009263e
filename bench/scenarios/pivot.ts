import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Pivot, Topology } from "../../server/api/schema.ts";
import { startGenerator } from "../load/generator.ts";
import { randomSource, traceIdOf } from "../load/identity.ts";
import { spansOfTrace } from "../load/request-template.ts";
import { percentiles } from "../percentile.ts";
import { number } from "../report.ts";
import { type Flags, numberFlag, type Scenario, say, sayOver, temporaryFolder } from "../scenario.ts";
import { folderBytes, type System, startSystem, untilStored } from "../system/system.ts";

const SEED = 20263;
/** Traces that arrive while it is measured have numbers of their own, other ones each time: a stock may be measured again. */
const liveTraces = () => 3_000_000_000 + (Math.floor(Date.now() / 1000) % 1000) * 1_200_000;

interface Loaded {
	spans: number;
	logs: number;
	traces: number;
}

/** From an ID to everything, and the map of the last hour, with millions stored and thousands arriving. */
export const pivot: Scenario = {
	help: "pivot and topology latency with 10 M spans and 10 M lines stored",
	flags: { spans: "10000000", rate: "5000", requests: "300", memory: "400", "data-dir": "" },
	async run(flags) {
		const kept = flags["data-dir"] ? resolve(flags["data-dir"]) : null;
		const dataDir = kept ?? temporaryFolder();
		mkdirSync(dataDir, { recursive: true });
		const system = await startSystem({ dataDir, memoryMb: numberFlag(flags, "memory") });
		try {
			const loaded = await load(system, flags, kept);
			const settledS = await untilFolded(system);
			say(`roll-ups caught up ${number(settledS)} s later`);
			const memoryLoaded = system.memory()?.now ?? 0;
			const rate = numberFlag(flags, "rate");
			const live = await startGenerator({
				endpoint: system.otlpUrl,
				seed: SEED,
				firstTrace: liveTraces(),
				connections: 2,
				logs: false,
				metrics: true,
				spansPerSecond: rate,
				maxSpans: 100_000_000,
				maxSeconds: 1800,
				times: "now",
			});
			const requests = numberFlag(flags, "requests");
			const measured = await measure(system, loaded, requests).finally(() => live.stop());
			const arrived = await live.done;
			const { pivotMs, skeletonMs, topologyMs, wrong, partsMs } = measured;
			const size = `${number(loaded.spans / 1e6)} M spans, ${number(loaded.logs / 1e6)} M lines`;
			return {
				what: `${size} stored (${number(loaded.traces)} traces over the hour before the load's end), ${number(rate)} spans/s arriving; traces picked at random, never twice, one request after the other over HTTP.`,
				figures: [
					{ name: "pivot, p50", value: pivotMs.p50, unit: "ms" },
					{ name: "pivot, p95", value: pivotMs.p95, unit: "ms", goal: { at: "most", value: 100 } },
					{ name: "pivot, p99", value: pivotMs.p99, unit: "ms" },
					{
						name: "pivot as the page asks (skeleton), p95",
						value: skeletonMs.p95,
						unit: "ms",
						goal: { at: "most", value: 100 },
					},
					{ name: "topology of the last hour, p50", value: topologyMs.p50, unit: "ms" },
					{
						name: "topology of the last hour, p95",
						value: topologyMs.p95,
						unit: "ms",
						goal: { at: "most", value: 100 },
					},
					{
						name: "pivots with spans, lines or RED missing",
						value: wrong,
						unit: `of ${pivotMs.n + skeletonMs.n}`,
						goal: { at: "most", value: 0 },
					},
					{
						name: "arriving meanwhile",
						value: arrived.spans / (arrived.elapsedMs / 1000),
						unit: "spans/s",
						goal: { at: "least", value: rate * 0.97 },
					},
					{
						name: "store's memory, loaded and asked",
						value: Math.max(memoryLoaded, system.memory()?.now ?? 0),
						unit: "MB",
						goal: { at: "most", value: 1024 },
					},
					{ name: "store's memory at its highest", value: system.memory()?.peak ?? 0, unit: "MB" },
					{ name: "roll-ups caught up after the load", value: settledS, unit: "s" },
					{ name: "on disk", value: folderBytes(dataDir, /./) / 2 ** 20, unit: "MB" },
				],
				details: { loaded, pivotMs, skeletonMs, topologyMs, partsMs },
			};
		} finally {
			await system.stop();
		}
	},
};

/** Sends the stock through the receiver; a kept folder that has it already is used as it is. */
async function load(system: System, flags: Flags, kept: string | null): Promise<Loaded> {
	const spans = numberFlag(flags, "spans");
	const note = kept ? join(kept, "bench-load.json") : null;
	if (note && existsSync(note)) {
		const before = JSON.parse(readFileSync(note, "utf8")) as Loaded;
		if (before.spans >= spans) {
			say(`using what ${note} says is stored`);
			return before;
		}
		throw new Error(`${kept} holds ${before.spans} spans, not ${spans}: erase it or name another folder.`);
	}
	const show = sayOver();
	const now = Date.now();
	const generator = await startGenerator(
		{
			endpoint: system.otlpUrl,
			seed: SEED,
			firstTrace: 0,
			connections: 8,
			logs: true,
			metrics: true,
			spansPerSecond: null,
			maxSpans: spans,
			maxSeconds: 3600,
			times: { fromUnixMs: now - 3_500_000, toUnixMs: now },
		},
		({ spans: sent, logs, elapsedMs, pushedBack }) =>
			show(
				`loading: ${number(sent)} spans, ${number(logs)} lines, ${number((sent + logs) / (elapsedMs / 1000))}/s, pushed back ${pushedBack}`,
			),
	);
	const total = await generator.done;
	const seconds = await untilStored(system, total.spans, 600);
	say(
		`loaded ${number(total.spans)} spans and ${number(total.logs)} lines in ${number(total.elapsedMs / 1000 + seconds)} s`,
	);
	const loaded = { spans: total.spans, logs: total.logs, traces: total.traces };
	if (note) writeFileSync(note, JSON.stringify(loaded));
	return loaded;
}

/** Seconds until the topology of the last hour is whole: a load at full speed leaves minutes to be folded. */
async function untilFolded(system: System): Promise<number> {
	const startedMs = performance.now();
	for (;;) {
		const { status } = await system.get<Topology>("/api/topology?from=now-1h&to=now");
		const seconds = (performance.now() - startedMs) / 1000;
		if (status === "ok") return seconds;
		if (seconds > 600) throw new Error(`After ${number(seconds)} s the topology of the last hour is still ${status}.`);
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
}

async function measure(system: System, { traces }: Loaded, requests: number) {
	const random = randomSource(SEED);
	const asked = new Set<number>();
	const pick = (): number => {
		for (;;) {
			const trace = Math.floor(random() * traces);
			if (!asked.has(trace)) {
				asked.add(trace);
				return trace;
			}
		}
	};
	const pivotMs: number[] = [];
	const skeletonMs: number[] = [];
	const topologyMs: number[] = [];
	let wrong = 0;
	const parts = new Map<string, number[]>();
	const show = sayOver();
	const warmUp = Math.ceil(requests / 10);
	for (let i = -warmUp; i < requests; i++) {
		for (const [detail, times] of [
			["spans", pivotMs],
			["skeleton", skeletonMs],
		] as const) {
			const trace = pick();
			const startedMs = performance.now();
			const answer = await system.get<Pivot>(`/api/pivot?id=${traceIdOf(SEED, trace)}&detail=${detail}`);
			if (i < 0) continue;
			times.push(performance.now() - startedMs);
			const expected = spansOfTrace(trace);
			const whole = answer.trace.facts?.spanCount === expected && answer.logs.records.length === expected;
			if (!whole || answer.red.services.length === 0) wrong++;
			for (const [part, ms] of Object.entries(answer.timings)) parts.set(part, [...(parts.get(part) ?? []), ms]);
		}
		if (i % 3 === 0) {
			const startedMs = performance.now();
			const answer = await system.get<Topology>("/api/topology?from=now-1h&to=now");
			if (i >= 0) topologyMs.push(performance.now() - startedMs);
			if (answer.edges.length === 0) throw new Error("The topology of the last hour is empty.");
		}
		show(
			`${pivotMs.length} of ${requests} pivots, p95 ${percentiles(pivotMs).p95} ms; topology p95 ${percentiles(topologyMs).p95} ms`,
		);
	}
	const all = {
		pivotMs: percentiles(pivotMs),
		skeletonMs: percentiles(skeletonMs),
		topologyMs: percentiles(topologyMs),
	};
	return { ...all, wrong, partsMs: Object.fromEntries([...parts].map(([part, times]) => [part, percentiles(times)])) };
}
