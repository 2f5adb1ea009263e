/** The calling side: numbers calls, matches replies, cancels, and gives up on a side that does not answer. */
import { deserialize } from "node:v8";
import { DeadlineExceeded, Unavailable } from "../../../core/ports.ts";
import { type CallMessage, fromErrorMessage, type ReplyMessage } from "./message.ts";

/** The other side is given so much longer than the deadline to say itself that it is over. */
const GRACE_MS = 2_000;

interface Pending {
	resolve(value: unknown): void;
	reject(error: unknown): void;
}

export class Caller {
	private readonly send: (message: CallMessage) => void;
	private readonly pending = new Map<number, Pending>();
	private readonly step: 1 | -1;
	private lastId = 0;

	/** Ids count up, or down with `step` -1, so that two callers can share one way. */
	constructor(send: (message: CallMessage) => void, step: 1 | -1 = 1) {
		this.send = send;
		this.step = step;
	}

	call<T>(method: string, args: unknown[], options: { deadlineMs?: number; signal?: AbortSignal } = {}): Promise<T> {
		const { signal, deadlineMs } = options;
		if (signal?.aborted) return Promise.reject(signal.reason);
		this.lastId += this.step;
		const id = this.lastId;
		return new Promise<unknown>((resolve, reject) => {
			const cancel = () => {
				this.send({ kind: "cancel", id });
				settle(() => reject(signal?.reason));
			};
			const timer =
				deadlineMs === undefined
					? null
					: setTimeout(() => {
							this.send({ kind: "cancel", id });
							settle(() => reject(new DeadlineExceeded(`${method} took longer than ${deadlineMs} ms`)));
						}, deadlineMs + GRACE_MS);
			const settle = (how: () => void) => {
				if (!this.pending.delete(id)) return;
				if (timer) clearTimeout(timer);
				signal?.removeEventListener("abort", cancel);
				how();
			};
			this.pending.set(id, {
				resolve: (value) => settle(() => resolve(value)),
				reject: (error) => settle(() => reject(error)),
			});
			signal?.addEventListener("abort", cancel, { once: true });
			this.send({ kind: "call", id, method, args, deadlineMs: deadlineMs ?? null });
		}) as Promise<T>;
	}

	/** Takes a reply of the other side. */
	receive(message: ReplyMessage): void {
		const pending = this.pending.get(message.id);
		if (pending === undefined) return;
		if (message.kind === "failure") pending.reject(fromErrorMessage(message.error));
		else pending.resolve(deserialize(message.bytes));
	}

	/** The other side is gone: every open call fails. */
	failAll(reason: string): void {
		for (const pending of [...this.pending.values()]) pending.reject(new Unavailable(reason));
	}
}
