/** One service asking another over HTTP with JSON. */
import { urlOf } from "../addresses.ts";

const TIMEOUT_MS = 5_000;

export class UpstreamError extends Error {
	readonly host: string;
	/** What the other side answered; 504 for no answer in time, 503 for no connection. */
	readonly status: number;
	readonly code: string;
	constructor(host: string, status: number, code: string, cause?: unknown) {
		super(`${host} answered ${status} ${code}`, { cause });
		this.name = "UpstreamError";
		this.host = host;
		this.status = status;
		this.code = code;
	}
}

export interface CallOptions {
	method?: "GET" | "POST" | "DELETE";
	body?: object;
	/** Passed on as X-Request-ID. */
	requestId?: string | undefined;
	headers?: Record<string, string>;
	timeoutMs?: number;
}

/**
 * The answer's JSON. It is another service's of the same shop, whose shape `Answer` states.
 * @throws UpstreamError for anything but a 2xx
 */
export async function call<Answer>(host: string, path: string, options: CallOptions = {}): Promise<Answer> {
	const { method = "GET", body, requestId, timeoutMs = TIMEOUT_MS } = options;
	const headers: Record<string, string> = { ...options.headers };
	if (body) headers["content-type"] = "application/json";
	if (requestId) headers["x-request-id"] = requestId;
	const response = await fetch(urlOf(host, path), {
		method,
		headers,
		signal: AbortSignal.timeout(timeoutMs),
		...(body ? { body: JSON.stringify(body) } : {}),
	}).catch((error: unknown) => {
		const late = error instanceof Error && error.name === "TimeoutError";
		throw new UpstreamError(host, late ? 504 : 503, late ? "timeout" : "unreachable", error);
	});
	const answer: unknown = response.status === 204 ? null : await response.json().catch(() => null);
	if (!response.ok) throw new UpstreamError(host, response.status, codeOf(answer));
	return answer as Answer;
}

function codeOf(answer: unknown): string {
	const named = typeof answer === "object" && answer !== null && "error" in answer ? answer.error : null;
	return typeof named === "string" ? named : "error";
}
