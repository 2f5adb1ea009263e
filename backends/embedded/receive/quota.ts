/**
 * Fairness between services while there is not room for all: a service that sends more than its quota, and more than an equal share, is
 * turned away first, so that one noisy service does not push out the others. Nobody is turned away while there is room.
 */

interface Sender {
	/** Items a second, decaying over the last seconds. */
	rate: number;
	seenMs: number;
}

/** Time constant of the rate. */
const WINDOW_MS = 5_000;
const MAX_SENDERS = 10_000;
/** Below this share of the mean it is not a noisy one, whatever its quota. */
const FAIR = 1.5;

export class Quota {
	private readonly perSecond: number;
	private readonly senders = new Map<string, Sender>();

	constructor(perSecond: number) {
		this.perSecond = perSecond;
	}

	/** Services known, which is bounded. */
	get size(): number {
		return this.senders.size;
	}

	/** Counts what a service has sent, admitted or not. */
	count(service: string, items: number, nowMs: number): void {
		let sender = this.senders.get(service);
		if (sender === undefined) {
			if (this.senders.size >= MAX_SENDERS) this.forget(nowMs);
			sender = { rate: 0, seenMs: nowMs };
			this.senders.set(service, sender);
		}
		sender.rate = this.rateAt(sender, nowMs) + (items * 1000) / WINDOW_MS;
		sender.seenMs = nowMs;
	}

	/** Those of `services` to turn away now. */
	over(services: Iterable<string>, nowMs: number): string[] {
		let total = 0;
		let active = 0;
		for (const sender of this.senders.values()) {
			const rate = this.rateAt(sender, nowMs);
			total += rate;
			if (rate > 1) active++;
		}
		const limit = Math.max(this.perSecond, (FAIR * total) / Math.max(active, 1));
		// Alone, a service has an equal share whatever it sends: the store's own limit is its limit.
		if (active < 2) return [];
		return [...services].filter((service) => {
			const sender = this.senders.get(service);
			return sender !== undefined && this.rateAt(sender, nowMs) > limit;
		});
	}

	private rateAt(sender: Sender, nowMs: number): number {
		return sender.rate * Math.exp(-Math.max(0, nowMs - sender.seenMs) / WINDOW_MS);
	}

	/** Makes room: those who sent least go. */
	private forget(nowMs: number): void {
		const byRate = [...this.senders].sort((a, b) => this.rateAt(a[1], nowMs) - this.rateAt(b[1], nowMs));
		for (const [service] of byRate.slice(0, MAX_SENDERS / 2)) this.senders.delete(service);
	}
}
