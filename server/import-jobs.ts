/** Imports: files of OTLP/JSON lines (one export request a line, all three signals, gzip or plain) streamed into the backend. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Signal } from "../core/model.ts";
import { type Backend, InvalidInput } from "../core/ports.ts";
import type { ImportJob } from "./api/schema.ts";
import { requestTimes, shiftRequest } from "./import-shift.ts";

const MAX_LINE_BYTES = 64 * 1024 * 1024;
const MAX_PROBLEMS = 10;
const MAX_JOBS = 50;

const SIGNAL_OF_KEY: Record<string, Signal> = {
	resourceSpans: "traces",
	resourceLogs: "logs",
	resourceMetrics: "metrics",
};

export class ImportJobs {
	readonly #backend: Backend;
	readonly #jobs = new Map<string, ImportJob>();

	constructor(backend: Backend) {
		this.#backend = backend;
	}

	list(): ImportJob[] {
		return [...this.#jobs.values()].reverse();
	}

	find(id: string): ImportJob | undefined {
		return this.#jobs.get(id);
	}

	/**
	 * Reads the stream to its end; the job can be watched meanwhile. `shiftMs` moves every time in it. A line that is not an export request fails
	 * that line only: its number stands in `problems`. Resolves with the finished job, `failed` when nothing of it was taken or the stream broke.
	 */
	async run(name: string, body: Readable, shiftMs: number): Promise<ImportJob> {
		const job: ImportJob = {
			id: randomUUID(),
			state: "running",
			name,
			bytes: 0,
			lines: 0,
			accepted: { traces: 0, logs: 0, metrics: 0 },
			rejected: 0,
			problems: [],
			window: null,
		};
		this.#jobs.set(job.id, job);
		if (this.#jobs.size > MAX_JOBS) this.#jobs.delete(this.#jobs.keys().next().value as string);
		body.on("data", (chunk: Buffer) => {
			job.bytes += chunk.length;
		});
		try {
			for await (const line of lines(await gunzipped(body))) {
				job.lines += 1;
				if (line.trim() !== "") await this.#line(job, line, shiftMs);
			}
			const taken = job.accepted.traces + job.accepted.logs + job.accepted.metrics;
			job.state = taken === 0 && job.problems.length > 0 ? "failed" : "done";
		} catch (error) {
			note(job, error instanceof Error ? error.message : String(error));
			job.state = "failed";
		}
		return job;
	}

	async #line(job: ImportJob, line: string, shiftMs: number): Promise<void> {
		try {
			const request = parseObject(line);
			const key = Object.keys(SIGNAL_OF_KEY).find((candidate) => candidate in request);
			if (key === undefined) {
				throw new InvalidInput(
					"has none of resourceSpans, resourceLogs, resourceMetrics: not an OTLP/JSON export request",
				);
			}
			const signal = SIGNAL_OF_KEY[key] as Signal;
			const shifted = shiftMs !== 0;
			if (shifted) shiftRequest(request, BigInt(Math.round(shiftMs)) * 1_000_000n);
			widen(job, requestTimes(request));
			const result = await this.#backend.ingest(signal, shifted ? JSON.stringify(request) : line, { keep: !shifted });
			job.accepted[signal] += result.accepted;
			job.rejected += result.rejected;
			if (result.reason) note(job, `line ${job.lines}: ${result.reason}`);
		} catch (error) {
			if (!(error instanceof InvalidInput)) throw error;
			job.rejected += 1;
			note(job, `line ${job.lines}: ${error.message}`);
		}
	}
}

function note(job: ImportJob, problem: string): void {
	if (job.problems.length < MAX_PROBLEMS) job.problems.push(problem.slice(0, 500));
}

function widen(job: ImportJob, times: { fromMs: number; toMs: number } | null): void {
	if (times === null) return;
	job.window = {
		fromMs: Math.min(job.window?.fromMs ?? Number.POSITIVE_INFINITY, times.fromMs),
		toMs: Math.max(job.window?.toMs ?? Number.NEGATIVE_INFINITY, times.toMs),
	};
}

function parseObject(line: string): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(line);
		if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
	} catch (error) {
		throw new InvalidInput(`is not JSON: ${(error as Error).message}`);
	}
	throw new InvalidInput("is not a JSON object");
}

/** Looks at the first two bytes: gzip says so itself, whatever the file is called. */
async function gunzipped(body: Readable): Promise<Readable> {
	const plain = new PassThrough();
	const copied = pipeline(body, plain);
	copied.catch((error: unknown) => plain.destroy(error as Error));
	if (plain.readableLength === 0 && !plain.readableEnded)
		await Promise.race([once(plain, "readable"), once(plain, "end")]);
	const head = plain.read(2) as Buffer | null;
	if (head === null) return plain;
	plain.unshift(head);
	if (head[0] !== 0x1f || head[1] !== 0x8b) return plain;
	const gunzip = createGunzip();
	pipeline(plain, gunzip).catch((error: unknown) => gunzip.destroy(error as Error));
	return gunzip;
}

/** Lines of bounded length; a longer one ends the import, because it would have to be held in memory whole. */
async function* lines(stream: Readable): AsyncGenerator<string> {
	let pieces: Buffer[] = [];
	let held = 0;
	for await (const chunk of stream as AsyncIterable<Buffer>) {
		let start = 0;
		for (let end = chunk.indexOf(10, start); end !== -1; end = chunk.indexOf(10, start)) {
			pieces.push(chunk.subarray(start, end));
			yield Buffer.concat(pieces).toString("utf8");
			pieces = [];
			held = 0;
			start = end + 1;
		}
		const rest = chunk.subarray(start);
		held += rest.length;
		if (held > MAX_LINE_BYTES) throw new InvalidInput(`a line is longer than ${MAX_LINE_BYTES} bytes`);
		pieces.push(rest);
	}
	if (held > 0) yield Buffer.concat(pieces).toString("utf8");
}
