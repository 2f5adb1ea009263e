import { type Context, type Span, SpanKind, type Tracer } from "@opentelemetry/api";
import { nowMs } from "../../clock.ts";
import { errorType } from "../../http/call.ts";
import { noteFailedCall } from "../../metrics/error-cause.ts";
import { spanExemplarLabels } from "../../metrics/exemplar.ts";
import type { DurationHistogram } from "../../metrics/histogram.ts";

export interface DbHook {
	tracer: Tracer;
	durations: DurationHistogram;
}

/** One call to a database, in the words of the semantic conventions. */
export interface DbOperation {
	/** `db.system.name`: `mysql`, `redis`. */
	system: string;
	/** `db.operation.name`: `SELECT`, `GET`, `MULTI`. */
	operation: string;
	/** The schema, or the number of a Redis database. */
	namespace?: string | undefined;
	address?: string | undefined;
	port?: number | undefined;
	/** `db.query.text`, without values. */
	text?: string | undefined;
	/** Commands in a pipeline or transaction. */
	batchSize?: number | undefined;
}

/** One database call: a client span and one observation with its exemplar, however it ends. */
export class DbCall {
	readonly span: Span;
	private readonly hook: DbHook;
	private readonly operation: DbOperation;
	private readonly parent: Context;
	private readonly startMs: number;
	private ended = false;

	/** @param startMs when the call began, if that is not now. */
	constructor(hook: DbHook, operation: DbOperation, parent: Context, startMs?: number) {
		const { system, namespace, address, port, text, batchSize } = operation;
		this.hook = hook;
		this.operation = operation;
		this.parent = parent;
		this.startMs = startMs ?? nowMs();
		this.span = hook.tracer.startSpan(
			// A Redis database is a number, which says nothing in a name.
			namespace === undefined || system === "redis" ? operation.operation : `${operation.operation} ${namespace}`,
			{
				kind: SpanKind.CLIENT,
				...(startMs === undefined ? {} : { startTime: startMs }),
				attributes: {
					"db.system.name": system,
					"db.operation.name": operation.operation,
					"db.namespace": namespace,
					"db.query.text": text,
					"db.operation.batch.size": batchSize,
					"server.address": address,
					"server.port": port,
				},
			},
			parent,
		);
	}

	/** @param failure what the call was rejected with; undefined or null when it went well. */
	end(failure?: unknown): void {
		if (this.ended) {
			return;
		}
		this.ended = true;
		const { span, operation } = this;
		const failed = failure !== undefined && failure !== null;
		const code = failed ? responseCode(failure) : undefined;
		const error = failed ? (operation.system === "redis" && code !== undefined ? code : errorType(failure)) : "";
		if (failed && span.isRecording()) {
			span.setAttribute("error.type", error);
			if (code !== undefined) {
				span.setAttribute("db.response.status_code", code);
			}
			span.setStatus(failure instanceof Error ? { code: 2, message: failure.message } : { code: 2 });
		}
		span.end();
		if (failed) {
			noteFailedCall(this.parent, "db", failure, code);
		}
		const endMs = nowMs();
		this.hook.durations.observe(
			[
				operation.system,
				operation.namespace ?? "",
				operation.operation,
				operation.address ?? "",
				operation.port === undefined ? "" : String(operation.port),
				error,
			],
			Math.max(0, endMs - this.startMs) / 1000,
			spanExemplarLabels(span),
			endMs,
		);
	}
}

/** MySQL's error number, or the first word of a Redis error (`WRONGTYPE`); undefined when the server did not answer. */
function responseCode(failure: unknown): string | undefined {
	if (!(failure instanceof Error)) {
		return undefined;
	}
	const { sqlState, errno, code } = failure as { sqlState?: unknown; errno?: unknown; code?: unknown };
	if (typeof sqlState === "string" && typeof errno === "number") {
		return String(errno);
	}
	return code === undefined ? /^[A-Z]{3,32}(?= |$)/.exec(failure.message)?.[0] : undefined;
}
