import type { Family } from "../family.ts";

/**
 * What the processes of a cluster say to each other. Node hands a message whose `cmd` begins with `NODE_` to nobody but who
 * asks for `internalMessage`: the app's own listeners for messages never see one of these, nor is one the app waits for lost
 * to a listener of ours.
 */
export type Message =
	| { cmd: typeof HELLO }
	/** Asked of a worker: what it measures; asked of the primary: the sum of all. */
	| { cmd: typeof ASK; id: number }
	| { cmd: typeof ANSWER; id: number; families: string };

export const HELLO = "NODE_TRIVET_HELLO";
export const ASK = "NODE_TRIVET_METRICS_ASK";
export const ANSWER = "NODE_TRIVET_METRICS_ANSWER";

export const ANSWER_WITHIN_MS = 2_000;

export function isOurs(message: unknown): message is Message {
	const cmd = (message as { cmd?: unknown } | null)?.cmd;
	return cmd === HELLO || cmd === ASK || cmd === ANSWER;
}

/** JSON has no word for what is not finite; no label can be called this. */
const NOT_FINITE = "$";

export function encode(families: readonly Family[]): string {
	return JSON.stringify(families, (_key, value: unknown) =>
		typeof value === "number" && !Number.isFinite(value) ? { [NOT_FINITE]: String(value) } : value,
	);
}

export function decode(text: string): Family[] {
	return JSON.parse(text, (_key, value: { [NOT_FINITE]?: string } | null) => {
		// A bucket without an exemplar.
		if (value === null) {
			return undefined;
		}
		return typeof value === "object" && value[NOT_FINITE] !== undefined ? Number(value[NOT_FINITE]) : value;
	}) as Family[];
}

/** Questions that wait for their answers. */
export class Questions {
	private readonly open = new Map<number, (families: Family[] | undefined) => void>();
	private next = 1;

	/** @param send gives the question its way. @returns undefined when nothing comes in time. */
	ask(send: (message: Message) => void): Promise<Family[] | undefined> {
		const id = this.next++;
		return new Promise((resolve) => {
			const done = (families: Family[] | undefined): void => {
				clearTimeout(timer);
				this.open.delete(id);
				resolve(families);
			};
			const timer = setTimeout(() => done(undefined), ANSWER_WITHIN_MS);
			timer.unref();
			this.open.set(id, done);
			try {
				send({ cmd: ASK, id });
			} catch {
				done(undefined);
			}
		});
	}

	answer(id: number, text: string): void {
		try {
			this.open.get(id)?.(decode(text));
		} catch {
			this.open.get(id)?.(undefined);
		}
	}
}
