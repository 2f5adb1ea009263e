import type { Tracer, TracerProvider } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
// Registered through the newest API, because an app with a newer one than the registrar's gets no-ops; both ways are tested.
import { context, diag, propagation, trace } from "opentelemetry-api-latest";
import { readContextFrom } from "./active-context.ts";
import { hookClients } from "./http/client.ts";
import { hookFastify } from "./http/fastify.ts";
import { hookServers } from "./http/server.ts";
import { hookUndici } from "./http/undici.ts";
import { type Identity, identify } from "./identity.ts";
import { type Instance, instance, setInstance } from "./instance.ts";
import { LogExporter } from "./logs/exporter.ts";
import { type PinoModule, patchPino } from "./logs/pino.ts";
import { Redaction } from "./logs/redaction.ts";
import { SHIPPERS, Shippers } from "./logs/shippers.ts";
import { pageOf, serveFor } from "./metrics/cluster/source.ts";
import { Metrics } from "./metrics/collect.ts";
import { setExemplars } from "./metrics/exemplar.ts";
import type { Family } from "./metrics/family.ts";
import { patchExemplars } from "./metrics/prom-client/exemplars.ts";
import type { PromClient } from "./metrics/prom-client/module.ts";
import { MetricPush } from "./metrics/push.ts";
import { createRed, type Red, redMetrics } from "./metrics/red.ts";
import { ConnectionPools, watchMysql2Pools, watchPgPools } from "./metrics/saturation/pools.ts";
import { processStart, runtimeMetrics } from "./metrics/saturation/runtime.ts";
import { targetInfo } from "./metrics/target-info.ts";
import { hookImports, onModules, type Patch } from "./module-hooks.ts";
import type { Counts } from "./otlp/batch-queue.ts";
import { OtlpSender } from "./otlp/send.ts";
import { settleLeftovers } from "./otlp/send-at-exit.ts";
import { answerPrimary } from "./profiles/cluster.ts";
import { profileHandler } from "./profiles/handler.ts";
import { OpenTraces } from "./profiles/open-traces.ts";
import { takeProfileFile } from "./profiles/profile-file.ts";
import { describeSampler, type SamplerChoice } from "./sampling/choice.ts";
import { routeDiagnostics, say } from "./say.ts";
import { readSettings, type Settings } from "./settings.ts";
import { flushOnExit, within } from "./shutdown.ts";
import { noteThreads } from "./threads.ts";
import { hooksOfLibraries, LIBRARIES } from "./traces/libraries.ts";
import { propagator } from "./traces/propagator.ts";
import { createTracing } from "./traces/provider.ts";
import { VERSION } from "./version.ts";

const SCOPE = { name: "@trivet/instrumentation", version: VERSION };
const FLUSH_MS = 2_000;

/** All that can be instrumented, by the names OTEL_NODE_ENABLED_INSTRUMENTATIONS and OTEL_NODE_DISABLED_INSTRUMENTATIONS use. */
const KNOWN = ["http", "express", "fastify", "undici", "pg", "grpc", ...LIBRARIES, "pino", "prom-client"] as const;
type Known = (typeof KNOWN)[number];

/** The npm modules whose `import` must be seen; http, undici, fastify and redis publish what we need without it. */
const MODULES: Partial<Record<Known, readonly string[]>> = {
	express: ["express"],
	pg: ["pg", "pg-pool"],
	grpc: ["@grpc/grpc-js"],
	koa: ["koa"],
	ioredis: ["ioredis"],
	kafkajs: ["kafkajs"],
	mysql2: ["mysql2"],
	pino: ["pino", ...SHIPPERS],
	"prom-client": ["prom-client"],
};

/** What code decides; it wins over the environment. */
export interface StartOptions {
	sampler?: SamplerChoice;
}

/**
 * Start instrumenting this process. Reads the OTEL_* environment; a second call, from whichever copy of the package, returns
 * the first one's instance. Never throws: what fails is said on stderr and left out.
 *
 * @returns the running instance, or undefined when OTEL_SDK_DISABLED is `true` or starting failed.
 */
export function start(options: StartOptions = {}): Instance | undefined {
	const running = instance();
	if (running !== undefined) {
		return running;
	}
	try {
		const settings = { ...readSettings(process.env), ...options };
		if (settings.disabled) {
			return undefined;
		}
		routeDiagnostics(settings.logLevel);
		return begin(settings);
	} catch (error) {
		say(`not started: ${error instanceof Error ? error.message : String(error)}`);
		return undefined;
	}
}

