/**
 * One request as the journal keeps it: a 32-byte header (little endian), the names of denied services, the body.
 *
 *     0  magic u32   4  crc32 u32 of all that follows   8  body bytes u32   12  deny bytes u32
 *     16 received, epoch ms f64   24 signal u8   25 type u8   26 keep u8   27..31 zero
 */
import { crc32 } from "node:zlib";
import type { Signal } from "../../../core/model.ts";
import type { BodyType, Request } from "../receive/decode.ts";

export const HEADER_BYTES = 32;
const MAGIC = 0x54525631;
const SIGNALS: readonly Signal[] = ["traces", "logs", "metrics"];
const TYPES: readonly BodyType[] = ["protobuf", "json", "points"];

/** The parts to write, in order; the body is not copied. */
export function encodeRecord(request: Request): { parts: Uint8Array[]; bytes: number } {
	const deny = Buffer.from(request.deny.join("\n"), "utf8");
	const head = Buffer.alloc(HEADER_BYTES + deny.length);
	head.writeUInt32LE(MAGIC, 0);
	head.writeUInt32LE(request.body.length, 8);
	head.writeUInt32LE(deny.length, 12);
	head.writeDoubleLE(request.receivedMs, 16);
	head[24] = SIGNALS.indexOf(request.signal);
	head[25] = TYPES.indexOf(request.type);
	head[26] = request.keep ? 1 : 0;
	deny.copy(head, HEADER_BYTES);
	head.writeUInt32LE(crc32(request.body, crc32(head.subarray(8))), 4);
	return { parts: [head, request.body], bytes: head.length + request.body.length };
}

/** Length of the whole record whose header this is; null when it is no header. */
export function recordBytes(header: Buffer): number | null {
	if (header.length < HEADER_BYTES || header.readUInt32LE(0) !== MAGIC) return null;
	return HEADER_BYTES + header.readUInt32LE(12) + header.readUInt32LE(8);
}

/** A whole record back to the request; null when it is damaged. */
export function decodeRecord(record: Buffer): Request | null {
	if (recordBytes(record) !== record.length || record.readUInt32LE(4) !== crc32(record.subarray(8))) return null;
	const signal = SIGNALS[record[24]!];
	const type = TYPES[record[25]!];
	if (signal === undefined || type === undefined) return null;
	const bodyAt = HEADER_BYTES + record.readUInt32LE(12);
	const deny = record.toString("utf8", HEADER_BYTES, bodyAt);
	const body = new Uint8Array(record.length - bodyAt);
	body.set(record.subarray(bodyAt));
	return {
		signal,
		type,
		body,
		receivedMs: record.readDoubleLE(16),
		keep: record[26] === 1,
		deny: deny === "" ? [] : deny.split("\n"),
	};
}
