import { BroadcastChannel, parentPort, threadId, workerData } from "node:worker_threads";
import { say } from "./say.ts";

const CHANNEL = "@trivet/instrumentation/threads";

/** In the main thread: say once that a thread of the app is not instrumented. Holds nothing open. */
export function noteThreads(): void {
	const channel = new BroadcastChannel(CHANNEL) as BroadcastChannel & { unref(): void };
	channel.onmessage = () => {
		channel.close();
		say(
			"worker threads are left alone: their lines are on stdout as ever, without trace ids, and neither they nor their calls are sent",
		);
	};
	channel.unref();
}

/** In another thread that would have been instrumented, had it been a process. */
export function tellMainThread(): void {
	// pino's transports and the like: threads of a library, with nothing of the app in them.
	const { stateBuf } = (workerData ?? {}) as { stateBuf?: unknown };
	// Node's own thread for module hooks has no parent to speak to; with `--require` it comes by here.
	if (threadId === 0 || parentPort === null || stateBuf instanceof SharedArrayBuffer) {
		return;
	}
	const channel = new BroadcastChannel(CHANNEL);
	channel.postMessage(threadId);
	channel.close();
}
