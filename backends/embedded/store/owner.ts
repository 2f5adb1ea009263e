/** Worker thread that owns the store: loads what the receiver took, answers the readers, keeps the roll-ups and the retention. */
import { parentPort, workerData } from "node:worker_threads";
import { createReader } from "../read/reader.ts";
import { createRollup } from "../rollup/rollup.ts";
import type { CallMessage, ReplyMessage } from "../rpc/message.ts";
import { Responder } from "../rpc/responder.ts";
import type { Batch } from "./batch.ts";
import type { JournalPosition } from "./load.ts";
import { Loader } from "./loader.ts";
import { Store, type StoreOptions } from "./store.ts";

export type ToOwner =
	| { kind: "load"; id: number; batch: Batch; position: JournalPosition }
	| { kind: "close" }
	| CallMessage;

export type FromOwner =
	| { kind: "ready"; position: JournalPosition }
	| { kind: "failed"; message: string }
	| { kind: "loaded"; ids: number[]; position: JournalPosition }
	| { kind: "dropped"; ids: number[]; message: string }
	| { kind: "closed" }
	| ReplyMessage;

const ROLLUP_MS = 1_000;
const RETENTION_MS = 60_000;

const port = parentPort;
if (port === null) throw new Error("owner.ts is the entry of a worker thread");
const send = (message: FromOwner) => port.postMessage(message);

try {
	await run(await Store.open(workerData as StoreOptions));
} catch (error) {
	send({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
}

async function run(store: Store): Promise<void> {
	const reader = createReader(store);
	const rollup = createRollup(store);
	const loader = new Loader(store, {
		loaded: (ids, position) => send({ kind: "loaded", ids, position }),
		dropped: (ids, message) => send({ kind: "dropped", ids, message }),
	});
	const targets: Record<string, unknown> = {
		...reader,
		store: { status: () => store.status(), erase: (env: string) => store.erase(env) },
	};
	const responder = new Responder((method, args, signal) => dispatch(targets, method, args, signal), send);

	let closing = false;
	let learning: Promise<void> = Promise.resolve();
	let rolling: Promise<void> = Promise.resolve();
	const rollUp = async () => {
		if (closing) return;
		await rollup.run().then(
			() => store.noteRollup(null),
			(error: unknown) => store.noteRollup(error instanceof Error ? error.message : String(error)),
		);
		if (!closing) timer = setTimeout(() => (rolling = rollUp()), ROLLUP_MS);
	};
	let timer: NodeJS.Timeout = setTimeout(() => (rolling = rollUp()), ROLLUP_MS);
	let retaining: Promise<unknown> = Promise.resolve();
	const retention = setInterval(() => {
		retaining = retaining.then(() => store.retain(Date.now())).catch(() => {});
	}, RETENTION_MS);

	const close = async () => {
		closing = true;
		clearTimeout(timer);
		clearInterval(retention);
		await loader.close();
		await rolling;
		await learning;
		await retaining;
		await store.close();
		send({ kind: "closed" });
		port?.close();
	};
	port?.on("message", (message: ToOwner) => {
		if (message.kind === "load") loader.add(message.id, message.batch, message.position);
		else if (message.kind === "close") void close();
		else responder.receive(message);
	});
	send({ kind: "ready", position: store.journalPosition });
	// What is not learned is read: a failure costs time alone.
	learning = store.learnTraces(() => closing).catch(() => {});
}

/** `traces.search` of the readers, `store.status`: own methods of own objects only. The last argument of a reader is its `Call`. */
function dispatch(
	targets: Record<string, unknown>,
	method: string,
	args: unknown[],
	signal: AbortSignal,
): Promise<unknown> {
	const [group = "", name = ""] = method.split(".");
	const target = Object.hasOwn(targets, group) ? (targets[group] as Record<string, unknown>) : undefined;
	const run = target?.[name];
	if (typeof run !== "function" || name === "constructor") throw new Error(`the store has no method ${method}`);
	const call = args.at(-1);
	const rest =
		call !== null && typeof call === "object" && "tenant" in call ? [...args.slice(0, -1), { ...call, signal }] : args;
	return run.apply(target, rest) as Promise<unknown>;
}
