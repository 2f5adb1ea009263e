/** Ids as a function of the trace's number: whoever knows the seed can ask for any trace that was sent. */

/** The finaliser of MurmurHash3 (Appleby): a bijection of 32-bit integers. */
function mix(value: number): number {
	let h = value | 0;
	h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
	h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
	return (h ^ (h >>> 16)) >>> 0;
}

/** Writes the 16 bytes of trace `number`'s id; distinct for numbers below 2^32. */
export function writeTraceId(target: Buffer, at: number, seed: number, number: number): void {
	target.writeUInt32BE(mix(number + seed), at);
	target.writeUInt32BE(mix(number ^ 0x9e3779b9), at + 4);
	target.writeUInt32BE(mix(number * 31 + 7), at + 8);
	target.writeUInt32BE((mix(seed ^ 0x51ed270b) | 1) >>> 0, at + 12);
}

/** Writes the 8 bytes of a span's id. */
export function writeSpanId(target: Buffer, at: number, seed: number, trace: number, span: number): void {
	target.writeUInt32BE(mix(trace + seed), at);
	target.writeUInt32BE(((mix(trace) & 0xffff0000) >>> 0) + span + 1, at + 4);
}

export function traceIdOf(seed: number, number: number): string {
	const bytes = Buffer.alloc(16);
	writeTraceId(bytes, 0, seed, number);
	return bytes.toString("hex");
}

/** Seeded random numbers in [0, 1) (mulberry32). */
export function randomSource(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}
