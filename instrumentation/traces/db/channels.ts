import { tracingChannel } from "node:diagnostics_channel";
import { type Context, context } from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import { runCallbacksIn } from "../../active-context.ts";
import { nowMs } from "../../clock.ts";
import { operationOf } from "../measured-db.ts";
import { DbCall, type DbHook, type DbOperation } from "./call.ts";
import { maskLiterals, redisOperation, redisText } from "./query-text.ts";

interface Server {
	serverAddress?: string;
	serverPort?: number;
}

interface MysqlMessage extends Server {
	query?: string;
	database?: string;
}

interface RedisMessage extends Server {
	command?: string;
	args?: readonly unknown[];
	database?: number;
	batchMode?: string;
	batchSize?: number;
}

/** mysql2 since 3.20 reports its queries on channels of its own: nothing of it is patched. */
export function hookMysql2(hook: DbHook): void {
	const describe = (mask: (sql: string) => string) => (message: MysqlMessage) => {
		const sql = message.query ?? "";
		return { ...mysql(message), operation: operationOf(sql), text: mask(sql) };
	};
	onCalls<MysqlMessage>("mysql2:query", hook, describe(maskLiterals));
	// A prepared statement's text has its placeholders still.
	onCalls<MysqlMessage>(
		"mysql2:execute",
		hook,
		describe((sql) => sql.slice(0, 4_000)),
	);
	onFailedConnects<MysqlMessage>("mysql2:connect", hook, (message) => ({ ...mysql(message), operation: "CONNECT" }));
}

function mysql({ database, serverAddress, serverPort }: MysqlMessage): Omit<DbOperation, "operation"> {
	return { system: "mysql", namespace: database || undefined, address: serverAddress, port: serverPort };
}

/**
 * node-redis since 5.12 (`node-redis:`) reports on channels, and so does ioredis since 5.11 (`ioredis:`). A pipeline or
 * transaction is one call: its commands are not reported one by one.
 */
export function hookRedisChannels(prefix: "node-redis" | "ioredis", hook: DbHook): void {
	let writingBatch = 0;
	onCalls<RedisMessage>(`${prefix}:command`, hook, (message) => {
		if (message.batchMode !== undefined || writingBatch > 0) {
			return undefined;
		}
		const operation = redisOperation(message.command);
		const args = message.args ?? [];
		// node-redis puts the command first among the arguments, ioredis does not.
		return { ...redis(message), operation, text: redisText(operation, prefix === "ioredis" ? args : args.slice(1)) };
	});
	onCalls<RedisMessage>(`${prefix}:batch`, hook, (message) => ({
		...redis(message),
		operation: message.batchMode ?? "PIPELINE",
		batchSize: message.batchSize,
	}));
	const batch = tracingChannel(`${prefix}:batch`);
	batch.start.subscribe(() => {
		writingBatch++;
	});
	batch.end.subscribe(() => {
		writingBatch--;
	});
	onFailedConnects<RedisMessage>(`${prefix}:connect`, hook, (message) => ({ ...redis(message), operation: "CONNECT" }));
}

function redis({ database, serverAddress, serverPort }: RedisMessage): Omit<DbOperation, "operation"> {
	return {
		system: "redis",
		namespace: database === undefined ? undefined : String(database),
		address: serverAddress,
		port: serverPort,
	};
}

/** @param describe undefined when the message is not worth a span. */
function onCalls<M extends object>(
	channel: string,
	hook: DbHook,
	describe: (message: M) => DbOperation | undefined,
): void {
	const calls = new WeakMap<object, DbCall>();
	const callers = new WeakMap<object, Context>();
	const end = guarded((message) => calls.get(message)?.end(message.error));
	const channels = tracingChannel(channel);
	channels.start.subscribe(
		guarded((message) => {
			const caller = context.active();
			callers.set(message, caller);
			const operation = isTracingSuppressed(caller) ? undefined : describe(message as M);
			if (operation !== undefined) {
				calls.set(message, new DbCall(hook, operation, caller));
			}
		}),
	);
	channels.end.subscribe(
		guarded((message) => {
			if (message.error !== undefined) {
				end(message);
			}
		}),
	);
	channels.asyncStart.subscribe(end);
	// Answers arrive on a shared socket, in the context of whoever opened it.
	runCallbacksIn(channels.asyncStart, (message) => callers.get(message as object));
}

/** A connection is no call to the database; one that fails is, and often the only trace of a database that is down. */
function onFailedConnects<M extends object>(
	channel: string,
	hook: DbHook,
	describe: (message: M) => DbOperation,
): void {
	const began = new WeakMap<object, { caller: Context; startMs: number }>();
	const channels = tracingChannel(channel);
	channels.start.subscribe(
		guarded((message) => {
			began.set(message, { caller: context.active(), startMs: nowMs() });
		}),
	);
	channels.error.subscribe(
		guarded((message) => {
			const from = began.get(message);
			if (from !== undefined && !isTracingSuppressed(from.caller)) {
				new DbCall(hook, describe(message as M), from.caller, from.startMs).end(message.error);
			}
		}),
	);
}

type Message = object & { error?: unknown };

/** What a channel's listener throws ends the process. */
function guarded(listen: (message: Message) => void): (message: unknown) => void {
	return (message) => {
		try {
			listen(message as Message);
		} catch {
			// An untraced query is better than a failed one.
		}
	};
}
