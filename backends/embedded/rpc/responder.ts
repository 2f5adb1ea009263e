/** The answering side: runs a call, with its deadline and its cancellation as one signal. */
import { serialize } from "node:v8";
import { DeadlineExceeded } from "../../../core/ports.ts";
import { type CallMessage, type ReplyMessage, toErrorMessage } from "./message.ts";

export class Responder {
	private readonly run: (method: string, args: unknown[], signal: AbortSignal) => Promise<unknown>;
	private readonly send: (message: ReplyMessage) => void;
	private readonly running = new Map<number, AbortController>();

	constructor(
		run: (method: string, args: unknown[], signal: AbortSignal) => Promise<unknown>,
		send: (message: ReplyMessage) => void,
	) {
		this.run = run;
		this.send = send;
	}

	receive(message: CallMessage): void {
		if (message.kind === "cancel") {
			this.running.get(message.id)?.abort(new Error("the caller no longer wants the answer"));
			return;
		}
		void this.answer(message);
	}

	private async answer({ id, method, args, deadlineMs }: Extract<CallMessage, { kind: "call" }>): Promise<void> {
		const controller = new AbortController();
		const timer =
			deadlineMs === null
				? null
				: setTimeout(
						() => controller.abort(new DeadlineExceeded(`${method} took longer than ${deadlineMs} ms`)),
						deadlineMs,
					);
		this.running.set(id, controller);
		try {
			const value = await this.run(method, args, controller.signal);
			this.send({ kind: "reply", id, bytes: serialize(value) });
		} catch (error) {
			this.send({ kind: "failure", id, error: toErrorMessage(error) });
		} finally {
			if (timer) clearTimeout(timer);
			this.running.delete(id);
		}
	}
}
