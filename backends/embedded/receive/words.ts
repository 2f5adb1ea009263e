/** 64-bit values as two unsigned halves: ids and times on the fast path, where a bigint for each would cost more than the rest. */

const MINUTE_NS = 60_000_000_000n;

/** Two halves of 16 hex digits at `at`. */
export function hexWords(hex: string, at: number): [lo: number, hi: number] {
	return [Number.parseInt(hex.slice(at + 8, at + 16), 16), Number.parseInt(hex.slice(at, at + 8), 16)];
}

export function wordsOf(value: bigint): [lo: number, hi: number] {
	return [Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)];
}

export function bigOf(lo: number, hi: number): bigint {
	return (BigInt(hi) << 32n) | BigInt(lo);
}

/** The times seen, in order of arrival: their bounds, and the minutes they fall in. */
export class TimesSeen {
	private min: [lo: number, hi: number] | null = null;
	private max: [lo: number, hi: number] = [0, 0];
	private readonly minuteSet = new Set<bigint>();
	/** The minute of the last time, as bounds that need no bigint to compare. */
	private minuteFrom: [lo: number, hi: number] = [0, 0];
	private minuteTo: [lo: number, hi: number] = [0, 0];

	see(lo: number, hi: number): void {
		if (this.min === null) {
			this.min = [lo, hi];
			this.max = [lo, hi];
		} else if (before(lo, hi, this.min)) this.min = [lo, hi];
		else if (!before(lo, hi, this.max)) this.max = [lo, hi];
	}

	seeMinute(lo: number, hi: number): void {
		if (!before(lo, hi, this.minuteFrom) && before(lo, hi, this.minuteTo)) return;
		const minute = bigOf(lo, hi) / MINUTE_NS;
		this.minuteSet.add(minute);
		this.minuteFrom = wordsOf(minute * MINUTE_NS);
		this.minuteTo = wordsOf((minute + 1n) * MINUTE_NS);
	}

	get minutes(): bigint[] {
		return [...this.minuteSet];
	}

	get fromNs(): bigint | null {
		return this.min === null ? null : bigOf(...this.min);
	}

	get toNs(): bigint | null {
		return this.min === null ? null : bigOf(...this.max);
	}
}

function before(lo: number, hi: number, other: [lo: number, hi: number]): boolean {
	return hi < other[1] || (hi === other[1] && lo < other[0]);
}
