const DEADLINE_MS = 2_000;
/** After `process.exit()` or a crash nothing of the app runs any more: shorter. */
const EXIT_MS = 1_000;

/** Resolves when all of `work` is done or after `deadlineMs`, whichever is first. Holds the process open meanwhile; never rejects. */
export async function within(deadlineMs: number, work: readonly Promise<unknown>[]): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const deadline = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, deadlineMs);
	});
	await Promise.race([Promise.allSettled(work), deadline]);
	clearTimeout(timer);
}

/**
 * Flush before the process goes: when the event loop runs dry, and on SIGTERM and SIGINT. A listener takes the signal's
 * default away, so when ours is the only one the signal is raised again after the flush; otherwise the app decides when to go.
 *
 * @param flush is told whether the process ends with it.
 * @param settle is the last thing that runs before the process is gone, told in which time: 0 when a flush has had its own.
 */
export function flushOnExit(
	flush: (deadlineMs: number, ends: boolean) => Promise<void>,
	settle: (deadlineMs: number) => void,
): void {
	let flushedDry = false;
	process.on("beforeExit", () => {
		// The flush wakes the loop, and a dry loop comes here again: once is enough.
		if (!flushedDry) {
			flushedDry = true;
			void flush(DEADLINE_MS, true);
		}
	});
	for (const signal of ["SIGTERM", "SIGINT"] as const) {
		const onSignal = (): void => {
			const alone = process.listenerCount(signal) === 1;
			if (alone) {
				// A second signal during the flush then ends the process at once, as it would without us.
				process.off(signal, onSignal);
			}
			void flush(DEADLINE_MS, alone).finally(() => {
				if (alone) {
					try {
						settle(0);
					} finally {
						process.kill(process.pid, signal);
					}
				}
			});
		};
		process.on(signal, onSignal);
	}
	afterExitListeners(() => settle(EXIT_MS));
}

/** After the app's own `exit` listeners, which log as well; a listener of ours would run before those that are added later. */
function afterExitListeners(last: () => void): void {
	const { emit } = process;
	process.emit = function emitThenLast(this: NodeJS.Process, ...args: unknown[]): boolean {
		try {
			return Reflect.apply(emit as (...args: unknown[]) => boolean, this, args);
		} finally {
			if (args[0] === "exit") {
				try {
					last();
				} catch {
					// The process ends either way.
				}
			}
		}
	} as typeof process.emit;
}
