import { context } from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import { DbCall, type DbHook, type DbOperation } from "./call.ts";
import { redisOperation, redisText } from "./query-text.ts";

interface Command {
	name?: unknown;
	args?: readonly unknown[];
	inTransaction?: boolean;
	pipelineIndex?: number;
	resolve?: (value: unknown) => void;
	reject?: (error: unknown) => void;
}

interface Client {
	options?: { host?: string; port?: number; path?: string; db?: number };
	condition?: { select?: number };
	status?: string;
}

type SendCommand = (this: Client, command: Command, stream?: unknown) => unknown;

/** What the client itself says to a new connection before anybody else may. */
const HANDSHAKE = new Set(["HELLO", "AUTH", "SELECT", "CLIENT", "INFO", "READONLY"]);

/** Commands of one pipeline that are still without an answer. */
interface Batch {
	call: DbCall;
	size: number;
	waiting: number;
	failure: unknown;
}

/**
 * Trace every command of ioredis from when the app asks for it, also while there is no connection: ioredis's own channels
 * begin when it is written, in the context of the connection, and know nothing of commands that never were.
 *
 * @returns false when this ioredis is not built the way we know.
 */
export function patchIoredis(exports: object, hook: DbHook): boolean {
	const prototype = (exports as { prototype?: { sendCommand?: SendCommand } }).prototype;
	const original = prototype?.sendCommand;
	if (prototype === undefined || typeof original !== "function") {
		return false;
	}
	const seen = new WeakSet<object>();
	const batches = new WeakMap<object, Batch>();

	const begin = (client: Client, command: Command, stream: unknown): void => {
		const caller = context.active();
		// A command comes back when a connection is there at last.
		if (seen.has(command) || isTracingSuppressed(caller)) {
			return;
		}
		seen.add(command);
		const operation = redisOperation(command.name);
		if (client.status === "connect" && HANDSHAKE.has(operation)) {
			return;
		}
		if (command.pipelineIndex === undefined || !isObject(stream)) {
			const text = redisText(operation, command.args ?? []);
			const call = new DbCall(hook, { ...server(client), operation, text }, caller);
			onSettled(command, (error) => call.end(error));
			return;
		}
		let batch = batches.get(stream);
		if (batch === undefined) {
			const kind = operation === "MULTI" ? "MULTI" : "PIPELINE";
			const call = new DbCall(hook, { ...server(client), operation: kind }, caller);
			batch = { call, size: 0, waiting: 0, failure: undefined };
			batches.set(stream, batch);
		}
		joinBatch(batch, operation, command);
	};

	prototype.sendCommand = function sendCommand(command, stream) {
		try {
			begin(this, command, stream);
		} catch {
			// An untraced command is better than a failed one.
		}
		return original.call(this, command, stream);
	};
	return true;
}

function joinBatch(batch: Batch, operation: string, command: Command): void {
	batch.waiting++;
	if (operation !== "MULTI" && operation !== "EXEC") {
		batch.size++;
	}
	onSettled(command, (error) => {
		batch.failure ??= error;
		batch.waiting--;
		if (batch.waiting === 0) {
			batch.call.span.setAttribute("db.operation.batch.size", batch.size);
			batch.call.end(batch.failure);
		}
	});
}

/** Not by `then`: a promise that somebody listens to is no unhandled rejection any more, which the app may count on. */
function onSettled(command: Command, listen: (error?: unknown) => void): void {
	const { resolve, reject } = command;
	let settled = false;
	const once = (error?: unknown): void => {
		if (!settled) {
			settled = true;
			listen(error);
		}
	};
	command.resolve = (value) => {
		once();
		resolve?.call(command, value);
	};
	command.reject = (error) => {
		once(error);
		reject?.call(command, error);
	};
}

function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null;
}

function server({ options = {}, condition }: Client): Omit<DbOperation, "operation"> {
	const { path, host, port, db } = options;
	return {
		system: "redis",
		namespace: String(condition?.select ?? db ?? 0),
		...(path === undefined || path === null ? { address: host ?? "localhost", port: port ?? 6379 } : { address: path }),
	};
}
