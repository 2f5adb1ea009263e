/** What was started is stopped in reverse order, once, by Ctrl-C or by a start that failed half-way. */
import type { Logger } from "pino";

export interface Lifecycle {
	/** Registers what to stop. */
	onStop(close: () => Promise<void>): void;
	stop(): Promise<void>;
}

export function lifecycle(logger: Logger): Lifecycle {
	const closing: (() => Promise<void>)[] = [];
	let stopping: Promise<void> | undefined;
	const stop = (): Promise<void> => {
		stopping ??= (async () => {
			for (const close of closing.reverse())
				await close().catch((error: unknown) => logger.error({ err: error }, "stopping"));
		})();
		return stopping;
	};
	for (const signal of ["SIGINT", "SIGTERM"] as const) {
		process.on(signal, () => {
			if (stopping) process.exit(130);
			process.stderr.write("\n  Stopping … (once more to stop at once)\n");
			void stop().then(() => process.exit(0));
		});
	}
	return { onStop: (close) => closing.push(close), stop };
}
