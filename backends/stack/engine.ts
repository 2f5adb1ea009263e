/**
 * One engine behind its HTTP API: Tempo, Loki, Prometheus or Mimir. Every question has a deadline, at most so many are asked at once, only
 * reads are tried again, and whatever goes wrong becomes one sentence that names the engine.
 */
import { readFileSync } from "node:fs";
import { Agent, type Dispatcher, request } from "undici";
import type { z } from "zod";
import {
	type Call,
	DeadlineExceeded,
	InvalidInput,
	Overloaded,
	type StoreState,
	Unavailable,
} from "../../core/ports.ts";

export type EngineName = "Tempo" | "Loki" | "Prometheus";

/** How to reach one engine: what `TEMPO_URL`, `TEMPO_HEADERS`, `TEMPO_TENANT`, `TEMPO_TLS_*` say. */
export interface EngineSettings {
	/** With the prefix the engine answers under, e.g. `http://mimir:9009/prometheus`. */
	url: string;
	/** Sent with every request, e.g. `authorization`. Never logged, never in an error. */
	headers: Readonly<Record<string, string>>;
	/** Sent as `X-Scope-OrgID`; null when the engine has no tenants. */
	tenant: string | null;
	/** Paths of PEM files. */
	tls: { caFile?: string; certFile?: string; keyFile?: string; serverName?: string; insecureSkipVerify?: boolean };
}

export interface EngineHealth {
	state: StoreState;
	reason: string | null;
	latencyMs: number | null;
	lastError: string | null;
}

/** Questions under way at once; the others wait, at most so many. */
const MAX_RUNNING = 16;
const MAX_WAITING = 256;
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const CONNECT_MS = 3_000;
const RETRY_PAUSE_MS = 100;
const PING_MS = 3_000;
/** Of an engine's own words, quoted in ours. */
const MAX_QUOTED = 300;

export interface EngineRequest {
	/** Below the engine's URL, e.g. `/api/v2/traces/1f`. */
	path: string;
	params?: Readonly<Record<string, string | readonly string[]>>;
	/** Sends the parameters as a form: queries that would not fit into a URL. */
	form?: boolean;
	headers?: Readonly<Record<string, string>>;
}

export class Engine {
	readonly name: EngineName;
	private readonly base: URL;
	private readonly headers: Record<string, string>;
	private readonly agent: Agent;
	private running = 0;
	private readonly waiting: (() => void)[] = [];
	private lastError: string | null = null;

	constructor(name: EngineName, settings: EngineSettings) {
		this.name = name;
		this.base = new URL(settings.url);
		this.headers = { ...settings.headers };
		if (settings.tenant !== null) this.headers["x-scope-orgid"] = settings.tenant;
		const { caFile, certFile, keyFile, serverName, insecureSkipVerify } = settings.tls;
		this.agent = new Agent({
			connections: MAX_RUNNING,
			connect: {
				timeout: CONNECT_MS,
				...(caFile ? { ca: readFileSync(caFile) } : {}),
				...(certFile ? { cert: readFileSync(certFile) } : {}),
				...(keyFile ? { key: readFileSync(keyFile) } : {}),
				...(serverName ? { servername: serverName } : {}),
				...(insecureSkipVerify ? { rejectUnauthorized: false } : {}),
			},
		});
	}

	/**
	 * The engine's answer in the schema's shape; null for 404. Throws `DeadlineExceeded`, `Overloaded` (429, or too many waiting),
	 * `InvalidInput` (400, 422: the engine's own words) or `Unavailable` (unreachable, 5xx, rubbish).
	 */
	async json<S extends z.ZodType>(schema: S, asked: EngineRequest, call: Call): Promise<z.output<S> | null> {
		const bytes = await this.bytes(asked, call);
		if (bytes === null) return null;
		let value: unknown;
		try {
			value = JSON.parse(bytes.toString("utf8"));
		} catch {
			throw this.failed(`answered ${asked.path} with something that is no JSON: ${quoted(bytes)}`);
		}
		const parsed = schema.safeParse(value);
		if (parsed.success) return parsed.data;
		const issue = parsed.error.issues[0];
		throw this.failed(
			`answered ${asked.path} in an unknown shape (${issue?.path.join(".")}: ${issue?.message}): is its version supported?`,
		);
	}

	/** The body as it is; null for 404. Throws as `json` does. */
	async bytes(asked: EngineRequest, call: Call): Promise<Buffer | null> {
		const signal = AbortSignal.any([
			AbortSignal.timeout(Math.max(1, Math.ceil(call.deadlineMs))),
			...(call.signal ? [call.signal] : []),
		]);
		try {
			await this.turn(signal);
			try {
				return await this.twice(asked, signal);
			} finally {
				// The next one waiting gets this place; only without one is it free.
				const next = this.waiting.shift();
				if (next) next();
				else this.running--;
			}
		} catch (error) {
			if (call.signal?.aborted) throw error;
			if (signal.aborted) {
				this.lastError = `${this.name} did not answer within ${Math.round(call.deadlineMs)} ms`;
				throw new DeadlineExceeded(`${this.lastError}.`);
			}
			throw error;
		}
	}

