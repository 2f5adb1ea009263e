/** The five engines of `npm run stack`, started with a line that says so, and what the console is told about them. */
import { readStackSettings, type StackSettings } from "../backends/stack/settings.ts";
import {
	ENGINE_NAMES,
	type EngineName,
	type EngineOptions,
	type RunningEngines,
	startEngines,
} from "../engines/engines.ts";
import { progress } from "./progress.mjs";

/** Resolves when all are ready. */
export async function startAll(options: EngineOptions): Promise<RunningEngines<EngineName>> {
	const done = progress("Starting the engines");
	try {
		const engines = await startEngines(ENGINE_NAMES, options);
		done(`ready (${ENGINE_NAMES.map((name) => `${name} ${(engines[name].readyMs / 1000).toFixed(1)} s`).join(", ")})`);
		return engines;
	} catch (error) {
		done("failed");
		throw error;
	}
}

/** What the console is told, as a user would: by the three URLs. */
export function settingsOf(engines: RunningEngines<EngineName>): StackSettings {
	const settings = readStackSettings({
		TEMPO_URL: engines.tempo.url,
		LOKI_URL: engines.loki.url,
		PROMETHEUS_URL: engines.prometheus.url,
	});
	if (settings === null) throw new Error("The engines have no URLs.");
	return settings;
}
