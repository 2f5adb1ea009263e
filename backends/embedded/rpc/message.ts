/** Calls between processes and threads, and errors that keep their class on the way. */
import { DeadlineExceeded, InvalidInput, NotSupported, Overloaded, Unavailable } from "../../../core/ports.ts";

export type CallMessage =
	| { kind: "call"; id: number; method: string; args: unknown[]; deadlineMs: number | null }
	| { kind: "cancel"; id: number };

/** `bytes` is the answer in V8's serialisation, so that threads on its way pass it on unread. */
export type ReplyMessage =
	| { kind: "reply"; id: number; bytes: Uint8Array }
	| { kind: "failure"; id: number; error: ErrorMessage };

export interface ErrorMessage {
	name: string;
	message: string;
	retryAfterS?: number;
}

export function toErrorMessage(error: unknown): ErrorMessage {
	if (error instanceof Overloaded) return { name: error.name, message: error.message, retryAfterS: error.retryAfterS };
	if (error instanceof Error) return { name: error.name, message: error.message };
	return { name: "Error", message: String(error) };
}

const CLASSES: Record<string, new (message: string) => Error> = {
	InvalidInput,
	DeadlineExceeded,
	NotSupported,
	Unavailable,
};

export function fromErrorMessage(message: ErrorMessage): Error {
	if (message.name === "Overloaded") return new Overloaded(message.message, message.retryAfterS ?? 1);
	const known = CLASSES[message.name];
	if (known !== undefined) return new known(message.message);
	const error = new Error(message.message);
	error.name = message.name;
	return error;
}
