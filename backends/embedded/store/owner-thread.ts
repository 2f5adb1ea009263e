/** The owner thread as the others see it. */
import { Worker } from "node:worker_threads";
import { builtFile } from "../built-file.ts";
import { Caller } from "../rpc/caller.ts";
import type { ReplyMessage } from "../rpc/message.ts";
import { type Batch, transferList } from "./batch.ts";
import type { JournalPosition } from "./load.ts";
import type { FromOwner, ToOwner } from "./owner.ts";
import type { StoreOptions } from "./store.ts";

export interface OwnerEvents {
	/** The store has everything of the journal up to here. */
	onLoaded(position: JournalPosition): void;
	/** A batch that can never be loaded. */
	onDropped(message: string): void;
	/** The answer to a call that was relayed. */
	onReply(message: ReplyMessage): void;
	/** The thread is gone, which it should not be. */
	onGone(error: Error): void;
}

export class OwnerThread {
	/** Position of the journal the store has, from its opening on. */
	loaded: JournalPosition = { file: 0n, position: 0n };
	/** Calls of this thread; relayed calls have ids above 0. */
	readonly calls: Caller;
	private readonly worker: Worker;
	private readonly loads = new Map<number, { resolve(): void; reject(error: Error): void }>();
	private readonly events: OwnerEvents;
	private lastId = 0;
	private closing = false;

	private constructor(options: StoreOptions, events: OwnerEvents) {
		this.events = events;
		this.worker = new Worker(builtFile(import.meta.url, "./owner.js"), { workerData: options });
		this.calls = new Caller((message) => this.post(message), -1);
	}

	/** Resolves when the store is open. */
	static async start(options: StoreOptions, events: OwnerEvents): Promise<OwnerThread> {
		const owner = new OwnerThread(options, events);
		await new Promise<void>((resolve, reject) => {
			owner.worker.on("message", (message: FromOwner) => {
				if (message.kind === "ready") {
					owner.loaded = message.position;
					resolve();
				} else if (message.kind === "failed") reject(new Error(message.message));
				else owner.receive(message);
			});
			owner.worker.on("error", (error) => {
				reject(error);
				owner.events.onGone(error);
			});
			owner.worker.on("exit", (code) => {
				if (!owner.closing) owner.events.onGone(new Error(`the store's thread ended with ${code}`));
			});
		});
		return owner;
	}

	private receive(message: FromOwner): void {
		if (message.kind === "loaded") {
			this.loaded = message.position;
			for (const id of message.ids) this.settle(id, null);
			this.events.onLoaded(message.position);
		} else if (message.kind === "dropped") {
			this.events.onDropped(message.message);
			for (const id of message.ids) this.settle(id, new Error(message.message));
		} else if (message.kind === "reply" || message.kind === "failure") {
			if (message.id < 0) this.calls.receive(message);
			else this.events.onReply(message);
		}
	}

	post(message: ToOwner, transfer: ArrayBuffer[] = []): void {
		this.worker.postMessage(message, transfer);
	}

	/** Resolves when the rows are in the store. */
	load(batch: Batch, position: JournalPosition): Promise<void> {
		const id = ++this.lastId;
		return new Promise((resolve, reject) => {
			this.loads.set(id, { resolve, reject });
			this.post({ kind: "load", id, batch, position }, transferList(batch));
		});
	}

	private settle(id: number, error: Error | null): void {
		const load = this.loads.get(id);
		this.loads.delete(id);
		if (error === null) load?.resolve();
		else load?.reject(error);
	}

	/** Loads what waits and closes the file. */
	async close(): Promise<void> {
		this.closing = true;
		await new Promise<void>((resolve) => {
			this.worker.once("exit", () => resolve());
			this.post({ kind: "close" });
		});
	}
}
