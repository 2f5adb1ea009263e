import { nowMs } from "../clock.ts";
import type { LineIds } from "./line-fields.ts";

/** One captured line; it becomes an OTLP record only when it is sent. */
export interface CapturedLine {
	/** Position in everything this process has logged, from 1: a gap in the store is a line that was lost. */
	sequence: number;
	atMs: number;
	line: string;
	level: number;
	ids: LineIds | undefined;
	logger: LoggerKeys;
}

/** Where a logger puts things in its lines. */
export interface LoggerKeys {
	message: string;
	error: string;
	nested: string | undefined;
	levelName: (level: number) => string | undefined;
}

/** Numbers every line and keeps it for the exporter, without a copy or a parse: the line's text never changes. */
export class LogCapture {
	private readonly keep: (line: CapturedLine) => void;
	private sequence = 0;

	constructor(keep: (line: CapturedLine) => void) {
		this.keep = keep;
	}

	line(line: string, level: number, ids: LineIds | undefined, logger: LoggerKeys): void {
		this.keep({ sequence: ++this.sequence, atMs: nowMs(), line, level, ids, logger });
	}
}
