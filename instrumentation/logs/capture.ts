import { nowMs } from "../clock.ts";
import type { LineIds } from "./line-fields.ts";

interface Numbered {
	/** Position in everything this process has logged, from 1: a gap in the store is a line that was lost. */
	sequence: number;
	atMs: number;
}

/** One captured line; it becomes an OTLP record only when it is sent. */
export interface CapturedLine extends Numbered {
	line: string;
	level: number;
	ids: LineIds | undefined;
	logger: LoggerKeys;
}

/** A request this process has answered, or not. */
export interface FinishedRequest {
	method: string;
	/** The template, when a framework knows it. */
	route: string;
	path: string;
	/** None when nothing was answered. */
	status: number | undefined;
	durationMs: number;
	/** As `error.type` has it; empty when there is none. */
	error: string;
	requestId: string | undefined;
	span: { traceId: string; spanId: string; traceFlags: number };
}

export interface CapturedRequest extends Numbered {
	request: FinishedRequest;
}

export type Captured = CapturedLine | CapturedRequest;

/** Where a logger puts things in its lines. */
export interface LoggerKeys {
	message: string;
	error: string;
	nested: string | undefined;
	levelName: (level: number) => string | undefined;
}

/** Numbers every line and keeps it for the exporter, without a copy or a parse: the line's text never changes. */
export class LogCapture {
	private readonly keep: (captured: Captured) => void;
	private sequence = 0;

	constructor(keep: (captured: Captured) => void) {
		this.keep = keep;
	}

	line(line: string, level: number, ids: LineIds | undefined, logger: LoggerKeys): void {
		this.keep({ sequence: ++this.sequence, atMs: nowMs(), line, level, ids, logger });
	}

	request(request: FinishedRequest): void {
		this.keep({ sequence: ++this.sequence, atMs: nowMs(), request });
	}

	/** The next number, for a record that does not come by here. */
	next(): number {
		return ++this.sequence;
	}
}
