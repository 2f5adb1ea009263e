import { keepAliveLoad } from "../instrumented/keep-alive-load.ts";
import { startSink } from "../instrumented/otlp-sink.ts";
import { installOurs, installPeers } from "../instrumented/packages.ts";
import { CONNECTIONS, type Shop } from "../instrumented/requests.ts";
import { median } from "../instrumented/rounds.ts";
import { startApp, trivet } from "../instrumented/variant.ts";
import { number } from "../report.ts";
import { numberFlag, type Scenario, say, sayOver } from "../scenario.ts";

const OBSERVE_EVERY_MS = 2_000;
/** The heap after a collection, and what the system gave the process: the allocator keeps what it once had. */
const HEAP_GROWTH = 1.1;
const RESIDENT_GROWTH = 1.15;

/** As many requests as the app can answer, for minutes: nothing may pile up in it. */
export const instrumentationSoak: Scenario = {
	help: "memory of an app with @trivet/instrumentation at full rate",
	flags: { minutes: "10" },
	async run(flags, root) {
		const minutes = numberFlag(flags, "minutes");
		say("installing the packed package");
		const [{ folder }, peers] = [await installOurs(root), await installPeers(root)];
		const sink = await startSink();
		const places = { peers, ours: folder, otlp: sink.url };
		const env = { OTEL_METRIC_EXPORT_INTERVAL: "5000" };
		const app: Shop = await startApp("shop.cjs", trivet, places, { flags: ["--expose-gc"], env });
		try {
			const show = sayOver();
			const beganMs = performance.now();
			const endMs = beganMs + minutes * 60_000;
			let asked = 0;
			const series: Observation[] = [];
			const observing = (async () => {
				while (performance.now() < endMs) {
					await new Promise((resolve) => setTimeout(resolve, OBSERVE_EVERY_MS));
					const { rss, heapUsed } = await app.ask({ ask: "memory" });
					const elapsedS = (performance.now() - beganMs) / 1000;
					series.push({ elapsedS, requests: asked, heapMb: heapUsed / 2 ** 20, residentMb: rss / 2 ** 20 });
					const sentence = `${number(asked)} requests, heap ${number(heapUsed / 2 ** 20)} MB, resident ${number(rss / 2 ** 20)} MB`;
					show(`${number(elapsedS)} of ${number(minutes * 60)} s: ${sentence}`);
				}
			})();
			const load = keepAliveLoad(app.ready.port, CONNECTIONS, () => performance.now() < endMs && ++asked > 0);
			const [{ requests, seconds }] = await Promise.all([load, observing]);
			await app.stop();
			const { spans, lines, exported } = await sink.counts();
			const third = Math.max(1, Math.floor(series.length / 3));
			// The first seconds fill caches, the queue and the heap's generations.
			const early = series.slice(Math.min(third - 1, Math.ceil(30_000 / OBSERVE_EVERY_MS)), third);
			const late = series.slice(-third);
			const heap = (part: Observation[]) => median(part.map(({ heapMb }) => heapMb));
			const resident = (part: Observation[]) => median(part.map(({ residentMb }) => residentMb));
			const flat = (name: string, of: typeof heap, growth: number) => ({
				name,
				value: of(late),
				unit: "MB",
				goal: { at: "most" as const, value: of(early) * growth, times: growth },
				baseline: { name: "first third", value: of(early) },
			});
			const dropped = Object.entries(exported).filter(([name]) => name.includes("dropped"));
			return {
				what: `${number(minutes)} minutes of as many requests as one process answers (express, one pino line and one prom-client observation each, all sampled, traces, lines and metrics sent), ${CONNECTIONS} keep-alive connections. Memory every ${OBSERVE_EVERY_MS / 1000} s after a collection; medians of the thirds, the first 30 s left out.`,
				figures: [
					flat("heap after a collection, last third", heap, HEAP_GROWTH),
					flat("resident memory, last third", resident, RESIDENT_GROWTH),
					{ name: "requests answered", value: requests / seconds, unit: "requests/s" },
					{ name: "spans that arrived", value: (spans / requests) * 100, unit: "%" },
					{ name: "lines that arrived", value: (lines / requests) * 100, unit: "%" },
					{
						name: "spans and lines counted as dropped",
						value: dropped.reduce((sum, [, value]) => sum + value, 0),
						unit: "",
					},
				],
				details: { requests, seconds, spans, lines, exported, series },
			};
		} finally {
			await app.stop();
			await sink.stop();
		}
	},
};

interface Observation {
	elapsedS: number;
	requests: number;
	heapMb: number;
	residentMb: number;
}
