/** Tempo, Loki and Prometheus (or Mimir) as one backend. Each is optional: the parts it would answer say `not configured` and how. */

import type { Signal } from "../../core/model.ts";
import {
	type Backend,
	type BackendStatus,
	type LogStore,
	type MetricStore,
	NotConfigured,
	NotSupported,
	type TraceStore,
} from "../../core/ports.ts";
import { Engine, type EngineName } from "./engine.ts";
import type { StackSettings } from "./settings.ts";

const READS_ONLY = "This console reads engines of yours and never writes to them:";

/** Nothing is asked yet: an engine that is down shows in `status()` and in each answer. Throws when a TLS file cannot be read. */
export function openStack(settings: StackSettings): Backend {
	const tempo = settings.tempo && new Engine("Tempo", settings.tempo);
	const loki = settings.loki && new Engine("Loki", settings.loki);
	const prometheus = settings.prometheus && new Engine("Prometheus", settings.prometheus);
	const engines: [EngineName, Engine | null, Signal, string][] = [
		["Tempo", tempo, "traces", "/ready"],
		["Loki", loki, "logs", "/ready"],
		["Prometheus", prometheus, "metrics", "/api/v1/status/buildinfo"],
	];
	return {
		traces: absent<TraceStore>("Tempo", "spans"),
		logs: absent<LogStore>("Loki", "log lines"),
		metrics: absent<MetricStore>("Prometheus", "metrics"),
		async status(): Promise<BackendStatus> {
			const stores = engines.map(async ([name, engine, signal, path]) => ({
				name: name.toLowerCase(),
				signals: [signal],
				...(engine === null ? { ...UNASKED, reason: missing(name, signal) } : await engine.health(path)),
			}));
			return {
				kind: "stack",
				stores: await Promise.all(stores),
				ingest: null,
				dataWindow: null,
				capabilities: { ingest: false, traceql: tempo !== null, logql: loki !== null },
				facts: [],
			};
		},
		async ingest() {
			throw new NotSupported(`${READS_ONLY} send OTLP to your collector instead.`);
		},
		async erase() {
			throw new NotSupported(`${READS_ONLY} erase there, or let retention do it.`);
		},
		async close() {
			await Promise.all(engines.map(([, engine]) => engine?.close()));
		},
	};
}

const UNASKED = { state: "not configured", latencyMs: null, lastError: null } as const;

function missing(name: EngineName, what: string): string {
	return `No engine for ${what} is configured: set ${name.toUpperCase()}_URL to your ${name}'s address and start the console again.`;
}

/** Every method of a store that is not there says so. */
function absent<T extends object>(name: EngineName, what: string): T {
	return new Proxy({} as T, {
		get: () => async () => {
			throw new NotConfigured(missing(name, what));
		},
	});
}
