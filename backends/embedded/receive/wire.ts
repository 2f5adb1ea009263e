/**
 * Reads protobuf's wire format, strictly: every length is checked against the message around it and every error names its byte. (`pbf`
 * reads on past the end of broken messages, which is right for trusted tiles and wrong for a port that anyone can send to.)
 */
import { InvalidInput } from "../../../core/ports.ts";

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const utf8 = new TextDecoder("utf-8");

export class Wire {
	readonly bytes: Buffer;
	readonly view: DataView;
	pos = 0;
	/** End of the message that is being read. */
	end: number;
	/** The halves of the last `varint64` and `fixed64`, both unsigned. */
	lo = 0;
	hi = 0;

	constructor(bytes: Uint8Array) {
		this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.end = bytes.length;
	}

	broken(what: string, at = this.pos): InvalidInput {
		return new InvalidInput(`broken protobuf at byte ${at}: ${what}`);
	}

	/** Field number times 8 plus wire type; 0 at the end of the message. */
	tag(): number {
		if (this.pos >= this.end) return 0;
		const at = this.pos;
		const tag = this.varint32();
		if (tag < 8) throw this.broken("field number 0", at);
		return tag;
	}

	/** The low 32 bits of a varint, unsigned. */
	varint32(): number {
		const { bytes, end } = this;
		const first = this.pos < end ? bytes[this.pos]! : -1;
		if (first >= 0 && first < 0x80) {
			this.pos++;
			return first;
		}
		this.varint64();
		return this.lo;
	}

	/** Leaves the value in `lo` and `hi`. */
	varint64(): void {
		const { bytes, end } = this;
		const from = this.pos;
		let at = from;
		let lo = 0;
		let hi = 0;
		for (let shift = 0; shift < 70; shift += 7) {
			if (at >= end) throw this.broken("a number is cut off", from);
			const byte = bytes[at++]!;
			const bits = byte & 0x7f;
			if (shift < 28) lo |= bits << shift;
			else if (shift === 28) {
				lo |= bits << 28;
				hi = bits >> 4;
			} else hi |= bits << (shift - 32);
			if (byte < 0x80) {
				this.lo = lo >>> 0;
				this.hi = hi >>> 0;
				this.pos = at;
				return;
			}
		}
		throw this.broken("a number has more than ten bytes", from);
	}

	/** Leaves the value in `lo` and `hi`. */
	fixed64(): void {
		const at = this.need(8);
		this.lo = this.view.getUint32(at, true);
		this.hi = this.view.getUint32(at + 4, true);
	}

	fixed32(): number {
		return this.view.getUint32(this.need(4), true);
	}

	double(): number {
		return this.view.getFloat64(this.need(8), true);
	}

	private need(bytes: number): number {
		const at = this.pos;
		if (this.end - at < bytes) throw this.broken(`${bytes} bytes expected, the message ends after ${this.end - at}`);
		this.pos = at + bytes;
		return at;
	}

	/** Length of a bytes field that follows; its bytes are all there. */
	length(): number {
		const at = this.pos;
		const length = this.varint32();
		if (this.end - this.pos < length) {
			throw this.broken(`a field of ${length} bytes in a message with ${this.end - this.pos} left`, at);
		}
		return length;
	}

	/** Goes into a message field: call with what it returned to `leave` at its end. */
	enter(): number {
		const length = this.length();
		const outer = this.end;
		this.end = this.pos + length;
		return outer;
	}

	leave(outer: number): void {
		this.pos = this.end;
		this.end = outer;
	}

	/** Invalid UTF-8 becomes U+FFFD: no reason to lose the item. */
	text(): string {
		const length = this.length();
		const from = this.pos;
		this.pos += length;
		return textOf(this.bytes, from, this.pos);
	}

	/** A view, not a copy. */
	slice(): Buffer {
		const length = this.length();
		this.pos += length;
		return this.bytes.subarray(this.pos - length, this.pos);
	}

	/** Skips the value of a field that is not known. */
	skip(tag: number): void {
		const type = tag & 7;
		if (type === VARINT) this.varint64();
		else if (type === BYTES) {
			// The length is read before the position is taken.
			const length = this.length();
			this.pos += length;
		} else if (type === FIXED64) this.need(8);
		else if (type === FIXED32) this.need(4);
		else throw this.broken(`wire type ${type} of field ${tag >>> 3}`);
	}

	/** `lo` and `hi` as a signed number, a decimal string past 2^53. */
	signed(): number | string {
		const high = this.hi | 0;
		if (high >= -0x200000 && high < 0x200000) {
			const value = high * 4294967296 + this.lo;
			if (Number.isSafeInteger(value)) return value;
		}
		return String(BigInt.asIntN(64, (BigInt(this.hi) << 32n) | BigInt(this.lo)));
	}

	unsigned(): bigint {
		return (BigInt(this.hi) << 32n) | BigInt(this.lo);
	}
}

/** ASCII, which nearly all is, without a call into the decoder. */
export function textOf(bytes: Buffer, from: number, to: number): string {
	for (let i = from; i < to; i++) if (bytes[i]! >= 0x80) return utf8.decode(bytes.subarray(from, to));
	return bytes.toString("latin1", from, to);
}
