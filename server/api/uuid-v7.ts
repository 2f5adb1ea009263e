import { randomBytes } from "node:crypto";

/** A UUID of version 7 (RFC 9562): 48 bits of milliseconds, the rest chance. Sorts by when it was made. */
export function uuidV7(nowMs: number): string {
	const bytes = randomBytes(16);
	bytes.writeUIntBE(nowMs, 0, 6);
	bytes[6] = 0x70 | (bytes[6]! & 0x0f);
	bytes[8] = 0x80 | (bytes[8]! & 0x3f);
	return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
