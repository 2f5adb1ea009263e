import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
	ask,
	type Board,
	chooseAll,
	type Engines,
	panelsOf,
	type Range,
	targetsOf,
} from "../../dashboards/questions.ts";
import { startEngines } from "../../engines/engines.ts";
import { traceIdOf } from "../load/identity.ts";
import { loadHour, originsOf } from "../load/load-engines.ts";
import { percentiles } from "../percentile.ts";
import { number } from "../report.ts";
import { type Flags, numberFlag, type Scenario, say, sayOver, temporaryFolder } from "../scenario.ts";

const SEED = 20266;
const HOUR_MS = 3_600_000;
/** Of one query: what a reader still takes for at once. */
const QUICK_MS = 1000;

/** Every query of every board in Grafana, asked of the engines as Grafana does. */
export const boards: Scenario = {
	help: "every panel's and variable's query of the dashboards, over 1.8 M spans with their lines and metrics",
	flags: { spans: "1800000", rounds: "20" },
	async run(flags, root) {
		const folder = temporaryFolder();
		const engines = await startEngines(["tempo", "loki", "prometheus"], { dir: join(folder, "engines") });
		try {
			const now = Date.now();
			const loaded = await loadHour(engines, { seed: SEED, maxSpans: numberFlag(flags, "spans"), toUnixMs: now });
			const origins = originsOf(engines);
			say(`Loki is at rest ${number(await untilAtRest(origins.loki))} s later`);
			return await measure(origins, root, flags, loaded, now);
		} finally {
			await engines.stop();
		}
	},
};

/**
 * An hour came in a minute. Until Loki has let go of the chunks that it has written since, it reads their lines twice, which at the
 * rate of the hour hardly happens. Resolves with the seconds that it took.
 */
async function untilAtRest(loki: string): Promise<number> {
	const startedMs = performance.now();
	for (;;) {
		const metrics = await (await fetch(`${loki}/metrics`)).text();
		const value = (name: string) => Number(new RegExp(`^${name}(?:{.*})? (.+)$`, "m").exec(metrics)?.[1]);
		const seconds = (performance.now() - startedMs) / 1000;
		if (value("loki_ingester_memory_chunks") <= value("loki_ingester_memory_streams")) return seconds;
		if (seconds > 120) throw new Error("After 120 s Loki still keeps chunks that it has written.");
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
}

async function measure(
	engines: Engines,
	root: string,
	flags: Flags,
	loaded: { spans: number; logs: number; traces: number },
	endMs: number,
) {
	const folder = join(root, "dashboards");
	const all = readdirSync(folder)
		.filter((name) => name.endsWith(".json"))
		.map((name): Board => JSON.parse(readFileSync(join(folder, name), "utf8")));
	const rounds = numberFlag(flags, "rounds");
	const took = new Map<string, number[]>();
	const failed = new Set<string>();
	const show = sayOver();
	for (let round = 0; round < rounds; round++) {
		for (const board of all) {
			// As the board opens it; a little earlier each time, so that nobody remembers the answer.
			const length = lengthOf(board);
			const range: Range = { from: endMs - length - round * 1000, to: endMs - round * 1000 };
			const trace = traceIdOf(SEED, Math.floor((loaded.traces / rounds) * round));
			const choices = await choose(board, engines, range, trace, failed);
			if (choices === null) continue;
			for (const panel of panelsOf(board)) {
				for (const target of targetsOf(panel)) {
					const name = `${board.uid}: ${panel.title} ${target.refId}`;
					try {
						const { ms } = await ask(target, engines, choices, range);
						took.set(name, [...(took.get(name) ?? []), ms]);
					} catch (error) {
						failed.add(`${name}: ${(error as Error).message}`);
					}
				}
			}
			show(`round ${round + 1} of ${rounds}: ${took.size} queries`);
		}
	}
	const each = [...took].map(([name, ms]) => ({ name, ...percentiles(ms) })).sort((a, b) => b.p95 - a.p95);
	const every = percentiles([...took.values()].flat());
	return {
		what: `${number(loaded.spans / 1e6)} M spans of an hour that ends now with their ${number(loaded.logs / 1e6)} M lines and metrics, in Tempo 2.8, Loki 3.7 and Prometheus 3.15 on this machine; ${each.length} queries of ${all.length} boards over the time range that each opens with, ${rounds} times, one after the other, once Loki is at rest.`,
		figures: [
			{
				name: "every query of the boards, p95",
				value: every.p95,
				unit: "ms",
				goal: { at: "most" as const, value: QUICK_MS },
			},
			{
				name: `the slowest of them (${each[0]?.name}), p95`,
				value: each[0]?.p95 ?? 0,
				unit: "ms",
				goal: { at: "most" as const, value: QUICK_MS },
			},
			{
				name: "queries that failed",
				value: failed.size,
				unit: `of ${each.length}`,
				goal: { at: "most" as const, value: 0 },
			},
		],
		details: { loaded, every, slowest: each.slice(0, 25), failed: [...failed].slice(0, 20) },
	};
}

/** Null where a variable has no values: the load has nothing for this board, as for that of the objectives without their rules' history. */
async function choose(board: Board, engines: Engines, range: Range, trace: string, failed: Set<string>) {
	try {
		return await chooseAll(board, engines, range, { trace });
	} catch (error) {
		const { message } = error as Error;
		if (!/has no values/.test(message)) failed.add(`${board.uid}: ${message}`);
		return null;
	}
}

/** Milliseconds of the range that the board opens with: `now-6h`. */
function lengthOf({ time }: Board): number {
	const [, count = "1", unit = "h"] = /^now-(\d+)([mh])$/.exec(time?.from ?? "") ?? [];
	return Number(count) * (unit === "m" ? 60_000 : HOUR_MS);
}
