/** Builders for the columns of a batch: they grow, and hand over exactly what was written. */
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

export class BigColumn {
	private data: BigUint64Array | BigInt64Array;
	private readonly valid: Validity;
	private rows = 0;

	constructor(kind: "u64" | "i64", capacity: number) {
		this.data = new ARRAYS[kind](Math.max(capacity, 1));
		this.valid = new Validity(capacity);
	}

	push(value: bigint | null): void {
		if (this.rows === this.data.length) {
			const grown =
				this.data instanceof BigInt64Array ? new BigInt64Array(this.rows * 2) : new BigUint64Array(this.rows * 2);
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

/** Bytes that grow. The writers that go for speed take `bytes` and `length` into their own hands after `reserve`. */
export class Arena {
	bytes: Uint8Array;
	length = 0;

	constructor(capacity: number) {
		this.bytes = Buffer.allocUnsafeSlow(Math.max(capacity, 64));
	}

	/** Makes room for `more` bytes. */
	reserve(more: number): void {
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

export class SymbolColumn {
	private index: Uint32Array;
	private readonly symbols: string[] = [];
	private readonly known = new Map<string, number>();
	private rows = 0;

	constructor(capacity: number) {
		this.index = new Uint32Array(Math.max(capacity, 1));
	}

	push(text: string | null): void {
		if (this.rows === this.index.length) {
			const grown = new Uint32Array(this.rows * 2);
			grown.set(this.index);
			this.index = grown;
		}
		this.index[this.rows++] = text === null ? 0 : this.symbol(text);
	}

	private symbol(text: string): number {
		let symbol = this.known.get(text);
		if (symbol === undefined) {
			this.symbols.push(text);
			symbol = this.symbols.length;
			this.known.set(text, symbol);
		}
		return symbol;
	}

	finish(): ColumnData {
		return { kind: "symbol", index: this.index.slice(0, this.rows), symbols: this.symbols };
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
