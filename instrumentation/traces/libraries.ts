import type { TracerProvider } from "@opentelemetry/api";
import type { Instrumentation } from "@opentelemetry/instrumentation";
import { patchExpress } from "../http/express.ts";
import { patchKoa } from "../http/koa.ts";
import { onModules, type Patch } from "../module-hooks.ts";
import { say } from "../say.ts";
import { untested } from "../tested-versions.ts";
import type { DbHook } from "./db/call.ts";
import { hookMysql2, hookRedisChannels } from "./db/channels.ts";
import { patchIoredis } from "./db/ioredis.ts";
import { instrumentOlderMysql2, instrumentOlderRedis, measuredDbProvider } from "./db/older-clients.ts";
import { patchKafkajs } from "./kafkajs.ts";

/** The libraries that are hooked by code of ours, by the names OTEL_NODE_{ENABLED,DISABLED}_INSTRUMENTATIONS use. */
export const LIBRARIES = ["koa", "mysql2", "redis", "ioredis", "kafkajs"] as const;
export type Library = (typeof LIBRARIES)[number];

export interface LibraryHooks {
	db: DbHook;
	/** How a Kafka message that is handled alone relates to the span that sent it. */
	kafkaRelation: "parent" | "link";
	/** Each library on its own: one that fails is named and the others stay. */
	guarded(name: string, part: () => void): void;
}

/** Hook those of the libraries that are enabled, when they are loaded; what is outside of the tested versions is said. */
export function hookLibraries(
	isEnabled: (name: string) => boolean,
	{ db, kafkaRelation, guarded }: LibraryHooks,
): void {
	const older = (create: () => Instrumentation): void => {
		const provider: TracerProvider = measuredDbProvider(db);
		create().setTracerProvider(provider);
	};
	const channels: Partial<Record<Library, () => void>> = {
		mysql2: () => {
			hookMysql2(db);
			older(instrumentOlderMysql2);
		},
		redis: () => {
			hookRedisChannels("node-redis", db);
			older(instrumentOlderRedis);
		},
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
	onModules(onLoad);
}
