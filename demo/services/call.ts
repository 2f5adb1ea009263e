/** One service asking another over HTTP with JSON. Trace context and request ID travel along without being mentioned here. */
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { urlOf } from "../addresses.ts";

const TIMEOUT_MS = 5_000;
const ANSWER_LIMIT = 1_000_000;
/** Shorter than SERVER_KEEPS_MS, so that no request goes out on a connection that is being closed. */
const agent = new Agent({ keepAlive: true, maxSockets: 32, timeout: 20_000 });
export const SERVER_KEEPS_MS = 60_000;

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
	headers?: Record<string, string>;
	timeoutMs?: number;
}

/**
 * The answer's JSON. It is another service's of the same shop, whose shape `Answer` states.
 * @throws UpstreamError for anything but a 2xx
 */
export async function call<Answer>(host: string, path: string, options: CallOptions = {}): Promise<Answer> {
	const { status, text } = await exchange(host, path, options).catch((error: unknown) => {
		const late = error instanceof Error && error.name === "AbortError";
		throw new UpstreamError(host, late ? 504 : 503, late ? "timeout" : "unreachable", error);
	});
	const answer = parse(text);
	if (status < 200 || status > 299) throw new UpstreamError(host, status, codeOf(answer));
	return answer as Answer;
}

/** Any answer at all. @throws when there is none: AbortError after the timeout, or what the socket says */
export function exchange(
	host: string,
	path: string,
	{ method = "GET", body, headers, timeoutMs = TIMEOUT_MS }: CallOptions,
): Promise<{ status: number; text: string }> {
	return new Promise((resolve, reject) => {
		const request = httpRequest(
			urlOf(host, path),
			{
				agent,
				method,
				headers: { ...headers, ...(body ? { "content-type": "application/json" } : {}) },
				signal: AbortSignal.timeout(timeoutMs),
			},
			(response) => read(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject),
		);
		request.on("error", reject);
		request.end(body ? JSON.stringify(body) : undefined);
	});
}

async function read(response: IncomingMessage): Promise<string> {
	let text = "";
	for await (const chunk of response.setEncoding("utf8")) {
		text += chunk;
		if (text.length > ANSWER_LIMIT) throw new Error(`answer longer than ${ANSWER_LIMIT} characters`);
	}
	return text;
}

function parse(text: string): unknown {
	try {
		return text === "" ? null : JSON.parse(text);
	} catch {
		return null;
	}
}

function codeOf(answer: unknown): string {
	const named = typeof answer === "object" && answer !== null && "error" in answer ? answer.error : null;
	return typeof named === "string" ? named : "error";
}
