/** An OTLP/JSON request object as protobuf: what the tests and the measurements send. The receiver itself only reads. */
import { PbfWriter } from "pbf";
import { FIELDS, isKind, type Kind, type MessageName, WIRE_TYPES } from "./protobuf-json.ts";
import { BYTES, FIXED64 } from "./wire.ts";

/** `encodeOtlp("TracesRequest", { resourceSpans: [...] })`. Ids are hex, times decimal strings, attributes KeyValue lists. */
export function encodeOtlp(name: MessageName, message: object): Uint8Array {
	const writer = new PbfWriter();
	writeMessage(writer, name, message as Record<string, unknown>);
	return Uint8Array.from(writer.finish());
}

function writeMessage(writer: PbfWriter, name: MessageName, message: Record<string, unknown>): void {
	for (const [number, [key, kind, repeated]] of FIELDS.get(name)!) {
		const value = message[key];
		if (value === undefined || value === null) continue;
		for (const one of repeated ? (value as unknown[]) : [value]) {
			if (isKind(kind)) {
				writer.writeTag(number, WIRE_TYPES[kind]);
				writeScalar(writer, kind, one);
			} else {
				writer.writeMessage(number, () => writeMessage(writer, kind, one as Record<string, unknown>), null);
			}
		}
	}
}

function writeScalar(writer: PbfWriter, kind: Kind, value: unknown): void {
	if (WIRE_TYPES[kind] === BYTES) {
		const encoding = kind === "hex" ? "hex" : kind === "base64" ? "base64" : "utf8";
		writer.writeBytes(Buffer.from(String(value), encoding));
	} else if (WIRE_TYPES[kind] === FIXED64) {
		writer.realloc(8);
		const view = new DataView(writer.buf.buffer, writer.buf.byteOffset);
		if (kind === "double") view.setFloat64(writer.pos, Number(value), true);
		else view.setBigUint64(writer.pos, BigInt.asUintN(64, BigInt(value as string)), true);
		writer.pos += 8;
	} else if (kind === "sint32") writer.writeSVarint(Number(value));
	else writeVarint(writer, BigInt.asUintN(64, BigInt(value as string | number | boolean)));
}

function writeVarint(writer: PbfWriter, value: bigint): void {
	writer.realloc(10);
	let rest = value;
	while (rest > 0x7fn) {
		writer.buf[writer.pos++] = Number(rest & 0x7fn) | 0x80;
		rest >>= 7n;
	}
	writer.buf[writer.pos++] = Number(rest);
}
