import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { plainRequest, plainSecureRequest } from "../http/client.ts";
import { say } from "../say.ts";
import type { OtlpTarget } from "../settings.ts";

export type Outcome = { ok: true; rejected: number } | { ok: false; reason: string };

interface Answer {
	status: number;
	retryAfterMs: number | undefined;
	body: string;
}

const compress = promisify(gzip);
const quiet = suppressTracing(ROOT_CONTEXT);
const MAX_ANSWER_BYTES = 64 * 1024;
const FIRST_WAIT_MS = 200;
const MAX_WAIT_MS = 5_000;

const CONNECT_TIMEOUT_MS = 2_000;
/** An answer that takes longer is none to wait for at the end. */
const SLOW_MS = 1_000;

/**
 * An agent whose sockets never hold the process open: at exit, `shutdown` decides how long to wait. Connecting does hold it
 * whatever we ask of the socket, so that part has a short limit of its own.
 */
function backgroundAgent(protocol: string): http.Agent {
	const agent = protocol === "https:" ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
	const quietAgent = agent as unknown as QuietAgent;
	const { createConnection, reuseSocket } = quietAgent;
	quietAgent.createConnection = function (this: QuietAgent, ...args) {
		const socket = createConnection.apply(this, args);
		if (socket !== undefined) {
			socket.unref();
			const timer = setTimeout(
				() => socket.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`)),
				CONNECT_TIMEOUT_MS,
			);
			timer.unref();
			for (const event of ["connect", "close"]) {
				socket.once(event, () => clearTimeout(timer));
			}
		}
		return socket;
	};
	// Not left out: since Node 22.23 a socket that comes back from idling without it is closed as its answer arrives.
	quietAgent.reuseSocket = function (this: QuietAgent, socket, request) {
		reuseSocket.call(this, socket, request);
		socket.unref();
	};
	return agent;
}

interface QuietAgent {
	createConnection(this: QuietAgent, ...args: unknown[]): Socket | undefined;
	reuseSocket(this: QuietAgent, socket: Socket, request: http.ClientRequest): void;
}

/** Of every body, beside its length. */
export function headersTo({ gzip: compressed, headers }: OtlpTarget): Record<string, string> {
	return {
		"Content-Type": "application/json",
		...(compressed ? { "Content-Encoding": "gzip" } : {}),
		"User-Agent": "trivet-instrumentation",
		...headers,
	};
}

/**
 * Posts OTLP/JSON bodies to one endpoint: gzip, headers, a deadline for all attempts together, and another attempt after
 * 429, 502, 503, 504 and broken connections, as the OTLP specification asks. Never instrumented, never throws.
 */
export class OtlpSender {
	readonly target: OtlpTarget;
	private failing = false;
	private waitingSince: number | undefined;
	private readonly agent: http.Agent;
	private readonly protocol: string;

	constructor(target: OtlpTarget) {
		this.target = target;
		this.protocol = new URL(target.url).protocol;
		this.agent = backgroundAgent(this.protocol);
	}

	/** Did the last answer come, in time and friendly, or was nothing asked yet? */
	get isWell(): boolean {
		return !this.failing && (this.waitingSince === undefined || Date.now() - this.waitingSince < SLOW_MS);
	}

	async send(json: string | Uint8Array): Promise<Outcome> {
		this.waitingSince = Date.now();
		const outcome = await this.attempts(json);
		this.waitingSince = undefined;
		return outcome;
	}

	private async attempts(json: string | Uint8Array): Promise<Outcome> {
		const deadline = Date.now() + this.target.timeoutMs;
		let reason = "timed out";
		try {
			const body = this.target.gzip ? await compress(json) : Buffer.from(json as Uint8Array);
			for (let wait = FIRST_WAIT_MS; Date.now() < deadline; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
				let pause = wait * (0.5 + Math.random() / 2);
				try {
					const answer = await this.post(body, deadline - Date.now());
					this.failing = answer.status < 200 || answer.status >= 300;
					if (!this.failing) {
						return { ok: true, rejected: rejectedIn(answer.body) };
					}
					reason = `HTTP ${answer.status} ${answer.body.slice(0, 200)}`;
					if (![429, 502, 503, 504].includes(answer.status)) {
						break;
					}
					pause = answer.retryAfterMs ?? pause;
				} catch (error) {
					this.failing = true;
					reason =
						error instanceof Error
							? error.message || ((error as NodeJS.ErrnoException).code ?? error.name)
							: String(error);
				}
				if (Date.now() + pause >= deadline) {
					break;
				}
				await new Promise((resolve) => setTimeout(resolve, pause).unref());
			}
		} catch (error) {
			reason = String(error);
		}
		say(`could not send to ${this.target.url}: ${reason}`);
		return { ok: false, reason };
	}

	private post(body: Buffer, timeoutMs: number): Promise<Answer> {
		return context.with(
			quiet,
			() =>
				new Promise<Answer>((resolve, reject) => {
					const request = (this.protocol === "https:" ? plainSecureRequest : plainRequest)(
						this.target.url,
						{
							method: "POST",
							agent: this.agent,
							headers: { "Content-Length": body.length, ...headersTo(this.target) },
						},
						(response) => {
							let text = "";
							response.setEncoding("utf8");
							response.on("data", (chunk: string) => {
								text = (text + chunk).slice(0, MAX_ANSWER_BYTES);
							});
							response.on("error", reject);
							response.on("aborted", () => reject(new Error("answer cut off")));
							response.on("end", () => {
								clearTimeout(timer);
								resolve({
									status: response.statusCode ?? 0,
									retryAfterMs: retryAfter(response.headers["retry-after"]),
									body: text,
								});
							});
						},
					);
					const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
					timer.unref();
					request.on("error", (error) => {
						clearTimeout(timer);
						reject(error);
					});
					request.end(body);
				}),
		);
	}
}

function retryAfter(header: string | undefined): number | undefined {
	if (header === undefined) {
		return undefined;
	}
	const seconds = Number(header);
	const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
	return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

/** How many items a 200 with `partialSuccess` turned down. */
function rejectedIn(body: string): number {
	if (!body.includes("partialSuccess")) {
		return 0;
	}
	try {
		const { partialSuccess } = JSON.parse(body) as { partialSuccess?: Record<string, unknown> };
		const rejected = Number(
			partialSuccess?.rejectedSpans ?? partialSuccess?.rejectedLogRecords ?? partialSuccess?.rejectedDataPoints ?? 0,
		);
		if (rejected > 0) {
			say(`the receiver turned down ${rejected} items: ${String(partialSuccess?.errorMessage ?? "no reason given")}`);
		}
		return Number.isFinite(rejected) ? rejected : 0;
	} catch {
		return 0;
	}
}
