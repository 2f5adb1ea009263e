/** Bytes that may be in memory between a request's first byte and its rows being in the store. */
export class Budget {
	readonly max: number;
	private taken = 0;

	constructor(max: number) {
		this.max = max;
	}

	get used(): number {
		return this.taken;
	}

	/** False, and nothing taken, when it would be too much. */
	take(bytes: number): boolean {
		if (this.taken + bytes > this.max) return false;
		this.taken += bytes;
		return true;
	}

	give(bytes: number): void {
		this.taken -= bytes;
	}
}
