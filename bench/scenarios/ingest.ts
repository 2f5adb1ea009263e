import { startChild } from "../child.ts";
import { startGenerator } from "../load/generator.ts";
import { traceIdOf } from "../load/identity.ts";
import type { LoadPlan, LoadProgress } from "../load/load-plan.ts";
import { requestTemplate, SPANS_PER_REQUEST, spansOfTrace } from "../load/request-template.ts";
import { number } from "../report.ts";
import { numberFlag, type Scenario, say, sayOver, temporaryFolder } from "../scenario.ts";
import type { BaselineReady } from "../system/baseline-process.ts";
import { type System, startSystem, untilStored } from "../system/system.ts";

const SEED = 20261;
const WARM_UP_S = 4;
const SAMPLED_TRACES = 50;

/** How many spans a second are acknowledged, which is to say durable, when the generator sends as fast as it can. */
export const ingest: Scenario = {
	help: "spans per second accepted and durable",
	flags: { seconds: "20", "baseline-seconds": "8", connections: "8", memory: "400" },
	async run(flags) {
		const seconds = numberFlag(flags, "seconds");
		const plan = {
			seed: SEED,
			firstTrace: 0,
			connections: numberFlag(flags, "connections"),
			logs: false,
			metrics: false,
			spansPerSecond: null,
			maxSpans: 50_000_000,
			times: "now" as const,
		};
		const bytesPerSpan = requestTemplate("traces", 0).bytes.length / SPANS_PER_REQUEST;

		say("baseline: a receiver that only reads");
		const reads = await baseline("reads", plan, numberFlag(flags, "baseline-seconds"));
		say("baseline: the short trial (pbf, row appender, commit before the 200; no journal, no roll-ups)");
		const trial = await baseline("trial", plan, numberFlag(flags, "baseline-seconds"));

		say("the embedded backend");
		const system = await startSystem({ dataDir: temporaryFolder(), memoryMb: numberFlag(flags, "memory") });
		try {
			const { rate, last, series } = await measure({ ...plan, endpoint: system.otlpUrl }, seconds, () => ({
				residentMb: system.memory()?.now ?? null,
				journalBytes: system.journalBytes(),
			}));
			const drainS = await untilStored(system, last.spans, 300);
			const wrong = await missingSpans(system, last);
			say(
				`all stored ${number(drainS)} s after the last answer; ${wrong} of ${SAMPLED_TRACES} sampled traces incomplete`,
			);
			return {
				what: `${SPANS_PER_REQUEST} spans a request (${Math.round(bytesPerSpan)} bytes each, protobuf, traces of 16 to 32 spans over eight services), ${plan.connections} keep-alive connections, generator on the same machine, ${seconds} s after ${WARM_UP_S} s of warm-up. No quota per service. A 200 means that the spans are on disk.`,
				figures: [
					{
						name: "spans accepted and durable",
						value: rate,
						unit: "spans/s",
						goal: { at: "least", value: 120_000 },
						baseline: { name: "short trial", value: trial },
					},
					{
						name: "the same against what generator and HTTP can do",
						value: rate,
						unit: "spans/s",
						baseline: { name: "only reads", value: reads },
					},
					{
						name: "accepted and in the store, waiting included",
						value: last.spans / (last.elapsedMs / 1000 + drainS),
						unit: "spans/s",
					},
					{ name: "answer, p99", value: last.latency.p99Ms, unit: "ms" },
					{ name: "store's memory at its highest", value: system.memory()?.peak ?? 0, unit: "MB" },
					{
						name: "sampled traces that miss spans",
						value: wrong,
						unit: `of ${SAMPLED_TRACES}`,
						goal: { at: "most", value: 0 },
					},
				],
				details: { total: last, drainS, series },
			};
		} finally {
			await system.stop();
		}
	},
};

async function baseline(
	kind: "reads" | "trial",
	plan: Omit<LoadPlan, "endpoint" | "maxSeconds">,
	seconds: number,
): Promise<number> {
	const module = new URL("../system/baseline-process.js", import.meta.url);
	const child = await startChild<object, BaselineReady>(module, [kind, temporaryFolder()]);
	try {
		return (await measure({ ...plan, endpoint: child.ready.otlpUrl }, seconds, () => ({}))).rate;
	} finally {
		await child.stop();
	}
}

/** Spans acknowledged per second after the warm-up. */
async function measure(
	plan: Omit<LoadPlan, "maxSeconds">,
	seconds: number,
	observe: () => object,
): Promise<{ rate: number; last: LoadProgress; series: object[] }> {
	const show = sayOver();
	const series: object[] = [];
	const generator = await startGenerator({ ...plan, maxSeconds: seconds + WARM_UP_S }, (progress) => {
		series.push({
			elapsedS: progress.elapsedMs / 1000,
			spans: progress.spans,
			pushedBack: progress.pushedBack,
			...observe(),
		});
		show(
			`${number(progress.spans)} spans, ${number(progress.spans / (progress.elapsedMs / 1000))}/s, pushed back ${progress.pushedBack}`,
		);
	});
	const last = await generator.done;
	const after = (series as { elapsedS: number; spans: number }[]).find((one) => one.elapsedS >= WARM_UP_S);
	if (!after) throw new Error("The load ended before its warm-up did.");
	const rate = (last.spans - after.spans) / (last.elapsedMs / 1000 - after.elapsedS);
	say(`${number(rate)} spans/s`);
	return { rate, last, series };
}

/** Asks for traces all over the load; how many are not whole. */
async function missingSpans(system: System, { traces }: LoadProgress): Promise<number> {
	let missing = 0;
	for (let i = 0; i < SAMPLED_TRACES; i++) {
		// The last requests of an ended load may not have been sent by every connection.
		const trace = Math.floor((i / SAMPLED_TRACES) * (traces - 500));
		const answer = await system
			.get<{ spans: object[] }>(`/api/traces/${traceIdOf(SEED, trace)}`)
			.catch(() => ({ spans: [] }));
		if (answer.spans.length !== spansOfTrace(trace)) missing++;
	}
	return missing;
}
