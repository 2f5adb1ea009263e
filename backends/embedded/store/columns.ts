/** Builders for the columns of a batch: they grow, and hand over exactly what was written. */
import { InvalidInput } from "../../../core/ports.ts";
import type { ColumnData } from "./batch.ts";

type FixedKind = "u64" | "i64" | "f64" | "u32" | "u8";
const ARRAYS = { u64: BigUint64Array, i64: BigInt64Array, f64: Float64Array, u32: Uint32Array, u8: Uint8Array };

/** Which rows have a value; costs nothing until the first null. */
class Validity {
	private flags: Uint8Array | null = null;
	private readonly capacity: number;

	constructor(capacity: number) {
		this.capacity = capacity;
	}

	setNull(row: number): void {
		if (this.flags === null || row >= this.flags.length) {
			const flags = new Uint8Array(Math.max(this.capacity, row + 1, (this.flags?.length ?? 0) * 2)).fill(1);
			if (this.flags !== null) flags.set(this.flags);
			this.flags = flags;
		}
		this.flags[row] = 0;
	}

	finish(rows: number): Uint8Array | null {
		if (this.flags === null) return null;
		const flags = new Uint8Array(rows).fill(1);
		flags.set(this.flags.subarray(0, rows));
		return flags;
	}
}

/** 64-bit integers. `pushWords` takes one as two halves, without making a bigint of it. */
export class BigColumn {
	private words: Uint32Array;
	private readonly signed: boolean;
	private readonly valid: Validity;
	private rows = 0;

	constructor(kind: "u64" | "i64", capacity: number) {
		this.words = new Uint32Array(Math.max(capacity, 1) * 2);
		this.signed = kind === "i64";
		this.valid = new Validity(capacity);
	}

	push(value: bigint | null): void {
		if (value === null) this.pushNull();
		else this.pushWords(Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn));
	}

	pushNull(): void {
		this.valid.setNull(this.rows);
		this.pushWords(0, 0);
	}

	pushWords(lo: number, hi: number): void {
		const at = this.rows++ * 2;
		if (at === this.words.length) {
			const grown = new Uint32Array(at * 2);
			grown.set(this.words);
			this.words = grown;
		}
		this.words[at] = lo;
		this.words[at + 1] = hi;
	}

	finish(): ColumnData {
		const { buffer } = this.words.slice(0, this.rows * 2);
		return {
			kind: "fixed",
			data: this.signed ? new BigInt64Array(buffer) : new BigUint64Array(buffer),
			valid: this.valid.finish(this.rows),
		};
	}
}

export class NumberColumn {
	private data: Float64Array | Uint32Array | Uint8Array;
	private readonly valid: Validity;
	private rows = 0;

	constructor(kind: Exclude<FixedKind, "u64" | "i64">, capacity: number) {
		this.data = new ARRAYS[kind](Math.max(capacity, 1));
		this.valid = new Validity(capacity);
	}

	push(value: number | null): void {
		if (this.rows === this.data.length) {
			const grown = new (this.data.constructor as Float64ArrayConstructor)(this.rows * 2) as typeof this.data;
			grown.set(this.data);
			this.data = grown;
		}
		if (value === null) this.valid.setNull(this.rows++);
		else this.data[this.rows++] = value;
	}

	finish(): ColumnData {
		return { kind: "fixed", data: this.data.slice(0, this.rows), valid: this.valid.finish(this.rows) };
	}
}

/** Two bytes of protobuf can stand for fifty of JSON text. */
const MAX_ARENA_BYTES = 192 * 1024 * 1024;

/** Bytes that grow. The writers that go for speed take `bytes` and `length` into their own hands after `reserve`. */
export class Arena {
	bytes: Uint8Array;
	length = 0;

	constructor(capacity: number) {
		this.bytes = Buffer.allocUnsafeSlow(Math.max(capacity, 64));
	}

