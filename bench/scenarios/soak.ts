import { request } from "node:http";
import { startGenerator } from "../load/generator.ts";
import { percentiles } from "../percentile.ts";
import { number } from "../report.ts";
import { numberFlag, type Scenario, sayOver, temporaryFolder } from "../scenario.ts";
import { type System, startSystem, untilStored } from "../system/system.ts";

const PROBE_EVERY_MS = 250;
const OBSERVE_EVERY_MS = 2000;

/** A steady load for minutes: how long until what was acknowledged is visible, and whether anything piles up. */
export const soak: Scenario = {
	help: "visibility, journal and memory at a steady rate",
	flags: { seconds: "300", rate: "50000", memory: "400" },
	async run(flags) {
		const seconds = numberFlag(flags, "seconds");
		const rate = numberFlag(flags, "rate");
		const system = await startSystem({ dataDir: temporaryFolder(), memoryMb: numberFlag(flags, "memory") });
		try {
			const show = sayOver();
			const visibleMs: number[] = [];
			const problems: string[] = [];
			const series: Observation[] = [];
			const over = new AbortController();
			const plan = { seed: 20262, firstTrace: 0, connections: 8, logs: false, metrics: true, spansPerSecond: rate };
			const generator = await startGenerator(
				{ ...plan, endpoint: system.otlpUrl, maxSpans: rate * seconds, maxSeconds: seconds * 1.2, times: "now" },
				({ spans, elapsedMs, behind, pushedBack }) => {
					const p99 = percentiles(visibleMs).p99;
					show(
						`${number(elapsedMs / 1000)} s: ${number(spans)} spans, behind ${number(behind)}, pushed back ${pushedBack}, visible p99 ${p99} ms`,
					);
				},
			);
			const probing = every(
				PROBE_EVERY_MS,
				over.signal,
				async (count) => {
					visibleMs.push(await probe(system, count));
				},
				problems,
			);
			const observing = every(
				OBSERVE_EVERY_MS,
				over.signal,
				async () => {
					const { facts } = await system.status();
					const numbers = facts
						.filter((fact) => typeof fact.value === "number")
						.map((fact) => [fact.name, fact.value as number]);
					series.push({
						elapsedS: (generator.progress?.elapsedMs ?? 0) / 1000,
						behind: generator.progress?.behind ?? 0,
						journalMb: system.journalBytes() / 2 ** 20,
						residentMb: system.memory()?.now ?? 0,
						facts: Object.fromEntries(numbers) as Record<string, number>,
					});
				},
				problems,
			);
			const total = await generator.done.finally(() => over.abort());
			await Promise.all([probing, observing]);
			const drainS = await untilStored(system, total.spans, 120);
			const visible = percentiles(visibleMs);
			const third = Math.max(1, Math.floor(series.length / 3));
			const early = Math.max(...series.slice(0, third).map((one) => one.journalMb));
			const late = Math.max(...series.slice(-third).map((one) => one.journalMb));
			return {
				what: `${number(rate)} spans/s for ${seconds} s, roll-ups on; every ${PROBE_EVERY_MS} ms one more trace is sent and asked for through the API until it is there, from its 200 on (n = ${visible.n}).`,
				figures: [
					{
						name: "accepted",
						value: total.spans / (total.elapsedMs / 1000),
						unit: "spans/s",
						goal: { at: "least", value: rate * 0.99 },
					},
					{ name: "acknowledged to visible, p50", value: visible.p50, unit: "ms" },
					{ name: "acknowledged to visible, p99", value: visible.p99, unit: "ms", goal: { at: "most", value: 2000 } },
					{ name: "acknowledged to visible, longest", value: visible.max, unit: "ms" },
					{
						name: "journal at its largest, last third",
						value: late,
						unit: "MB",
						// It is cut in files, so that its size goes up and down by one.
						goal: { at: "most", value: Math.round(early * 1.25 + 64) },
						baseline: { name: "first third", value: early },
					},
					{ name: "everything stored after the last answer", value: drainS, unit: "s" },
					{ name: "requests pushed back", value: total.pushedBack, unit: "" },
					{ name: "store's memory at its highest", value: system.memory()?.peak ?? 0, unit: "MB" },
				],
				details: { total, visible, problems: problems.slice(0, 20), series },
			};
		} finally {
			await system.stop();
		}
	},
};

interface Observation {
	elapsedS: number;
	behind: number;
	journalMb: number;
	residentMb: number;
	facts: Record<string, number>;
}

/** Runs `task` at fixed times, each as its own, until the signal; resolves when the last has ended. */
async function every(
	periodMs: number,
	signal: AbortSignal,
	task: (count: number) => Promise<void>,
	problems: string[],
): Promise<void> {
	const running = new Set<Promise<void>>();
	for (let count = 0; !signal.aborted; count++) {
		const one = task(count)
			.catch((error: Error) => void problems.push(error.message))
			.finally(() => running.delete(one));
		running.add(one);
		await new Promise((resolve) => setTimeout(resolve, periodMs));
	}
	await Promise.all(running);
}

/** Sends a trace of one span and asks until the API has it; milliseconds from the 200. */
async function probe(system: System, count: number): Promise<number> {
	const traceId = `face${count.toString(16).padStart(28, "0")}`;
	const start = String(BigInt(Date.now()) * 1_000_000n);
	const span = {
		traceId,
		spanId: "00000000000000aa",
		name: "probe",
		kind: 2,
		startTimeUnixNano: start,
		endTimeUnixNano: start,
	};
	const resource = { attributes: [{ key: "service.name", value: { stringValue: "probe" } }] };
	await postJson(
		`${system.otlpUrl}/v1/traces`,
		JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
	);
	const acknowledgedMs = performance.now();
	for (;;) {
		const status = await system.statusOf(`/api/traces/${traceId}`);
		const waitedMs = performance.now() - acknowledgedMs;
		if (status === 200) return waitedMs;
		if (status !== 404) throw new Error(`the probe's trace answered ${status}`);
		if (waitedMs > 60_000) return waitedMs;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

async function postJson(url: string, body: string): Promise<void> {
	for (;;) {
		const status = await new Promise<number>((resolve, reject) => {
			const headers = { "content-type": "application/json" };
			request(url, { method: "POST", headers }, (response) =>
				response.resume().on("end", () => resolve(response.statusCode ?? 0)),
			)
				.on("error", reject)
				.end(body);
		});
		if (status === 200) return;
		if (status !== 429 && status !== 503) throw new Error(`the probe was answered ${status}`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}
