import cluster, { type Worker } from "node:cluster";
import { say } from "../../say.ts";
import type { Family } from "../family.ts";
import type { MetricSource } from "../source.ts";
import { countsOf, mergeFamilies } from "./merge.ts";
import { ANSWER, encode, HELLO, isOurs, type Message, Questions } from "./messages.ts";

/**
 * The metrics of a cluster, summed in its primary: asked of every worker when somebody scrapes. A worker that does not answer
 * in time counts with what it said last, and what a worker that has ended had counted stays in the sums.
 */
export class ClusterPrimary implements MetricSource {
	private readonly local: MetricSource;
	private readonly questions = new Questions();
	private readonly workers = new Map<Worker, Family[]>();
	private retired: Family[] = [];
	private running: Promise<Family[]> | undefined;

	constructor(local: MetricSource) {
		this.local = local;
		cluster.on("fork", (worker) => this.watch(worker));
		for (const worker of Object.values(cluster.workers ?? {})) {
			if (worker !== undefined) {
				this.watch(worker);
				send(worker, { cmd: HELLO });
			}
		}
	}

	private watch(worker: Worker): void {
		worker.process.on("internalMessage", (message: unknown) => {
			if (isOurs(message)) {
				this.take(worker, message);
			}
		});
		worker.once("exit", () => {
			const last = this.workers.get(worker);
			this.workers.delete(worker);
			if (last !== undefined) {
				this.retired = mergeFamilies([this.retired, countsOf(last)]);
			}
		});
	}

	private take(worker: Worker, message: Message): void {
		switch (message.cmd) {
			case HELLO:
				if (!this.workers.has(worker)) {
					this.workers.set(worker, []);
					send(worker, { cmd: HELLO });
				}
				break;
			case ANSWER:
				this.questions.answer(message.id, message.families);
				break;
			default:
				void this.collect().then((families) =>
					send(worker, { cmd: ANSWER, id: message.id, families: encode(families) }),
				);
		}
	}

	collect(): Promise<Family[]> {
		this.running ??= this.ask().finally(() => {
			this.running = undefined;
		});
		return this.running;
	}

	private async ask(): Promise<Family[]> {
		if (this.workers.size === 0 && this.retired.length === 0) {
			return this.local.collect();
		}
		const local = this.local.collect();
		await Promise.all(
			[...this.workers.keys()].map(async (worker) => {
				const families = await this.questions.ask((message) => send(worker, message));
				// It may have ended meanwhile; then its counts are with the retired.
				if (families !== undefined && this.workers.has(worker)) {
					this.workers.set(worker, families);
				} else if (families === undefined) {
					say(`worker ${worker.id} did not say what it measures in time; its last numbers count`);
				}
			}),
		);
		return mergeFamilies([await local, ...this.workers.values(), this.retired]);
	}
}

function send(worker: Worker, message: Message): void {
	if (worker.isConnected()) {
		worker.process.send?.(message, () => undefined);
	}
}
