/** Reads a request's body within limits, which hold while it streams: nothing is read on once it is too much. */
import type { Readable, Transform } from "node:stream";
import { createGunzip, createInflate } from "node:zlib";
import type { Budget } from "./budget.ts";

export interface BodyLimits {
	/** As sent. */
	maxBytes: number;
	/** After gzip or deflate. */
	maxInflatedBytes: number;
}

export type BodyFailure = "too large" | "no room" | "broken compression" | "aborted";

export class BodyError extends Error {
	readonly failure: BodyFailure;
	constructor(failure: BodyFailure, message: string) {
		super(message);
		this.failure = failure;
	}
}

/**
 * The whole body of an HTTP request or of a gRPC stream, inflated; its length stays taken from the budget (the caller gives it back). Throws `BodyError`, with nothing left taken.
 */
export function readBody(
	request: Readable,
	encoding: "identity" | "gzip" | "deflate",
	limits: BodyLimits,
	budget: Budget,
): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		const chunks: Buffer[] = [];
		let received = 0;
		let total = 0;
		let over = false;
		const inflate: Transform | null =
			encoding === "identity" ? null : encoding === "gzip" ? createGunzip() : createInflate();
		const end = (how: () => void) => {
			if (over) return;
			over = true;
			request.removeListener("data", onReceived);
			request.removeListener("end", onReceivedAll);
			request.removeListener("close", onClose);
			request.pause();
			inflate?.destroy();
			how();
		};
		const fail = (failure: BodyFailure, message: string) =>
			end(() => {
				budget.give(total);
				reject(new BodyError(failure, message));
			});
		const onBytes = (chunk: Buffer) => {
			if (over) return;
			if (total + chunk.length > limits.maxInflatedBytes) {
				fail("too large", `the body is larger than ${limits.maxInflatedBytes} bytes when inflated`);
			} else if (!budget.take(chunk.length)) {
				fail("no room", "too much is on its way into the store");
			} else {
				total += chunk.length;
				chunks.push(chunk);
			}
		};
		const onAll = () =>
			end(() => {
				// A buffer of its own, not of Node's pool: it travels to another thread.
				const body = Buffer.allocUnsafeSlow(total);
				let at = 0;
				for (const chunk of chunks) at += chunk.copy(body, at);
				resolve(body);
			});
		const onReceived = (chunk: Buffer) => {
			received += chunk.length;
			if (received > limits.maxBytes) fail("too large", `the body is larger than ${limits.maxBytes} bytes`);
			else if (inflate === null) onBytes(chunk);
			else if (!inflate.write(chunk)) {
				request.pause();
				inflate.once("drain", () => {
					if (!over) request.resume();
				});
			}
		};
		const onReceivedAll = () => {
			// Inflating may go on after the request is complete and closed.
			request.removeListener("close", onClose);
			if (inflate === null) onAll();
			else inflate.end();
		};
		const onClose = () => fail("aborted", "the connection was closed before the body was there");
		inflate?.on("data", onBytes);
		inflate?.on("end", onAll);
		inflate?.on("error", (error) => fail("broken compression", `the ${encoding} body is broken: ${error.message}`));
		request.on("data", onReceived);
		request.on("end", onReceivedAll);
		request.on("close", onClose);
		request.resume();
	});
}
