const DEADLINE_MS = 2_000;

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
 */
export function flushOnExit(flush: (deadlineMs: number, ends: boolean) => Promise<void>): void {
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
					process.kill(process.pid, signal);
				}
			});
		};
		process.on(signal, onSignal);
	}
}
