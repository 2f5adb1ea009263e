import { createRequire } from "node:module";
import type { MeterProvider, TracerProvider } from "@opentelemetry/api";
import type { Instrumentation } from "@opentelemetry/instrumentation";
import { here } from "../here.ts";
import { patchExpress } from "../http/express.ts";
import { patchKoa } from "../http/koa.ts";
import type { ModuleWork, Patch, Preparation } from "../module-hooks.ts";
import { say } from "../say.ts";
import { untested } from "../tested-versions.ts";
import type { DbHook } from "./db/call.ts";
import { hookMysql2, hookRedisChannels } from "./db/channels.ts";
import { patchIoredis } from "./db/ioredis.ts";
import { instrumentOlderMysql2, instrumentOlderRedis, isOlder, measuredDbProvider } from "./db/older-clients.ts";
import { patchKafkajs } from "./kafkajs.ts";
import { measuredDb } from "./measured-db.ts";
import { measuredRpcProvider, type RpcDurations } from "./measured-rpc.ts";

/** The libraries that are hooked by code of ours, by the names OTEL_NODE_{ENABLED,DISABLED}_INSTRUMENTATIONS use. */
export const LIBRARIES = ["koa", "mysql2", "redis", "ioredis", "kafkajs"] as const;
export type Library = (typeof LIBRARIES)[number];

export interface LibraryHooks {
	provider: TracerProvider;
	db: DbHook;
	rpc: RpcDurations;
	/** How a Kafka message that is handled alone relates to the span that sent it. */
	kafkaRelation: "parent" | "link";
	/** Each library on its own: one that fails is named and the others stay. */
	guarded(name: string, part: () => void): void;
}

/** Hooks for those of the libraries that are enabled; what is outside of the tested versions is said when it is loaded. */
export function hooksOfLibraries(
	isEnabled: (name: string) => boolean,
	{ provider, db, rpc, kafkaRelation, guarded }: LibraryHooks,
): ModuleWork {
	const channels: Partial<Record<Library, () => void>> = {
		mysql2: () => hookMysql2(db),
		redis: () => hookRedisChannels("node-redis", db),
	};
	for (const [name, hook] of Object.entries(channels)) {
		if (isEnabled(name)) {
			guarded(name, hook);
		}
	}
	const patches: Record<Library | "express" | "pg" | "grpc", [module: string, patch?: (exports: object) => boolean]> = {
		express: ["express", patchExpress],
		pg: ["pg"],
		grpc: ["@grpc/grpc-js"],
		mysql2: ["mysql2"],
		redis: ["@redis/client"],
		koa: ["koa", patchKoa],
		ioredis: ["ioredis", (exports) => patchIoredis(exports, db)],
		kafkajs: ["kafkajs", (exports) => patchKafkajs(exports, kafkaRelation)],
	};
	const onLoad: Record<string, Patch> = {};
	for (const [name, [module, patch]] of Object.entries(patches)) {
		if (isEnabled(name)) {
			onLoad[module] = (exports, version) => {
				const warning = untested(module, version);
				if (warning !== undefined) {
					say(warning);
					if (name === "ioredis") {
						hookRedisChannels("ioredis", db);
					}
				} else if (patch?.(exports as object) === false) {
					say(`${module} ${version ?? ""} is not built the way we know and is left as it is`);
				}
			};
		}
	}
	const preparations = openTelemetrys({ provider, db, rpc })
		.filter(({ library }) => isEnabled(library))
		.map((one) => ({ ...one, prepare: () => guarded(one.library, one.prepare) }));
	return { patches: [onLoad], preparations };
}

/**
 * OpenTelemetry's instrumentations. Each is loaded with the library it is for: an app has one or two of those, and all of them
 * together would be a third of what starting takes.
 */
function openTelemetrys({
	provider,
	db,
	rpc,
}: Pick<LibraryHooks, "provider" | "db" | "rpc">): (Preparation & { library: string })[] {
	const load = createRequire(here);
	const use = (instrumentation: Instrumentation, tracers: TracerProvider, meters?: MeterProvider): void => {
		instrumentation.setTracerProvider(tracers);
		if (meters !== undefined) {
			instrumentation.setMeterProvider(meters);
		}
	};
	return [
		{
			library: "pg",
			names: ["pg", "pg-pool"],
			prepare() {
				const { PgInstrumentation } = load("@opentelemetry/instrumentation-pg") as PgModule;
				const { tracers, meters } = measuredDb(provider, db.durations);
				use(new PgInstrumentation(), tracers, meters);
			},
		},
		{
			library: "grpc",
			names: ["@grpc/grpc-js"],
			prepare() {
				const { GrpcInstrumentation } = load("@opentelemetry/instrumentation-grpc") as GrpcModule;
				use(new GrpcInstrumentation(), measuredRpcProvider(provider, rpc));
			},
		},
		{
			library: "mysql2",
			names: ["mysql2"],
			versions: isOlder.mysql2,
			prepare: () => use(instrumentOlderMysql2(), measuredDbProvider(db)),
		},
		{
			library: "redis",
			names: ["redis", "@redis/client", "@node-redis/client"],
			versions: isOlder.redis,
			prepare: () => use(instrumentOlderRedis(), measuredDbProvider(db)),
		},
	];
}

type PgModule = typeof import("@opentelemetry/instrumentation-pg");
type GrpcModule = typeof import("@opentelemetry/instrumentation-grpc");
