export interface BatchQueueOptions<T> {
	/** How many items may wait; the newest is dropped when there are more. */
	size: number;
	/** Items a request. */
	batch: number;
	/** How long the first item waits for company. */
	delayMs: number;
	/** How much an item holds, about a byte each; without it all are light. What waits is at most 32 Mi, a batch 4 Mi. */
	weigh?(item: T): number;
	/** Sends one batch and returns how many items arrived. Must not reject. */
	send(items: T[]): Promise<number>;
}

/** What became of the items so far. */
export interface Counts {
	sent: number;
	droppedQueueFull: number;
	droppedNotSent: number;
}

const MAX_WEIGHT = 32 * 1024 * 1024;
/** Receivers turn down what is too long as a whole: the Collector above 20 MB. */
const MAX_BATCH_WEIGHT = 4 * 1024 * 1024;

/**
 * A bounded queue that leaves in batches, one request at a time: after `delayMs`, or at once when a batch is full. Its timers
 * never hold the process open; whoever ends the process calls `flush` and decides how long to wait for it.
 */
export class BatchQueue<T> {
	private readonly options: BatchQueueOptions<T>;
	private waiting: T[] = [];
	private weight = 0;
	private timer: NodeJS.Timeout | undefined;
	private running: Promise<void> | undefined;
	private underWay: T[] = [];
	private readonly tally: Counts = { sent: 0, droppedQueueFull: 0, droppedNotSent: 0 };

	constructor(options: BatchQueueOptions<T>) {
		this.options = options;
	}

	push(item: T): void {
		const { size, batch, delayMs } = this.options;
		const weight = this.options.weigh?.(item) ?? 0;
		if (this.waiting.length >= size || this.weight + weight > MAX_WEIGHT) {
			this.tally.droppedQueueFull++;
			return;
		}
		this.weight += weight;
		const waiting = this.waiting.push(item);
		if (waiting === batch && this.running === undefined) {
			setImmediate(() => void this.drain());
		} else if (this.timer === undefined && this.running === undefined) {
			this.timer = setTimeout(() => void this.drain(), delayMs);
			this.timer.unref();
		}
	}

	get isFull(): boolean {
		return this.waiting.length >= this.options.size;
	}

	get isEmpty(): boolean {
		return this.waiting.length === 0;
	}

	counts(): Readonly<Counts> {
		return this.tally;
	}

	/** Everything nobody has confirmed yet in batches, the one under way first. The queue is empty then: what becomes of it is the caller's. */
	abandon(): T[][] {
		const left = this.underWay.length > 0 ? [this.underWay] : [];
		this.underWay = [];
		while (this.waiting.length > 0) {
			left.push(this.take());
		}
		return left;
	}

	/** Resolves when the queue is empty and nothing is under way. */
	async flush(): Promise<void> {
		while (this.waiting.length > 0 || this.running !== undefined) {
			await this.drain();
		}
	}

	private drain(): Promise<void> {
		clearTimeout(this.timer);
		this.timer = undefined;
		this.running ??= this.drainAll().finally(() => {
			this.running = undefined;
		});
		return this.running;
	}

	private async drainAll(): Promise<void> {
		while (this.waiting.length > 0) {
			const items = this.take();
			this.underWay = items;
			const sent = await this.options.send(items);
			if (this.underWay !== items) {
				return;
			}
			this.underWay = [];
			this.tally.sent += sent;
			this.tally.droppedNotSent += items.length - sent;
		}
	}

	private take(): T[] {
		const { batch, weigh } = this.options;
		let count = Math.min(batch, this.waiting.length);
		if (weigh !== undefined) {
			let weight = weigh(this.waiting[0]!);
			let fits = 1;
			for (; fits < count; fits++) {
				const more = weight + weigh(this.waiting[fits]!);
				if (more > MAX_BATCH_WEIGHT) {
					break;
				}
				weight = more;
			}
			count = fits;
			this.weight -= weight;
		}
		if (count === this.waiting.length) {
			const all = this.waiting;
			this.waiting = [];
			return all;
		}
		return this.waiting.splice(0, count);
	}
}
