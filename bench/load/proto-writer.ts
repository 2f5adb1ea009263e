/** A place in an encoded request where each copy of it differs. */
export interface Mark {
	kind: "traceId" | "spanId" | "parentSpanId" | "time";
	/** Byte offset of the value. */
	at: number;
	/** Index of the trace within the request, and of the span within its trace. */
	trace: number;
	span: number;
	/** For times: nanoseconds from the trace's start. */
	offsetNs: number;
}

/** Writes protobuf messages and remembers where the marked values ended up, so that a request is encoded once and then only patched. */
export class ProtoWriter {
	readonly marks: Mark[] = [];
	private bytes = Buffer.alloc(1024);
	private length = 0;

	finish(): Buffer {
		return Buffer.from(this.bytes.subarray(0, this.length));
	}

	varint(field: number, value: number): this {
		this.tag(field, 0);
		this.rawVarint(value);
		return this;
	}

	string(field: number, value: string): this {
		return this.raw(field, Buffer.from(value));
	}

	message(field: number, inner: ProtoWriter): this {
		this.tag(field, 2);
		this.rawVarint(inner.length);
		const start = this.reserve(inner.length);
		inner.bytes.copy(this.bytes, start, 0, inner.length);
		for (const mark of inner.marks) this.marks.push({ ...mark, at: mark.at + start });
		return this;
	}

	/** Room for an id, filled in later. */
	markedId(field: number, bytes: number, mark: Omit<Mark, "at" | "offsetNs">): this {
		this.tag(field, 2);
		this.rawVarint(bytes);
		this.marks.push({ ...mark, at: this.reserve(bytes), offsetNs: 0 });
		return this;
	}

	/** Room for a fixed64 time, filled in later. */
	markedTime(field: number, mark: Omit<Mark, "at" | "kind">): this {
		this.tag(field, 1);
		this.marks.push({ ...mark, kind: "time", at: this.reserve(8) });
		return this;
	}

	/** An OTLP KeyValue list: strings, booleans and whole numbers. */
	attributes(field: number, attributes: Readonly<Record<string, string | number | boolean>>): this {
		for (const [key, value] of Object.entries(attributes)) {
			this.message(field, new ProtoWriter().string(1, key).message(2, anyValue(value)));
		}
		return this;
	}

	private raw(field: number, value: Buffer): this {
		this.tag(field, 2);
		this.rawVarint(value.length);
		const start = this.reserve(value.length);
		value.copy(this.bytes, start);
		return this;
	}

	private tag(field: number, wireType: number): void {
		this.rawVarint(field * 8 + wireType);
	}

	private rawVarint(value: number): void {
		let rest = value;
		while (rest >= 0x80) {
			this.byte((rest % 0x80) | 0x80);
			rest = Math.floor(rest / 0x80);
		}
		this.byte(rest);
	}

	private byte(value: number): void {
		// Before `this.bytes` is read: it may be replaced.
		const at = this.reserve(1);
		this.bytes[at] = value;
	}

	private reserve(count: number): number {
		const start = this.length;
		this.length += count;
		if (this.length > this.bytes.length) {
			const larger = Buffer.alloc(Math.max(this.length, this.bytes.length * 2));
			this.bytes.copy(larger, 0, 0, start);
			this.bytes = larger;
		}
		return start;
	}
}

export function anyValue(value: string | number | boolean): ProtoWriter {
	const writer = new ProtoWriter();
	if (typeof value === "string") return writer.string(1, value);
	return typeof value === "boolean" ? writer.varint(2, value ? 1 : 0) : writer.varint(3, value);
}