	/** Asks the engine's readiness endpoint, or the cheapest question there is. Never throws. */
	async health(path: string, params?: EngineRequest["params"]): Promise<EngineHealth> {
		const started = performance.now();
		const call: Call = { tenant: "default", deadlineMs: PING_MS, limit: 1, excludeEnvironments: [] };
		const { lastError } = this;
		try {
			const found = await this.bytes({ path, ...(params ? { params } : {}) }, call);
			const latencyMs = Math.round((performance.now() - started) * 10) / 10;
			if (found !== null) return { state: "ok", reason: null, latencyMs, lastError };
			return {
				state: "degraded",
				reason: `${this.name} does not know ${path}: is the URL right?`,
				latencyMs,
				lastError,
			};
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			return { state: "down", reason, latencyMs: null, lastError: this.lastError };
		}
	}

	close(): Promise<void> {
		return this.agent.close();
	}

	/** Waits for one of the places; the caller gives it back. */
	private async turn(signal: AbortSignal): Promise<void> {
		if (this.running < MAX_RUNNING) this.running++;
		else {
			if (this.waiting.length >= MAX_WAITING) {
				throw new Overloaded(`${MAX_WAITING} questions are waiting for ${this.name}`, 1);
			}
			await new Promise<void>((resolve, reject) => {
				const go = (): void => {
					signal.removeEventListener("abort", stop);
					resolve();
				};
				const stop = (): void => {
					this.waiting.splice(this.waiting.indexOf(go), 1);
					reject(signal.reason);
				};
				signal.addEventListener("abort", stop, { once: true });
				this.waiting.push(go);
			});
		}
	}

	/** Every question only reads, so a broken connection or a gateway's error is worth one more try. */
	private async twice(asked: EngineRequest, signal: AbortSignal): Promise<Buffer | null> {
		try {
			return await this.once(asked, signal);
		} catch (error) {
			if (!(error instanceof Unavailable) || signal.aborted) throw error;
			await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
			return this.once(asked, signal);
		}
	}

	private async once(asked: EngineRequest, signal: AbortSignal): Promise<Buffer | null> {
		const url = new URL(this.base);
		url.pathname = url.pathname.replace(/\/$/, "") + asked.path;
		const params = new URLSearchParams();
		for (const [name, value] of Object.entries(asked.params ?? {})) {
			for (const one of typeof value === "string" ? [value] : value) params.append(name, one);
		}
		if (!asked.form) for (const [name, value] of params) url.searchParams.append(name, value);
		let response: Dispatcher.ResponseData;
		let body: Buffer;
		try {
			response = await request(url, {
				dispatcher: this.agent,
				method: asked.form ? "POST" : "GET",
				...(asked.form ? { body: params.toString() } : {}),
				headers: {
					...this.headers,
					...(asked.form ? { "content-type": "application/x-www-form-urlencoded" } : {}),
					...asked.headers,
				},
				signal,
			});
			body = await this.read(response, signal);
		} catch (error) {
			if (signal.aborted || error instanceof Unavailable) throw error;
			throw this.failed(`cannot be reached at ${this.base.host} (${causeOf(error)})`);
		}
		const { statusCode } = response;
		if (statusCode >= 200 && statusCode < 300) return body;
		if (statusCode === 404) return null;
		if (statusCode === 400 || statusCode === 422) {
			throw new InvalidInput(`${this.name} refused the query: ${quoted(body)}`);
		}
		if (statusCode === 429) throw new Overloaded(`${this.name} is overloaded: ${quoted(body)}`, 1);
		if (statusCode === 401 || statusCode === 403) {
			const variable = `${this.name.toUpperCase()}_HEADERS`;
			throw this.failed(`refused the console (${statusCode}): set ${variable} or ${this.name.toUpperCase()}_TENANT`);
		}
		throw this.failed(`answered ${asked.path} with ${statusCode}: ${quoted(body)}`);
	}

	private async read(response: Dispatcher.ResponseData, signal: AbortSignal): Promise<Buffer> {
		const chunks: Buffer[] = [];
		let size = 0;
		for await (const chunk of response.body as AsyncIterable<Buffer>) {
			size += chunk.length;
			if (size > MAX_ANSWER_BYTES) {
				response.body.destroy();
				throw this.failed(`answered with more than ${MAX_ANSWER_BYTES >> 20} MB: ask for less`);
			}
			chunks.push(chunk);
		}
		signal.throwIfAborted();
		return Buffer.concat(chunks);
	}

	private failed(what: string): Unavailable {
		this.lastError = `${this.name} ${what}`;
		return new Unavailable(`${this.lastError}.`);
	}
}

function quoted(body: Buffer): string {
	const text = body
		.subarray(0, MAX_QUOTED * 4)
		.toString("utf8")
		.replace(/\s+/g, " ")
		.trim();
	return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text || "nothing";
}

function causeOf(error: unknown): string {
	const { code, message } = error as { code?: string; message?: string };
	return code ?? message ?? String(error);
}
