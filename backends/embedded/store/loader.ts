/** Collects batches and loads them in transactions that are large enough to be cheap and frequent enough to be seen soon. */
import { type Batch, itemCount } from "./batch.ts";
import type { JournalPosition } from "./load.ts";
import { batchesToLoad, MAX_LOAD_ROWS } from "./row-groups.ts";
import type { Store } from "./store.ts";

const LINGER_MS = 200;
/** Once so many wait, more are on their way: worth waiting longer. */
const BUSY_ROWS = 4_096;
const BUSY_LINGER_MS = 400;
const RETRY_MS = 1_000;
/** A batch that fails alone so often while the store works otherwise will never load. */
const MAX_ATTEMPTS = 3;

interface Waiting {
	id: number;
	batch: Batch;
	position: JournalPosition;
	attempts: number;
}

export interface LoaderEvents {
	/** In the store, with the position up to which the journal is not needed any more. */
	loaded(ids: number[], position: JournalPosition): void;
	dropped(ids: number[], message: string): void;
}

export class Loader {
	private readonly store: Store;
	private readonly events: LoaderEvents;
	private waiting: Waiting[] = [];
	private rows = 0;
	private timer: NodeJS.Timeout | null = null;
	private running: Promise<void> | null = null;
	private closing = false;

	constructor(store: Store, events: LoaderEvents) {
		this.store = store;
		this.events = events;
	}

	/** In the order of the journal. */
	add(id: number, batch: Batch, position: JournalPosition): void {
		this.waiting.push({ id, batch, position, attempts: 0 });
		this.rows += itemCount(batch);
		if (this.rows >= MAX_LOAD_ROWS) this.start();
		else this.timer ??= setTimeout(() => this.lingered(), LINGER_MS);
	}

	private lingered(): void {
		if (this.rows < BUSY_ROWS) this.start();
		else this.timer = setTimeout(() => this.start(), BUSY_LINGER_MS);
	}

	private start(): void {
		if (this.timer !== null) clearTimeout(this.timer);
		this.timer = null;
		this.running ??= this.run().finally(() => {
			this.running = null;
			if (this.waiting.length > 0 && this.timer === null && !this.closing) {
				this.timer = setTimeout(() => this.start(), this.rows >= MAX_LOAD_ROWS ? 0 : LINGER_MS);
			}
		});
	}

	private async run(): Promise<void> {
		const taken = this.takeSome();
		if (taken.length === 0) return;
		if (await this.tryLoad(taken)) return;
		// One of them may be the cause: one by one.
		for (const [index, one] of taken.entries()) {
			while (!(await this.tryLoad([one]))) {
				one.attempts++;
				if (one.attempts >= MAX_ATTEMPTS && (await this.storeWorks())) {
					this.events.dropped([one.id], this.lastError);
					break;
				}
				if (this.closing) {
					this.waiting.unshift(...taken.slice(index));
					return;
				}
				await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
			}
		}
	}

	private lastError = "";

	private takeSome(): Waiting[] {
		if (this.waiting.length === 0) return [];
		const taken = this.waiting.splice(0, batchesToLoad(this.waiting.map((one) => one.batch)));
		for (const one of taken) this.rows -= itemCount(one.batch);
		return taken;
	}

	private async tryLoad(items: readonly Waiting[]): Promise<boolean> {
		const position = items.at(-1)!.position;
		try {
			await this.store.load(
				items.map((item) => item.batch),
				position,
			);
		} catch (error) {
			this.lastError = error instanceof Error ? error.message : String(error);
			// DuckDB closes itself after some failures (a full disk at the wrong moment). The journal has the rows: start again.
			if (this.lastError.includes("database has been invalidated")) {
				setImmediate(() => {
					throw error;
				});
			}
			return false;
		}
		this.events.loaded(
			items.map((item) => item.id),
			position,
		);
		return true;
	}

	/** Whether an empty load goes through: then the rows are to blame, not the disk. */
	private async storeWorks(): Promise<boolean> {
		try {
			await this.store.load([], this.store.journalPosition);
			return true;
		} catch {
			return false;
		}
	}

	/** Loads what waits, once; what cannot be loaded stays in the journal. */
	async close(): Promise<void> {
		this.closing = true;
		if (this.timer !== null) clearTimeout(this.timer);
		while (this.running !== null || this.waiting.length > 0) {
			const before = this.waiting.length;
			await (this.running ?? this.run());
			if (this.running === null && this.waiting.length >= before && before > 0) return;
		}
	}
}
