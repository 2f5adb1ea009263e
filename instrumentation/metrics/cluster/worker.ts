import type { Family } from "../family.ts";
import type { MetricSource } from "../source.ts";
import { ANSWER, ASK, encode, HELLO, isOurs, type Message, Questions } from "./messages.ts";

const HELLO_WITHIN_MS = 3_000;

/** The metrics of a cluster as one of its workers sees them: the primary has the sum of all; alone it has its own. */
export class ClusterWorker implements MetricSource {
	/** Whether the primary runs this package too, and so serves the metrics of all. */
	readonly joined: Promise<boolean>;
	private readonly local: MetricSource;
	private readonly questions = new Questions();
	private primaryAnswers = false;

	constructor(local: MetricSource) {
		this.local = local;
		this.joined = new Promise((resolve) => {
			const timer = setTimeout(() => resolve(false), HELLO_WITHIN_MS);
			timer.unref();
			process.on("internalMessage" as "message", (message: unknown) => {
				if (!isOurs(message)) {
					return;
				}
				if (message.cmd === HELLO) {
					clearTimeout(timer);
					if (!this.primaryAnswers) {
						// However late it comes; a primary that was started after us does not know of us yet.
						this.primaryAnswers = true;
						send({ cmd: HELLO });
					}
					resolve(true);
				} else if (message.cmd === ASK) {
					void this.answer(message.id);
				} else {
					this.questions.answer(message.id, message.families);
				}
			});
		});
		send({ cmd: HELLO });
	}

	async collect(): Promise<Family[]> {
		await this.joined;
		const all = this.primaryAnswers ? await this.questions.ask(send) : undefined;
		return all ?? this.local.collect();
	}

	private async answer(id: number): Promise<void> {
		try {
			send({ cmd: ANSWER, id, families: encode(await this.local.collect()) });
		} catch {
			// The primary does not wait for long.
		}
	}
}

function send(message: Message): void {
	if (process.connected) {
		process.send?.(message, undefined, undefined, () => undefined);
	}
}
