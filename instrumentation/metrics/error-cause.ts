import type { Context } from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";

/** What made a request fail. */
export type Cause = "timeout" | "db" | "external" | "validation" | "unknown";

const FAILED = Symbol.for("trivet.instrumentation.failed-call");
type Failing = { [FAILED]?: Cause };

const TIMEOUTS = new Set([
	"ETIMEDOUT",
	"ESOCKETTIMEDOUT",
	"ECONNABORTED",
	"TimeoutError",
	"UND_ERR_CONNECT_TIMEOUT",
	"UND_ERR_HEADERS_TIMEOUT",
	"UND_ERR_BODY_TIMEOUT",
	// gRPC.
	"DEADLINE_EXCEEDED",
	// PostgreSQL: the statement or the lock took too long.
	"57014",
	"55P03",
	// MySQL: the lock or the statement took too long, the server did not answer.
	"1205",
	"3024",
	"PROTOCOL_SEQUENCE_TIMEOUT",
	// Redis and Kafka clients.
	"ConnectionTimeoutError",
	"KafkaJSRequestTimeoutError",
	// HTTP.
	"408",
	"504",
]);
/** Some drivers put it in words only. */
const TIMED_OUT = /\btime(d )?-?out\b/i;

/**
 * A call on behalf of a request has failed: should the request fail too, this was its cause. The last one counts; a call that
 * was tried again and went well is followed by an answer that is no failure.
 *
 * @param from the context the call was made in. @param what an error, its code or a status.
 */
export function noteFailedCall(from: Context, kind: "db" | "external", ...what: readonly unknown[]): void {
	const request = getRPCMetadata(from) as Failing | undefined;
	if (request !== undefined) {
		request[FAILED] = what.some(isTimeout) ? "timeout" : kind;
	}
}

function isTimeout(what: unknown): boolean {
	if (typeof what === "string" || typeof what === "number") {
		return TIMEOUTS.has(String(what));
	}
	if (typeof what !== "object" || what === null) {
		return false;
	}
	const { code, errno, name, message } = what as Record<string, unknown>;
	return (
		[code, errno, name].some(
			(word) => (typeof word === "string" || typeof word === "number") && TIMEOUTS.has(String(word)),
		) ||
		(typeof message === "string" && TIMED_OUT.test(message.slice(0, 200)))
	);
}

/** What the client got wrong: the statuses that say the request itself was not acceptable. */
const VALIDATION = new Set([400, 413, 415, 422]);

/**
 * The cause of a request's failure, or undefined when it did not fail: an answer of 5xx, 408 or one that refuses the request as
 * invalid, a connection that broke before the answer.
 *
 * @param metadata what the HTTP server hook keeps in the request's context. @param status 0 when there was no answer.
 */
export function causeOf(metadata: object, status: number, failure: unknown): Cause | undefined {
	if (VALIDATION.has(status)) {
		return "validation";
	}
	const failed = failure !== undefined || status === 0 || status >= 500 || status === 408;
	if (!failed) {
		return undefined;
	}
	return (metadata as Failing)[FAILED] ?? (isTimeout(status) || isTimeout(failure) ? "timeout" : "unknown");
}