function begin(settings: Settings): Instance {
	// PM2 runs a script of its own, which then loads the app's.
	const identity = identify(settings, VERSION, process.env.pm_exec_path ?? process.argv[1]);
	guarded("the watch for threads", noteThreads);
	const enabled = new Set(KNOWN.filter((name) => isEnabled(settings, name)));
	const red = createRed(settings.seriesLimit);
	const openTraces = new OpenTraces(settings.profileToken !== undefined);
	const tracing = createTracing(settings, identity.resource, openTraces);
	register(tracing.provider);
	// An exemplar whose trace goes nowhere would be a dead link.
	setExemplars(settings.exporters.traces.length > 0);

	const logs = settings.exporters.logs.includes("otlp") ? logExporter(settings, identity) : undefined;
	const metrics = new Metrics(settings.seriesLimit);
	const page = pageOf(metrics);
	const pools = new ConnectionPools();
	metrics.add(targetInfo(identity.resource), ...redMetrics(red), ...pools.metrics());
	if (isEnabled(settings, "runtime-node")) {
		guarded("runtime-node", () => metrics.add(...runtimeMetrics()));
	}
	metrics.addFamilies(() => [
		processStart(),
		...ownFamilies({ spans: tracing.counts(), log_records: logs?.counts() }),
		...tracing.families(),
	]);
	const push = settings.exporters.metrics.includes("otlp")
		? new MetricPush({
				metrics,
				sender: new OtlpSender(settings.targets.metrics),
				resource: identity.resource,
				scope: SCOPE,
				intervalMs: settings.metricIntervalMs,
			})
		: undefined;

	const imports = hookImports([...enabled].flatMap((name) => MODULES[name] ?? []));
	const tracer = tracing.provider.getTracer(SCOPE.name, SCOPE.version);
	instrument(enabled, red, settings, tracer, logs);
	const shippers = logs === undefined || settings.sendShipped ? undefined : new Shippers();
	const libraries = hooksOfLibraries((name) => enabled.has(name as Known), {
		provider: tracing.provider,
		db: { tracer, durations: red.dbClient },
		rpc: { server: red.rpcServer, client: red.rpcClient },
		kafkaRelation: settings.kafkaRelation,
		guarded,
	});
	onModules({
		patches: [
			...libraries.patches,
			patchesOfPinoAndMetrics(enabled, metrics, identity, logs, shippers),
			watchPools(enabled, pools),
		],
		preparations: libraries.preparations,
	});
	const profiled = { service: identity.service, traces: openTraces };
	const profiles = profileHandler({ ...profiled, token: settings.profileToken });
	if (settings.profileToken !== undefined) {
		answerPrimary((wish, signal) => takeProfileFile(wish, profiled, signal));
	}
	serveFor(page, settings.prometheus, {
		metrics: settings.exporters.metrics.includes("prometheus"),
		profiles: settings.profileToken === undefined ? undefined : profiles,
	});

	const flush = (deadlineMs = FLUSH_MS, ends = false): Promise<void> => {
		if (ends) {
			tracing.settle();
		}
		const sent = Promise.all([tracing.flush(), logs?.flush()]);
		// The counts of what was sent go last, unless that takes half of the time or the app decides when it is over.
		const before = ends ? within(deadlineMs / 2, [sent]) : Promise.resolve();
		return within(deadlineMs, [sent, before.then(async () => void (await (ends ? push?.end() : push?.flush())))]);
	};
	const settle = (deadlineMs: number): void => {
		tracing.settle();
		const leftovers = [logs?.leftover(), tracing.leftover(), push?.leftover()];
		settleLeftovers(
			leftovers.filter((leftover) => leftover !== undefined),
			deadlineMs,
		);
	};
	flushOnExit(flush, settle);
	const running: Instance = {
		version: VERSION,
		service: { name: identity.service, version: identity.version },
		red,
		metrics,
		page,
		openTraces,
		profiles,
		flush,
	};
	setInstance(running);
	say(summary(settings, identity, [...enabled], imports));
	const { spanQueue, logQueue, quietPaths, attributeCountLimit, spanValueLimit, metricIntervalMs } = settings;
	diag.debug("settings", { spanQueue, logQueue, quietPaths, attributeCountLimit, spanValueLimit, metricIntervalMs });
	diag.debug("resource", identity.resource);
	return running;
}

function register(provider: TracerProvider): void {
	const manager = new AsyncLocalStorageContextManager().enable();
	const ours = context.setGlobalContextManager(manager);
	if (ours) {
		readContextFrom(manager);
	}
	const done = [ours, trace.setGlobalTracerProvider(provider), propagation.setGlobalPropagator(propagator)];
	if (done.includes(false)) {
		say("another OpenTelemetry SDK was registered before this one; spans that the app makes itself go to that one");
	}
}

function isEnabled({ instrumentations }: Settings, name: string): boolean {
	return (instrumentations.enabled?.includes(name) ?? true) && !instrumentations.disabled.includes(name);
}

function logExporter(settings: Settings, { service, env, version, resource }: Identity): LogExporter {
	return new LogExporter({
		sender: new OtlpSender(settings.targets.logs),
		resource,
		scope: SCOPE,
		queue: settings.logQueue,
		limits: {
			valueLength: settings.attributeValueLimit,
			count: settings.attributeCountLimit,
			statics: { service, env, version },
			redactor: settings.redact === undefined ? undefined : new Redaction(settings.redact),
		},
	});
}

