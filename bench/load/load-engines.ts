import type { RunningEngines } from "../../engines/engines.ts";
import { number } from "../report.ts";
import { say, sayOver } from "../scenario.ts";
import { startGenerator } from "./generator.ts";
import type { LoadPlan, LoadProgress } from "./load-plan.ts";

export type LoadedEngines = RunningEngines<"tempo" | "loki" | "prometheus">;
type Origins = Record<"tempo" | "loki" | "prometheus", string>;

/** Where they answer questions: without the path that they take OTLP at. */
export function originsOf({ tempo, loki, prometheus }: LoadedEngines): Origins {
	const origin = ({ url }: { url: string }) => new URL(url).origin;
	return { tempo: origin(tempo), loki: origin(loki), prometheus: origin(prometheus) };
}

/** Where each of them takes OTLP. */
export function endpointOf({ tempo, loki, prometheus }: LoadedEngines): LoadPlan["endpoint"] {
	return { traces: `${tempo.otlpUrl}/v1/traces`, logs: loki.otlpUrl, metrics: prometheus.otlpUrl };
}

/** Spans with their lines, metrics and span metrics, as fast as the receiver takes them; says how far it is. */
export async function loadAll(
	plan: Pick<LoadPlan, "endpoint" | "seed" | "firstTrace" | "connections" | "maxSpans" | "times">,
): Promise<LoadProgress> {
	const show = sayOver();
	const generator = await startGenerator(
		{ ...plan, logs: true, metrics: true, spanMetrics: true, spansPerSecond: null, maxSeconds: 1200 },
		({ spans, logs, elapsedMs }) =>
			show(`loading: ${number(spans)} spans, ${number(logs)} lines, ${number((spans + logs) / (elapsedMs / 1000))}/s`),
	);
	return generator.done;
}

/** An hour of it that ends at `toUnixMs`, into engines that hold nothing yet. */
export async function loadHour(
	engines: LoadedEngines,
	{ seed, maxSpans, toUnixMs }: { seed: number; maxSpans: number; toUnixMs: number },
): Promise<LoadProgress> {
	const times = { fromUnixMs: toUnixMs - 3_600_000, toUnixMs };
	const loaded = await loadAll({ endpoint: endpointOf(engines), seed, firstTrace: 0, connections: 4, maxSpans, times });
	say(`loaded ${number(loaded.spans)} spans, ${number(loaded.logs)} lines in ${number(loaded.elapsedMs / 1000)} s`);
	return loaded;
}
