/** So many a second, and never more than one second's worth (at least one) at once. */
export class TokenBucket {
	private readonly perSecond: number;
	private readonly size: number;
	private readonly now: () => number;
	private tokens: number;
	private filledMs: number;

	/** @param now a clock in milliseconds that does not go backwards. */
	constructor(perSecond: number, now: () => number = () => performance.now()) {
		this.perSecond = perSecond;
		this.size = perSecond > 0 ? Math.max(1, perSecond) : 0;
		this.now = now;
		this.tokens = this.size;
		this.filledMs = now();
	}

	take(): boolean {
		const now = this.now();
		this.tokens = Math.min(this.size, this.tokens + (Math.max(0, now - this.filledMs) * this.perSecond) / 1000);
		this.filledMs = now;
		if (this.tokens < 1) {
			return false;
		}
		this.tokens -= 1;
		return true;
	}
}
