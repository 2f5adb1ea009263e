import { createRequire } from "node:module";
import type { Attributes, Context, Span, SpanOptions, Tracer, TracerProvider } from "@opentelemetry/api";
import { context, INVALID_SPAN_CONTEXT, trace } from "@opentelemetry/api";
import type { Instrumentation, InstrumentationModuleDefinition } from "@opentelemetry/instrumentation";
import { nowMs } from "../../clock.ts";
import { here } from "../../here.ts";
import { compareVersions } from "../../tested-versions.ts";
import { operationOf } from "../measured-db.ts";
import { DbCall, type DbHook } from "./call.ts";
import { maskLiterals, redisOperation, redisText } from "./query-text.ts";

const requireHere = createRequire(here);

/** Does this version leave its calls to be patched, having no channels? Where the version is unknown it may. */
export const isOlder = {
	mysql2: (version: string | undefined): boolean => version === undefined || compareVersions(version, "3.20") < 0,
	redis: (version: string | undefined): boolean => version === undefined || compareVersions(version, "5.12") < 0,
};

/** mysql2 before 3.20 has no channels: OpenTelemetry's instrumentation patches it. */
export function instrumentOlderMysql2(): Instrumentation {
	const { MySQL2Instrumentation } = requireHere(
		"@opentelemetry/instrumentation-mysql2",
	) as typeof import("@opentelemetry/instrumentation-mysql2");
	const instrumentation = new MySQL2Instrumentation({ maskStatement: true, maskStatementHook: maskLiterals });
	narrow(instrumentation, [">=1.4.2 <3.20.0"]);
	return instrumentation;
}

/** node-redis 2 to 5.11 has no channels: OpenTelemetry's instrumentation patches it. */
export function instrumentOlderRedis(): Instrumentation {
	const { RedisInstrumentation } = requireHere(
		"@opentelemetry/instrumentation-redis",
	) as typeof import("@opentelemetry/instrumentation-redis");
	const instrumentation = new RedisInstrumentation({ dbStatementSerializer: (name, args) => redisText(name, args) });
	// Two instrumentations in one: that of node-redis 2 and 3, which has no newer versions to keep off, and this one.
	const { instrumentationV4_V5: sinceVersion4 } = instrumentation as unknown as {
		instrumentationV4_V5: Instrumentation;
	};
	narrow(sinceVersion4, [">=1.0.0 <2.0.0", ">=5.0.0 <5.12.0"]);
	return instrumentation;
}

/** Keep off the versions that report by themselves, which would be traced twice. `getModuleDefinitions` gives copies. */
function narrow(instrumentation: Instrumentation, versions: string[]): void {
	const { _modules: definitions } = instrumentation as unknown as { _modules: InstrumentationModuleDefinition[] };
	for (const definition of definitions) {
		definition.supportedVersions = versions;
		for (const file of definition.files) {
			// A file that only versions before 4.1 had keeps its narrower range.
			file.supportedVersions =
				file.supportedVersions.length > 1 || versions.length === 1 ? versions : file.supportedVersions;
		}
	}
}

/**
 * A provider for those two: what they take for a span of a command is a `DbCall`, so that names, attributes and durations
 * are the same as of newer clients. Their connect spans are left out.
 */
export function measuredDbProvider(hook: DbHook): TracerProvider {
	return {
		getTracer: () => ({
			startSpan: (name: string, options?: SpanOptions, parent?: Context) => startCall(hook, name, options, parent),
			startActiveSpan: hook.tracer.startActiveSpan.bind(hook.tracer) as Tracer["startActiveSpan"],
		}),
	};
}

function startCall(hook: DbHook, name: string, { attributes = {} }: SpanOptions = {}, parent = context.active()): Span {
	const system = String(attributes["db.system.name"] ?? "");
	const text = attributes["db.query.text"];
	if (text === undefined) {
		return connectSpan(hook, attributes, parent);
	}
	const operation = system === "redis" ? redisOperation(name.replace(/^redis-/, "")) : operationOf(String(text));
	const call = new DbCall(
		hook,
		{
			system,
			operation,
			namespace: typeof attributes["db.namespace"] === "string" ? attributes["db.namespace"] : undefined,
			text: String(text),
			...server(attributes),
		},
		parent,
	);
	return ending(call.span, (failure) => call.end(failure));
}

/** Only one that fails is worth a span. */
function connectSpan(hook: DbHook, attributes: Attributes, parent: Context): Span {
	const startMs = nowMs();
	const around = trace.wrapSpanContext(trace.getSpanContext(parent) ?? INVALID_SPAN_CONTEXT);
	return ending(around, (failure) => {
		if (failure !== undefined) {
			const system = String(attributes["db.system.name"]);
			new DbCall(hook, { system, operation: "CONNECT", ...server(attributes) }, parent, startMs).end(failure);
		}
	});
}

function server(attributes: Attributes): { address: string | undefined; port: number | undefined } {
	const { "server.address": address, "server.port": port } = attributes;
	return {
		address: typeof address === "string" ? address : undefined,
		port: typeof port === "number" ? port : undefined,
	};
}

/** Take what the instrumentation says about the outcome away from `span`, and say it to `end`. */
function ending(span: Span, end: (failure: unknown) => void): Span {
	let failure: unknown;
	const own = span as Partial<Pick<Span, "recordException" | "setStatus" | "end">> & Span;
	const release = (): void => {
		for (const name of ["recordException", "setStatus", "end"] as const) {
			Reflect.deleteProperty(own, name);
		}
	};
	own.recordException = (exception) => {
		failure = exception;
	};
	own.setStatus = (status) => {
		failure ??= status.code === 2 ? new Error(status.message) : undefined;
		return span;
	};
	own.end = () => {
		release();
		end(failure);
	};
	return span;
}
