/** The decoder's thread as the pipeline sees it: jobs in order, and a new thread when a request kills or stalls the old one. */
import { Worker } from "node:worker_threads";
import { InvalidInput, Overloaded } from "../../../core/ports.ts";
import { builtFile } from "../built-file.ts";
import { fromErrorMessage } from "../rpc/message.ts";
import type { Decoded, Request } from "./decode.ts";
import type { DecodeDone, DecodeJob } from "./decoder.ts";

export interface DecodedRequest {
	decoded: Decoded;
	/** The request's body, back from the thread. */
	body: Uint8Array;
}

interface Pending {
	resolve(done: DecodedRequest): void;
	reject(error: Error): void;
}

/** Of the thread; a request that needs more is hostile. */
const HEAP_MB = 1_024;
/** A request of 64 MiB takes about two seconds. */
const STALL_MS = 20_000;

export class DecoderThread {
	private worker: Worker;
	/** In the order in which the thread gets them. */
	private readonly pending = new Map<number, Pending>();
	private watchdog: NodeJS.Timeout | null = null;
	private lastId = 0;
	private closed = false;
	private readonly stallMs: number;

	/** A request that takes longer than `stallMs` is given up. */
	constructor(stallMs = STALL_MS) {
		this.stallMs = stallMs;
		this.worker = this.start();
	}

	private start(): Worker {
		const worker = new Worker(builtFile(import.meta.url, "./decoder.js"), {
			resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
		});
		worker.on("message", (done: DecodeDone) => this.settle(done));
		worker.on("error", (error) => {
			if (worker === this.worker) this.replace(`the request needs too much memory to decode (${error.message})`);
		});
		return worker;
	}

	get busy(): boolean {
		return this.pending.size > 0;
	}

	/** Rejects with `InvalidInput` when the request is at fault. The body is taken over. */
	decode(request: Request): Promise<DecodedRequest> {
		const id = ++this.lastId;
		return new Promise((resolve, reject) => {
			this.pending.set(id, { resolve, reject });
			this.watchdog ??= this.watch();
			const job: DecodeJob = { id, request };
			this.worker.postMessage(job, [request.body.buffer as ArrayBuffer]);
		});
	}

	private settle(done: DecodeDone): void {
		const pending = this.pending.get(done.id);
		this.pending.delete(done.id);
		if (this.watchdog !== null) clearTimeout(this.watchdog);
		this.watchdog = this.pending.size > 0 ? this.watch() : null;
		if ("error" in done) pending?.reject(fromErrorMessage(done.error));
		else pending?.resolve(done);
	}

	private watch(): NodeJS.Timeout {
		return setTimeout(
			() => this.replace(`the request takes longer than ${this.stallMs / 1000} s to decode`),
			this.stallMs,
		);
	}

	/** The request at the head is to blame; the others' bodies are lost with the thread, so their senders have to send again. */
	private replace(blame: string): void {
		if (this.closed) return;
		void this.worker.terminate();
		if (this.watchdog !== null) clearTimeout(this.watchdog);
		this.watchdog = null;
		const [head, ...others] = this.pending.values();
		this.pending.clear();
		this.worker = this.start();
		head?.reject(new InvalidInput(`${blame}: split it`));
		for (const other of others) other.reject(new Overloaded("the decoder was started again", 1));
	}

	async close(): Promise<void> {
		this.closed = true;
		if (this.watchdog !== null) clearTimeout(this.watchdog);
		await this.worker.terminate();
	}
}
