import cluster, { type Worker } from "node:cluster";
import type { ProfileFile, ProfileWish } from "./profile-file.ts";
import { asRefusal, Refusal } from "./refusal.ts";

/*
 * The primary of a cluster asks a worker for its profile, by messages that Node gives to nobody but who listens for
 * `internalMessage` (see metrics/cluster/messages.ts).
 */
const ASK = "NODE_TRIVET_PROFILE_ASK";
const STOP = "NODE_TRIVET_PROFILE_STOP";
const ANSWER = "NODE_TRIVET_PROFILE_ANSWER";

type Message =
	| { cmd: typeof ASK; id: number; wish: ProfileWish }
	/** Whoever asked has gone. */
	| { cmd: typeof STOP; id: number }
	| { cmd: typeof ANSWER; id: number; file: SentFile }
	| { cmd: typeof ANSWER; id: number; refusal: { status: number; detail: string; headers: Record<string, string> } };
type SentFile = Omit<ProfileFile, "body"> & { text?: string; base64?: string };

/** What a worker may take beyond the profile itself, to begin and to write it up. */
const WRITTEN_WITHIN_MS = 20_000;
let lastId = 0;

/**
 * The profile of the worker with this pid.
 *
 * @throws Refusal when there is none, it does not answer or it refuses
 * @throws the signal's reason when it was aborted
 */
export async function profileOfWorker(pid: number, wish: ProfileWish, signal: AbortSignal): Promise<ProfileFile> {
	const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected() === true) as Worker[];
	const worker = workers.find(({ process }) => process.pid === pid);
	if (worker === undefined) {
		const pids = workers.map(({ process }) => process.pid).join(", ");
		throw new Refusal(404, `pid=${pid} is no worker of this process (${process.pid}); ${pids || "there are none"}.`);
	}
	const id = ++lastId;
	return new Promise((resolve, reject) => {
		const settle = (outcome: () => void): void => {
			clearTimeout(timer);
			worker.process.off("internalMessage", listen);
			worker.off("exit", gone);
			signal.removeEventListener("abort", stop);
			outcome();
		};
		const listen = (message: Message): void => {
			if (message?.cmd === ANSWER && message.id === id) {
				settle(() => ("file" in message ? resolve(received(message.file)) : reject(refusalOf(message.refusal))));
			}
		};
		const gone = (): void => settle(() => reject(new Refusal(502, `The worker ${pid} ended meanwhile.`)));
		const stop = (): void => {
			send(worker.process, { cmd: STOP, id });
			settle(() => reject(signal.reason));
		};
		const timer = setTimeout(
			() => {
				send(worker.process, { cmd: STOP, id });
				settle(() => reject(new Refusal(504, `The worker ${pid} did not answer. Is it busy, or has it no profiles?`)));
			},
			wish.seconds * 1000 + WRITTEN_WITHIN_MS,
		);
		timer.unref();
		worker.process.on("internalMessage", listen);
		worker.on("exit", gone);
		signal.addEventListener("abort", stop, { once: true });
		send(worker.process, { cmd: ASK, id, wish });
	});
}

/** In a worker: take the profiles that the primary asks for. */
export function answerPrimary(take: (wish: ProfileWish, signal: AbortSignal) => Promise<ProfileFile>): void {
	if (!cluster.isWorker) {
		return;
	}
	const running = new Map<number, AbortController>();
	const answer = async (id: number, wish: ProfileWish): Promise<void> => {
		const gone = new AbortController();
		running.set(id, gone);
		try {
			send(process, { cmd: ANSWER, id, file: sendable(await take(wish, gone.signal)) });
		} catch (error) {
			if (!gone.signal.aborted) {
				const { status, message: detail, headers } = asRefusal(error);
				send(process, { cmd: ANSWER, id, refusal: { status, detail, headers } });
			}
		} finally {
			running.delete(id);
		}
	};
	process.on("internalMessage" as "message", (message: unknown) => {
		const asked = message as Message | null;
		if (asked?.cmd === ASK) {
			void answer(asked.id, asked.wish);
		} else if (asked?.cmd === STOP) {
			running.get(asked.id)?.abort();
		}
	});
}

function sendable({ body, ...rest }: ProfileFile): SentFile {
	return typeof body === "string" ? { ...rest, text: body } : { ...rest, base64: Buffer.from(body).toString("base64") };
}

function received({ text, base64, ...rest }: SentFile): ProfileFile {
	return { ...rest, body: text ?? Buffer.from(base64 ?? "", "base64") };
}

function refusalOf({ status, detail, headers }: { status: number; detail: string; headers: Record<string, string> }) {
	return new Refusal(status, detail, headers);
}

function send(to: { connected: boolean; send?: NodeJS.Process["send"] }, message: Message): void {
	if (to.connected) {
		to.send?.(message, undefined, undefined, () => undefined);
	}
}
