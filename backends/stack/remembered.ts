interface Kept<T> {
	untilMs: number;
	answer: Promise<T>;
}

/** Answers that are asked for again soon: one question for all who ask it meanwhile, and its answer for a while. Failures are not kept. */
export class Remembered<T> {
	private readonly kept = new Map<string, Kept<T>>();
	private readonly lifeMs: number;
	private readonly most: number;

	constructor(options: { lifeMs: number; most: number }) {
		this.lifeMs = options.lifeMs;
		this.most = options.most;
	}

	/** `ask` must not depend on who asks: whoever comes second gets the first one's answer. */
	get(key: string, ask: () => Promise<T>): Promise<T> {
		const known = this.kept.get(key);
		if (known !== undefined && performance.now() < known.untilMs) return known.answer;
		const answer = ask();
		this.kept.delete(key);
		this.kept.set(key, { untilMs: performance.now() + this.lifeMs, answer });
		answer.catch(() => {
			if (this.kept.get(key)?.answer === answer) this.kept.delete(key);
		});
		for (const oldest of this.kept.keys()) {
			if (this.kept.size <= this.most) break;
			this.kept.delete(oldest);
		}
		return answer;
	}

	/** Whoever asks next asks anew. */
	forget(key: string): void {
		this.kept.delete(key);
	}
}
