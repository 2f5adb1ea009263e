/** The way of a request, whatever brought it: decode, journal, answer, load. */
import type { Signal } from "../../../core/model.ts";
import { type IngestResult, Overloaded } from "../../../core/ports.ts";
import type { Journal } from "../journal/journal.ts";
import type { Batch } from "../store/batch.ts";
import type { JournalPosition } from "../store/load.ts";
import type { Budget } from "./budget.ts";
import type { Decoded, Request } from "./decode.ts";
import { type DecodedRequest, DecoderThread } from "./decoder-thread.ts";
import type { Quota } from "./quota.ts";

export interface Counters {
	accepted: number;
	rejected: number;
	dropped: number;
}

/** A service sends more than its share. */
export class QuotaExceeded extends Overloaded {}

/** Share of the budget from which on quotas hold. */
const NEAR_CAPACITY = 0.5;

/** Hands rows to the store; resolves when they are in it. */
export type Load = (batch: Batch, position: JournalPosition) => Promise<void>;

export class Pipeline {
	readonly counters: Record<Signal, Counters> = {
		traces: { accepted: 0, rejected: 0, dropped: 0 },
		logs: { accepted: 0, rejected: 0, dropped: 0 },
		metrics: { accepted: 0, rejected: 0, dropped: 0 },
	};
	private readonly budget: Budget;
	private readonly quota: Quota;
	private readonly load: Load;
	private readonly decoder = new DecoderThread();
	private readonly open = new Set<Promise<unknown>>();
	private journal: Journal | null = null;

	constructor(options: { budget: Budget; quota: Quota; load: Load }) {
		this.budget = options.budget;
		this.quota = options.quota;
		this.load = options.load;
	}

	useJournal(journal: Journal): void {
		this.journal = journal;
	}

	/** Takes a request that is already counted in the budget with `bytes`, which are given back when it is loaded or refused. */
	take(request: Request, bytes: number): Promise<IngestResult> {
		return this.track(this.process(request, bytes));
	}

	private async process(request: Request, bytes: number): Promise<IngestResult> {
		let loading: Promise<void> | null = null;
		try {
			const { decoded, body, deny } = await this.admit(request);
			const counters = this.counters[request.signal];
			counters.rejected += decoded.rejected;
			if (decoded.accepted > 0) {
				const position = await this.write({ ...request, body, deny });
				loading = this.startLoading(decoded, position, bytes);
				loading.catch(() => {
					counters.dropped += decoded.accepted;
				});
				counters.accepted += decoded.accepted;
			}
			return { accepted: decoded.accepted, rejected: decoded.rejected, reason: decoded.reason };
		} finally {
			if (loading === null) this.budget.give(bytes);
		}
	}

	/** Decodes, and turns away services that send too much while there is not room for all. */
	private async admit(request: Request): Promise<DecodedRequest & { deny: string[] }> {
		const first = await this.decoder.decode(request);
		const nowMs = Date.now();
		const { services } = first.decoded;
		for (const [service, items] of services) this.quota.count(service, items, nowMs);
		if (this.budget.used < NEAR_CAPACITY * this.budget.max) return { ...first, deny: [] };
		const deny = this.quota.over(services.keys(), nowMs);
		if (deny.length === 0) return { ...first, deny };
		if (deny.length === services.size) {
			this.counters[request.signal].rejected += first.decoded.accepted + first.decoded.rejected;
			throw new QuotaExceeded(`${deny.join(", ")} sends more than its share while the store is near its capacity`, 2);
		}
		return { ...(await this.decoder.decode({ ...request, body: first.body, deny })), deny };
	}

	/** The same for a record of the journal after a start: it is durable already. */
	async replay(request: Request, position: JournalPosition): Promise<void> {
		const bytes = request.body.length;
		while (!this.budget.take(Math.min(bytes, this.budget.max))) await Promise.race([...this.open]);
		try {
			const { decoded } = await this.decoder.decode(request);
			this.startLoading(decoded, position, Math.min(bytes, this.budget.max)).catch(() => {
				this.counters[request.signal].dropped += decoded.accepted;
			});
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
		return this.track(
			this.load(decoded.batch, position).finally(() => {
				this.budget.give(bytes);
			}),
		);
	}

	/** Whatever is under way, `drain` waits for. */
	private track<T>(work: Promise<T>): Promise<T> {
		const over: Promise<unknown> = work.then(
			() => void this.open.delete(over),
			() => void this.open.delete(over),
		);
		this.open.add(over);
		return work;
	}

	/** Waits until what was taken is loaded. */
	async drain(): Promise<void> {
		while (this.open.size > 0) await Promise.allSettled(this.open);
	}

	async close(): Promise<void> {
		await this.drain();
		await this.decoder.close();
	}
}
