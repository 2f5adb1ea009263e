/** A set that may say yes for what is not in it, and never no for what is (Bloom, CACM 13(7), 1970). Members are two 32-bit words. */

/** Bits and probes a member: about 1 % false yes. */
const BITS = 10;
const PROBES = 7;

export class BloomFilter {
	private readonly words: Uint32Array;
	private readonly bits: number;

	constructor(members: number) {
		this.words = new Uint32Array(Math.ceil((Math.max(members, 64) * BITS) / 32));
		this.bits = this.words.length * 32;
	}

	get bytes(): number {
		return this.words.byteLength;
	}

	add(low: number, high: number): void {
		let at = mix(low ^ Math.imul(high, 0x9e3779b1));
		const step = mix(high ^ Math.imul(low, 0x85ebca6b)) | 1;
		for (let i = 0; i < PROBES; i++) {
			const bit = (at >>> 0) % this.bits;
			this.words[bit >>> 5]! |= 1 << (bit & 31);
			at = (at + step) | 0;
		}
	}

	has(low: number, high: number): boolean {
		let at = mix(low ^ Math.imul(high, 0x9e3779b1));
		const step = mix(high ^ Math.imul(low, 0x85ebca6b)) | 1;
		for (let i = 0; i < PROBES; i++) {
			const bit = (at >>> 0) % this.bits;
			if ((this.words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
			at = (at + step) | 0;
		}
		return true;
	}
}

/** Spreads every bit over all others, so that ids that count up are as good as random ones (the finaliser of MurmurHash3). */
function mix(word: number): number {
	let x = word | 0;
	x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
	x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
	return x ^ (x >>> 16);
}