/** Each part on its own: one that fails is named and the others stay. */
function guarded(name: string, part: () => void): void {
	try {
		part();
	} catch (error) {
		say(`${name} is not instrumented: ${error instanceof Error ? error.message : String(error)}`);
	}
}

function instrument(
	enabled: ReadonlySet<Known>,
	red: Red,
	settings: Settings,
	tracer: Tracer,
	logs: LogExporter | undefined,
): void {
	if (enabled.has("http")) {
		guarded("http", () => {
			hookServers({
				tracer,
				durations: red.httpServer,
				errors: red.httpErrors,
				quietPaths: new Set(settings.quietPaths),
				finished: settings.requestLines && logs !== undefined ? (request) => logs.capture.request(request) : undefined,
			});
			hookClients({ tracer, durations: red.httpClient });
		});
	}
	if (enabled.has("undici")) {
		guarded("undici", () => hookUndici({ tracer, durations: red.httpClient }));
	}
	if (enabled.has("fastify")) {
		guarded("fastify", () => hookFastify());
	}
}

function patchesOfPinoAndMetrics(
	enabled: ReadonlySet<Known>,
	metrics: Metrics,
	{ service, env, version }: Identity,
	logs: LogExporter | undefined,
	shippers: Shippers | undefined,
): Record<string, Patch> {
	return {
		...(enabled.has("pino")
			? {
					pino: (exports: unknown, found: string | undefined) => {
						if (!patchPino(exports as PinoModule, { service, env, version }, logs?.capture, shippers)) {
							say(`pino ${found ?? ""} is not built the way we know; its lines are left as they are`);
						}
					},
					...(shippers === undefined ? {} : watchShippers(shippers)),
				}
			: {}),
		...(enabled.has("prom-client")
			? {
					"prom-client": (exports: unknown, found: string | undefined, folder: string | undefined) => {
						const client = exports as PromClient;
						if (patchExemplars(client, found, folder) === "none") {
							say(`prom-client ${found ?? ""} is not built the way we know; its metrics have no exemplars`);
						}
						metrics.addClient(client);
					},
				}
			: {}),
	};
}

function watchShippers(shippers: Shippers): Record<string, Patch> {
	return {
		"thread-stream": (exports) => shippers.watch(exports as Parameters<Shippers["watch"]>[0]),
		...Object.fromEntries(SHIPPERS.map((name) => [name, () => shippers.runsHere(name)])),
	};
}

function watchPools(enabled: ReadonlySet<Known>, pools: ConnectionPools): Record<string, Patch> {
	const patch = (name: string, watch: typeof watchPgPools) => (exports: unknown, found: string | undefined) => {
		if (!watch(exports as object, pools)) {
			say(`${name} ${found ?? ""} is not built the way we know; its pools are not counted`);
		}
	};
	return {
		...(enabled.has("pg") ? { "pg-pool": patch("pg-pool", watchPgPools) } : {}),
		...(enabled.has("mysql2") ? { mysql2: patch("mysql2", watchMysql2Pools) } : {}),
	};
}

/** What was sent and what was lost on the way, so that nobody has to guess. */
function ownFamilies(counts: Readonly<Record<string, Readonly<Counts> | undefined>>): Family[] {
	const points = Object.entries(counts).flatMap(([item, of]) =>
		of === undefined
			? []
			: [
					{ labels: { item, outcome: "sent" }, value: of.sent },
					{ labels: { item, outcome: "dropped_queue_full" }, value: of.droppedQueueFull },
					{ labels: { item, outcome: "dropped_not_sent" }, value: of.droppedNotSent },
				],
	);
	const help = "Spans and log lines by what became of them on their way out.";
	return points.length === 0 ? [] : [{ name: "trivet_exported_total", help, type: "counter", points }];
}

function summary(settings: Settings, { service }: Identity, enabled: readonly string[], imports: string): string {
	const { exporters, targets, prometheus } = settings;
	const to = (["traces", "logs", "metrics"] as const).map((signal) => {
		const ways = exporters[signal].map((exporter) =>
			exporter === "otlp"
				? targets[signal].url
				: exporter === "prometheus"
					? `http://${prometheus.host}:${prometheus.port}/metrics`
					: exporter,
		);
		return `${signal} ${ways.length === 0 ? "off" : ways.join(" and ")}`;
	});
	for (const signal of ["traces", "logs", "metrics"] as const) {
		if (exporters[signal].includes("otlp") && new URL(targets[signal].url).port === "4317") {
			say(`${signal} go over HTTP to port 4317, which is OTLP's gRPC port: nothing will arrive; use 4318`);
		}
	}
	const profiles =
		settings.profileToken === undefined
			? ""
			: `; profiles http://${prometheus.host}:${prometheus.port}/profiles/{cpu,heap}`;
	return `${service}: ${enabled.join(", ")}; ${to.join(", ")}${profiles}; sampler ${describeSampler(settings.sampler)}; ESM hooks: ${imports}`;
}
