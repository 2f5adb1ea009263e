/** One line of the state file: a checksum, a space, JSON. */
import { crc32 } from "node:zlib";

export const HEADER = "trivet-state 1\n";

/** A record's newest version, or that it was dropped. */
export type StateLine =
	| { kind: string; id: string; revision: number; updatedUnixMs: number; body: unknown }
	| { kind: string; id: string; dropped: true };

export function writeLine(line: StateLine): string {
	const json = JSON.stringify(line);
	return `${checksum(json)} ${json}\n`;
}

export interface ReadLines {
	lines: { line: StateLine; bytes: number }[];
	/** Bytes up to the end of the last whole line: what lies behind was torn off by a crash. */
	goodBytes: number;
	/** Lines that do not fit their checksum although whole ones follow: the disk's fault, not a crash's. */
	damaged: number;
}

/** Reads what follows the header. Never throws: what cannot be read is counted. */
export function readLines(content: Buffer): ReadLines {
	const lines: ReadLines["lines"] = [];
	let at = Math.min(HEADER.length, content.length);
	let goodBytes = at;
	let bad = 0;
	let damaged = 0;
	while (at < content.length) {
		const newline = content.indexOf(10, at);
		const end = newline === -1 ? content.length : newline;
		const line = newline === -1 ? null : parseLine(content.toString("utf8", at, end));
		if (line === null) bad++;
		else {
			lines.push({ line, bytes: end + 1 - at });
			goodBytes = end + 1;
			damaged += bad;
			bad = 0;
		}
		at = end + 1;
	}
	return { lines, goodBytes, damaged };
}

function parseLine(text: string): StateLine | null {
	const json = text.slice(9);
	if (text[8] !== " " || text.slice(0, 8) !== checksum(json)) return null;
	try {
		return JSON.parse(json) as StateLine;
	} catch {
		return null;
	}
}

function checksum(json: string): string {
	return crc32(json).toString(16).padStart(8, "0");
}
