import { startChild } from "../child.ts";
import type { FromGenerator, ToGenerator } from "./generator-process.ts";
import type { LoadPlan, LoadProgress } from "./load-plan.ts";

export interface Generator {
	/** The last progress told. */
	readonly progress: LoadProgress | null;
	/** Resolves with the totals when the plan is done or `stop` was called. Rejects when the load failed. */
	done: Promise<LoadProgress>;
	stop(): Promise<LoadProgress>;
}

/** Runs a load in a process of its own. */
export async function startGenerator(
	plan: LoadPlan,
	onProgress: (progress: LoadProgress) => void = () => {},
): Promise<Generator> {
	const child = await startChild<ToGenerator, FromGenerator>(new URL("./generator-process.js", import.meta.url));
	let last: LoadProgress | null = null;
	const done = new Promise<LoadProgress>((resolve, reject) => {
		child.onMessage((message) => {
			if (message.type === "ready") return;
			last = message.progress;
			onProgress(last);
			if (message.type !== "done") return;
			void child.stop();
			if (last.failure !== null) reject(new Error(`The load failed after ${last.spans} spans: ${last.failure}`));
			else resolve(last);
		});
		child.onExit((code) => reject(new Error(`The generator ended early (${code}).`)));
	});
	done.catch(() => undefined);
	child.send({ type: "start", plan });
	return {
		get progress() {
			return last;
		},
		done,
		stop: () => {
			child.send({ type: "stop" });
			return done;
		},
	};
}