	/** Makes room for `more` bytes. Throws `InvalidInput` when a request grows without measure. */
	reserve(more: number): void {
		if (this.length + more > MAX_ARENA_BYTES) {
			throw new InvalidInput(`the request unfolds to more than ${MAX_ARENA_BYTES} bytes: split it`);
		}
		if (this.length + more <= this.bytes.length) return;
		const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + more));
		grown.set(this.bytes.subarray(0, this.length));
		this.bytes = grown;
	}

	/** What was written, in a buffer of its own. */
	finish(): Uint8Array {
		const bytes = new Uint8Array(this.length);
		bytes.set(this.bytes.subarray(0, this.length));
		return bytes;
	}

	/** Lone surrogates become U+FFFD: DuckDB takes well-formed UTF-8 only. */
	writeText(text: string): void {
		this.reserve(text.length * 3);
		this.length += (this.bytes as Buffer).write(text, this.length, "utf8");
	}
}

export class TextColumn {
	readonly arena: Arena;
	private ends: Uint32Array;
	private readonly valid: Validity;
	private rows = 0;

	constructor(capacity: number, bytes: number) {
		this.arena = new Arena(bytes);
		this.ends = new Uint32Array(Math.max(capacity, 1));
		this.valid = new Validity(capacity);
	}

	push(text: string | null): void {
		if (text === null) this.valid.setNull(this.rows);
		else this.arena.writeText(text);
		this.end();
	}

	pushNull(): void {
		this.valid.setNull(this.rows);
		this.end();
	}

	/** Ends the row whose bytes the caller wrote into the arena. */
	end(): void {
		if (this.rows === this.ends.length) {
			const grown = new Uint32Array(this.rows * 2);
			grown.set(this.ends);
			this.ends = grown;
		}
		this.ends[this.rows++] = this.arena.length;
	}

	finish(): ColumnData {
		return {
			kind: "text",
			bytes: this.arena.finish(),
			ends: this.ends.slice(0, this.rows),
			valid: this.valid.finish(this.rows),
		};
	}
}

/** The texts that the symbol columns of one table have in common. */
export class Symbols {
	readonly list: string[] = [];
	private readonly known = new Map<string, number>();

	/** 1-based. */
	index(text: string): number {
		let index = this.known.get(text);
		if (index === undefined) {
			index = this.list.push(text);
			this.known.set(text, index);
		}
		return index;
	}
}

export class SymbolColumn {
	private index: Uint32Array;
	private readonly symbols: Symbols;
	private rows = 0;
	private lastText: string | null = null;
	private lastIndex = 0;

	constructor(symbols: Symbols, capacity: number) {
		this.symbols = symbols;
		this.index = new Uint32Array(Math.max(capacity, 1));
	}

	push(text: string | null): void {
		if (this.rows === this.index.length) {
			const grown = new Uint32Array(this.rows * 2);
			grown.set(this.index);
			this.index = grown;
		}
		if (text !== this.lastText) {
			this.lastText = text;
			this.lastIndex = text === null ? 0 : this.symbols.index(text);
		}
		this.index[this.rows++] = this.lastIndex;
	}

	finish(): ColumnData {
		return { kind: "symbol", index: this.index.slice(0, this.rows), symbols: this.symbols.list };
	}
}

export class ListColumn {
	private readonly values: number[] = [];
	private readonly ends: number[] = [];
	private readonly valid = new Validity(16);

	push(list: readonly number[] | null): void {
		if (list === null) this.valid.setNull(this.ends.length);
		else for (const value of list) this.values.push(value);
		this.ends.push(this.values.length);
	}

	finish(): ColumnData {
		return {
			kind: "list",
			values: Float64Array.from(this.values),
			ends: Uint32Array.from(this.ends),
			valid: this.valid.finish(this.ends.length),
		};
	}
}

export function finishColumns(columns: Record<string, { finish(): ColumnData }>): Record<string, ColumnData> {
	const finished: Record<string, ColumnData> = {};
	for (const [name, column] of Object.entries(columns)) finished[name] = column.finish();
	return finished;
}
