/** The way of a request, whatever brought it: decode, journal, answer, load. */
import { Worker } from "node:worker_threads";
import type { Signal } from "../../../core/model.ts";
import { type IngestResult, Overloaded } from "../../../core/ports.ts";
import { builtFile } from "../built-file.ts";
import type { Journal } from "../journal/journal.ts";
import { fromErrorMessage } from "../rpc/message.ts";
import type { Batch } from "../store/batch.ts";
import type { JournalPosition } from "../store/load.ts";
import type { Budget } from "./budget.ts";
import type { Decoded, Request } from "./decode.ts";
import type { DecodeDone, DecodeJob } from "./decoder.ts";

export interface Counters {
	accepted: number;
	rejected: number;
	dropped: number;
}

/** Hands rows to the store; resolves when they are in it. */
export type Load = (batch: Batch, position: JournalPosition) => Promise<void>;

export class Pipeline {
	readonly counters: Record<Signal, Counters> = {
		traces: { accepted: 0, rejected: 0, dropped: 0 },
		logs: { accepted: 0, rejected: 0, dropped: 0 },
		metrics: { accepted: 0, rejected: 0, dropped: 0 },
	};
	private readonly budget: Budget;
	private readonly load: Load;
	private readonly decoder: Worker;
	private readonly waiting = new Map<number, { resolve(done: DecodeDone): void; reject(error: Error): void }>();
	private readonly open = new Set<Promise<unknown>>();
	private lastId = 0;
	private journal: Journal | null = null;

	constructor(options: { budget: Budget; load: Load; onDecoderGone(error: Error): void }) {
		this.budget = options.budget;
		this.load = options.load;
		this.decoder = new Worker(builtFile(import.meta.url, "./decoder.js"));
		this.decoder.on("message", (done: DecodeDone) => {
			this.waiting.get(done.id)?.resolve(done);
			this.waiting.delete(done.id);
		});
		this.decoder.on("error", options.onDecoderGone);
	}

	useJournal(journal: Journal): void {
		this.journal = journal;
	}

	/** Takes a request that is already counted in the budget with `bytes`, which are given back when it is loaded or refused. */
	async take(request: Request, bytes: number): Promise<IngestResult> {
		let loading: Promise<void> | null = null;
		try {
			const { decoded, body } = await this.decode(request);
			const counters = this.counters[request.signal];
			counters.rejected += decoded.rejected;
			if (decoded.accepted > 0) {
				const position = await this.write({ ...request, body });
				loading = this.startLoading(decoded, position, bytes);
				counters.accepted += decoded.accepted;
			}
			return { accepted: decoded.accepted, rejected: decoded.rejected, reason: decoded.reason };
		} finally {
			if (loading === null) this.budget.give(bytes);
		}
	}

	/** The same for a record of the journal after a start: it is durable already. */
	async replay(request: Request, position: JournalPosition): Promise<void> {
		const bytes = request.body.length;
		while (!this.budget.take(Math.min(bytes, this.budget.max))) await Promise.race(this.open);
		try {
			const { decoded } = await this.decode(request);
			void this.startLoading(decoded, position, Math.min(bytes, this.budget.max));
		} catch {
			// What was accepted once and cannot be read now was written by another version: counted, not fatal.
			this.counters[request.signal].dropped++;
			this.budget.give(Math.min(bytes, this.budget.max));
		}
	}

	private async write(request: Request): Promise<JournalPosition> {
		if (this.journal === null) throw new Overloaded("the store is starting", 1);
		try {
			return await this.journal.append(request);
		} catch (error) {
			throw new Overloaded(`the journal cannot be written: ${(error as Error).message}`, 5);
		}
	}

	private startLoading(decoded: Decoded, position: JournalPosition, bytes: number): Promise<void> {
		const loading = this.load(decoded.batch, position).finally(() => {
			this.budget.give(bytes);
			this.open.delete(loading);
		});
		loading.catch(() => {});
		this.open.add(loading);
		return loading;
	}

	private async decode(request: Request): Promise<{ decoded: Decoded; body: Uint8Array }> {
		const id = ++this.lastId;
		const done = await new Promise<DecodeDone>((resolve, reject) => {
			this.waiting.set(id, { resolve, reject });
			const job: DecodeJob = { id, request };
			this.decoder.postMessage(job, [request.body.buffer as ArrayBuffer]);
		});
		if ("error" in done) throw fromErrorMessage(done.error);
		return done;
	}

	/** Waits until what was taken is loaded. */
	async drain(): Promise<void> {
		while (this.open.size > 0 || this.waiting.size > 0) {
			await Promise.allSettled(this.open);
			if (this.waiting.size > 0) await new Promise((resolve) => setImmediate(resolve));
		}
	}

	async close(): Promise<void> {
		await this.drain();
		await this.decoder.terminate();
	}
}
