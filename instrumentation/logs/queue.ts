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

type Logger = Record<symbol, unknown> & { levels?: { labels?: Record<number, string> } };

/** A bounded queue between the app's log calls and the exporter. A full queue drops the newest line and counts it. */
export class LogCapture {
	private readonly limit: number;
	private readonly wake: (size: number) => void;
	private readonly keys = new WeakMap<object, LoggerKeys>();
	private waiting: CapturedLine[] = [];
	private sequence = 0;
	/** Lines turned away because the queue was full. */
	dropped = 0;

	/** @param wake told the queue's size after each line. */
	constructor(limit: number, wake: (size: number) => void) {
		this.limit = limit;
		this.wake = wake;
	}

	line(
		line: string,
		level: number,
		ids: LineIds | undefined,
		logger: Logger,
		messageKey: symbol,
		errorKey: symbol,
		nestedKey: symbol,
	): void {
		this.sequence++;
		if (this.waiting.length >= this.limit) {
			this.dropped++;
			return;
		}
		let keys = this.keys.get(logger);
		if (keys === undefined) {
			keys = {
				message: String(logger[messageKey] ?? "msg"),
				error: String(logger[errorKey] ?? "err"),
				nested: typeof logger[nestedKey] === "string" ? (logger[nestedKey] as string) : undefined,
				levelName: (number) => logger.levels?.labels?.[number],
			};
			this.keys.set(logger, keys);
		}
		this.waiting.push({ sequence: this.sequence, atMs: nowMs(), line, level, ids, logger: keys });
		this.wake(this.waiting.length);
	}

	get size(): number {
		return this.waiting.length;
	}

	take(count: number): CapturedLine[] {
		if (count >= this.waiting.length) {
			const all = this.waiting;
			this.waiting = [];
			return all;
		}
		return this.waiting.splice(0, count);
	}
}
