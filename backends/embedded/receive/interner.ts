/** Texts that keep coming (keys, names, enumerated values) made once: looked up by their bytes, without decoding them. */
import { textOf } from "./wire.ts";

const SLOTS = 1 << 14;
/** Longer texts are seldom seen twice. */
const MAX_BYTES = 64;
/** Entries a slot is looked for in before one is replaced. */
const PROBES = 4;

/** Bounded by construction: a new text takes the place of an older one when its places are taken. */
export class Interner {
	private readonly texts = new Array<string | undefined>(SLOTS);
	private readonly raw = Buffer.alloc(SLOTS * MAX_BYTES);
	private readonly lengths = new Uint8Array(SLOTS);
	private victim = 0;

	text(bytes: Buffer, from: number, to: number): string {
		const length = to - from;
		if (length === 0) return "";
		if (length > MAX_BYTES) return textOf(bytes, from, to);
		let hash = 0x811c9dc5;
		for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
		hash ^= hash >>> 15;
		for (let probe = 0; probe < PROBES; probe++) {
			const slot = (hash + probe) & (SLOTS - 1);
			const known = this.texts[slot];
			if (known === undefined) return this.put(slot, bytes, from, to);
			if (this.lengths[slot] === length && this.same(slot, bytes, from, length)) return known;
		}
		this.victim = (this.victim + 1) % PROBES;
		return this.put((hash + this.victim) & (SLOTS - 1), bytes, from, to);
	}

	private same(slot: number, bytes: Buffer, from: number, length: number): boolean {
		const at = slot * MAX_BYTES;
		for (let i = 0; i < length; i++) if (this.raw[at + i] !== bytes[from + i]) return false;
		return true;
	}

	private put(slot: number, bytes: Buffer, from: number, to: number): string {
		const text = textOf(bytes, from, to);
		this.texts[slot] = text;
		this.lengths[slot] = to - from;
		bytes.copy(this.raw, slot * MAX_BYTES, from, to);
		return text;
	}
}
